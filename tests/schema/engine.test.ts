import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openRows } from '../../src/engine/check-rows.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { inferSchema } from '../../src/schema/infer.ts';
import type { RowChecker } from '../../src/schema/row-checker.ts';
import { anomaliesFromPbtxt } from '../../src/schema/tfdv/anomalies.ts';
import { schemaFromPbtxt } from '../../src/schema/tfdv/schema-from.ts';
import { proposeUpdate } from '../../src/schema/update.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { fixtures, read } from './tfdv-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-schema-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const options = { name: 'data', schemaName: 'data.schema.yaml' };

function file(path: string) {
  return { path, absolutePath: path, digest: '', size: 0 };
}

function profiled(path: string): Promise<Profile> {
  return profileFiles([file(path)]);
}

function csv(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function withRows<T>(path: string, use: (rows: RowChecker) => Promise<T>): Promise<T> {
  const rows = await openRows([{ files: [file(path)], constants: [] }]);
  try {
    return await use({ check: ({ failing, value }) => rows.ask(failing, value) });
  } finally {
    rows.close();
  }
}

const flights = (month: number) => join(fixtures, 'flights', `flights-month${month}.csv`);

describe('a month of flights, profiled by the engine', () => {
  test('varve finds what TFDV found', async () => {
    const schema = schemaFromPbtxt(read('flights', 'schema-edited.pbtxt') as string, 'schema-edited.pbtxt');
    const report = await validateProfile(await profiled(flights(7)), schema, {
      ...options,
      previous: await profiled(flights(1)),
    });
    const theirs = anomaliesFromPbtxt(read('flights', 'anomalies-7.pbtxt') as string, 'anomalies-7.pbtxt');
    const kinds = (found: readonly { feature: string; kind: string }[]) =>
      found.map(({ feature, kind }) => `${feature} ${kind}`).sort();
    expect(kinds(report.anomalies)).toEqual(kinds(theirs));
  });

  test('the inferred schema accepts its own data, and after an update the other month', async () => {
    const [january, july] = [await profiled(flights(1)), await profiled(flights(7))];
    const text = stringifySchema(inferSchema([january], { strict: true }));
    expect((await validateProfile(january, parseSchema(text, 'x'), options)).anomalies).toEqual([]);
    expect((await validateProfile(july, parseSchema(text, 'x'), options)).valid).toBe(false);
    const { text: updated, changes } = proposeUpdate(text, 'x', july);
    expect((await validateProfile(july, parseSchema(updated, 'x'), options)).anomalies).toEqual([]);
    expect((await validateProfile(january, parseSchema(updated, 'x'), options)).anomalies).toEqual([]);
    expect(changes.length).toBeGreaterThan(0);
  });
});

describe('with rows at hand', () => {
  test('a broken row of each kind is shown', async () => {
    const path = csv('bad.csv', [
      'id,code,n,share,when,note,flag',
      '1,AA,5,0.5,2020-01-01,ok,yes',
      '2,ZZ,5,0.5,2020-01-01,ok,no',
      '2,AA,-1,0.5,2020-01-01,ok,yes',
      '4,AA,5,7.5,2020-01-01,ok,no',
      '5,AA,5,0.5,1999-01-01,ok,yes',
      "6,AA,5,0.5,2020-01-01,it's,no",
      '7,AA,5,0.5,2020-01-01,toolong,maybe',
      '8,,5,0.5,2020-01-01,ok,yes',
    ]);
    const schema = parseSchema(
      `varveSchema: 1
expect:
  - { name: share follows n, sql: "share < n" }
  - id <> 5
keys: [[id, code]]
features:
  id: { type: integer, unique: true }
  code: { type: string, presence: required, domain: [AA, BB] }
  n: { type: integer, range: { min: 0 }, expect: n >= 0 }
  share: { type: float, range: { max: 1 } }
  when: { type: date, range: { min: 2000-01-01, max: 2020-12-31 } }
  note: { type: string, length: { max: 5 }, matches: "[a-z]+" }
  flag: { type: string, boolean: { true: "yes", false: "no" } }
`,
      'x',
    );
    const report = await withRows(path, async (rows) =>
      validateProfile(await profiled(path), schema, { ...options, rows }),
    );
    expect(
      report.anomalies.map(
        ({ feature, kind, observed, examples }) =>
          `${feature} ${kind} ${observed}: ${(examples ?? []).map(({ row, value }) => `${row}=${value}`).join(' ')}`,
      ),
    ).toMatchInlineSnapshot(`
      [
        "id VALUE_NOT_UNIQUE 1 repeated value: 2=2 3=2",
        "code FEATURE_TYPE_LOW_FRACTION_PRESENT 12.5 % null: 8=null",
        "code ENUM_TYPE_UNEXPECTED_STRING_VALUES "ZZ": 2=ZZ",
        "n INT_TYPE_SMALL_INT -1: 3=-1",
        "n CUSTOM_VALIDATION 1 row of 8 (12.5 %): 3=n = -1",
        "share FLOAT_TYPE_BIG_FLOAT 7.5: 4=7.5",
        "when TIME_TYPE_TOO_EARLY 1999-01-01: 5=1999-01-01",
        "note STRING_TYPE_TOO_LONG 7 characters: 7=toolong",
        "note STRING_TYPE_NOT_MATCHING "it's": 6=it's",
        "flag BOOL_TYPE_UNEXPECTED_STRING "maybe": 7=maybe",
        " CUSTOM_VALIDATION 2 rows of 8 (25 %): 3=n = -1, share = 0.5 4=n = 5, share = 7.5",
        " CUSTOM_VALIDATION 1 row of 8 (12.5 %): 5=id = 5",
      ]
    `);
  });

  test('more values than a profile lists are counted in the rows', async () => {
    const rows = Array.from(
      { length: 3_000 },
      (_, index) => `key-${index},${index},2020-01-${String((index % 28) + 1).padStart(2, '0')}T`,
    );
    const path = csv('many.csv', ['key,number,day', ...rows, 'key-7,x1,nonsense']);
    const schema = parseSchema(
      `varveSchema: 1
keys: [key]
features:
  key: { type: string, unique: true, matches: "key-[0-9]+", domain: [key-1], minDomainMass: 0 }
  number: { type: string, holds: integer, range: { min: 0, max: 2998 } }
  day: { type: string, timeFormat: "%Y-%m-%dT" }
`,
      'x',
    );
    const profile = await profiled(path);
    const told = (report: Awaited<ReturnType<typeof validateProfile>>) =>
      report.anomalies.map(
        ({ feature, kind, severity, observed }) => `${feature} ${kind} ${severity} ${observed}`,
      );
    expect(
      told(await withRows(path, (rows) => validateProfile(profile, schema, { ...options, rows }))),
    ).toMatchInlineSnapshot(`
      [
        "key VALUE_NOT_UNIQUE error 1 repeated value",
        "number INT_TYPE_NOT_INT_STRING error 1 row of 3,001 (0.03 %)",
        "number INT_TYPE_BIG_INT error 1 row of 3,001 (0.03 %)",
        "day STRING_TYPE_NOT_A_TIME error "nonsense"",
        " KEY_NOT_UNIQUE error repeated keys",
      ]
    `);
    const without = await validateProfile(profile, schema, options);
    expect(told(without)).toMatchInlineSnapshot(`
      [
        "key STATS_NOT_AVAILABLE warning not known",
        "key VALUE_NOT_UNIQUE error 1 repeated value",
        "number STATS_NOT_AVAILABLE warning not known",
        "number STATS_NOT_AVAILABLE warning not known",
        "day STRING_TYPE_NOT_A_TIME error "nonsense"",
        " KEY_NOT_UNIQUE error repeated keys",
      ]
    `);
  });

  test('an expression that is not SQL is a clear error', async () => {
    const path = csv('one.csv', ['a', '1']);
    const schema = parseSchema('varveSchema: 1\nexpect: a ><> 1\nfeatures: { a: { type: integer } }', 'x');
    const run = withRows(path, async (rows) =>
      validateProfile(await profiled(path), schema, { ...options, rows }),
    );
    await expect(run).rejects.toThrow(/could not be checked/);
  });

  test('an expression can read nothing but its row', async () => {
    const path = csv('two.csv', ['a', '1']);
    const hostile: readonly (readonly [string, RegExp])[] = [
      ['(SELECT count(*) FROM range(1000000000000)) > 0', /holds a query/],
      ['a IN (FROM duckdb_settings())', /holds a query/],
      ['(WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) FROM r) > 0', /holds a query/],
      ["(SELECT content FROM read_text('/etc/passwd')) = ''", /holds a query/],
      ['list_transform([1], x -> (SELECT x))[1] = 1', /holds a query/],
      ["getenv('HOME') = ''", /getenv/],
      ['a = (PRAGMA database_list)', /syntax error/],
      ["a = (COPY two TO '/tmp/x.csv')", /syntax error/],
      ["a = 1); ATTACH '/tmp/x.db'; SELECT (1", /.+/],
      ["repeat('x', 1000000000000) = ''", /.+/],
    ];
    await withRows(path, async (rows) => {
      const ask = (failing: string) => rows.check({ table: '', failing, value: 'a' });
      for (const [sql, reason] of hostile) {
        const refusal = { code: 'expression-invalid', message: expect.stringMatching(reason) };
        await expect(ask(sql), sql).rejects.toMatchObject(refusal);
      }
      await expect(ask('nosuch > 1')).rejects.toMatchObject({
        code: 'column-missing',
        message: expect.stringMatching(/nosuch/),
      });
      expect(await ask("a = 1 AND 'SELECT (1)' <> ''")).toMatchObject({ rows: 1, failing: 1 });
    });
  });
});
