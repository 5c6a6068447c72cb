import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { POSITION_COLUMN, rowTable } from '../../src/engine/check-rows.ts';
import { openEngine } from '../../src/engine/duckdb.ts';
import { literal } from '../../src/engine/quote.ts';
import { frameSeal, KeySum } from '../../src/engine/row-keys.ts';
import { findRepeated } from '../../src/profile/rows/repeated-keys.ts';
import { repeatedIn } from '../../src/schema/rules/uniqueness.ts';

const SECRET = 'ab';

/** For each type some texts of values, among them such as are equal and look otherwise, or look alike and are not. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['true', 'false'],
  ...Object.fromEntries(
    ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'].map((type) => [type, ['0', '-1', '1', '127']]),
  ),
  ...Object.fromEntries(
    ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT'].map((type) => [type, ['0', '1', '255']]),
  ),
  BIGNUM: ['0', '-0', '1', '-1', '12345678901234567890123456789012345678901234567890'],
  FLOAT: ['0', '-0.0', 'nan', '-nan', 'inf', '-inf', '1.5', '1e-45'],
  DOUBLE: ['0', '-0.0', 'nan', '-nan', 'inf', '-inf', '1.5', '5e-324'],
  'DECIMAL(4,2)': ['1', '1.0', '1.01', '-1'],
  'DECIMAL(38,10)': ['1', '1.0', '1.0000000001', '-1'],
  VARCHAR: ['', 'a', 'A', 'a ', 'ä', 'a\u0308', 'NULL', 'a:1'],
  BLOB: ['', '\\x00', '\\x00\\x00', 'a', '\\x61', '\\xFF', '\\x01\\x01'],
  BIT: ['1', '01', '101', '0101', '00000101'],
  UUID: [
    '00000000-0000-0000-0000-000000000001',
    '00000000000000000000000000000001',
    'ffffffff-0000-0000-0000-000000000001',
  ],
  "ENUM('b', 'a')": ['a', 'b'],
  JSON: ['1', '{"a":1}', '{"a": 1}', '[1]'],
  DATE: ['2024-01-01', '1969-12-31', 'infinity', '-infinity'],
  TIME: ['00:00:00', '24:00:00', '12:00:00.000001'],
  TIME_NS: ['00:00:00', '12:00:00.000000001'],
  'TIME WITH TIME ZONE': ['12:00:00+00', '13:00:00+01', '12:00:00+00:00', '11:00:00-01'],
  TIMESTAMP: ['2024-01-01', '2024-01-01 00:00:00.000001', 'infinity'],
  TIMESTAMP_S: ['2024-01-01', '2024-01-01 00:00:01'],
  TIMESTAMP_MS: ['2024-01-01', '2024-01-01 00:00:00.001'],
  TIMESTAMP_NS: ['2024-01-01', '2024-01-01 00:00:00.000000001'],
  'TIMESTAMP WITH TIME ZONE': ['2024-01-01 12:00:00+00', '2024-01-01 13:00:00+01', '2024-01-01 12:00:01+00'],
  INTERVAL: [
    '1 month',
    '30 days',
    '720 hours',
    '1 day',
    '24 hours',
    '1 month -1 day',
    '29 days',
    '1 month -30 days',
    '0 days',
    '-1 month',
  ],
  'DOUBLE[]': ['[]', '[0]', '[-0.0]', '[NULL]', '[nan]', '[0, 1]', '[0, NULL]'],
  'DOUBLE[2]': ['[0, 1]', '[-0.0, 1]', '[1, NULL]'],
  'VARCHAR[]': ['[]', "['a, b']", '[a, b]', '[NULL]', "['NULL']", "['']"],
  'VARCHAR[][]': ['[[a], [b]]', '[[a, b]]', '[[a], []]', '[[], [a]]'],
  'STRUCT(a DOUBLE, b VARCHAR)': [
    "{'a': 0, 'b': x}",
    "{'a': -0.0, 'b': x}",
    "{'a': NULL, 'b': NULL}",
    "{'a': NULL, 'b': 'NULL'}",
  ],
  'MAP(VARCHAR, INTEGER)': ['{a=1, b=2}', '{b=2, a=1}', '{}', '{a=NULL}'],
  'INTERVAL[]': ['[1 month]', '[30 days]'],
  'STRUCT(a INTERVAL)': ["{'a': 1 month}", "{'a': 30 days}"],
  'UNION(n INTEGER, s VARCHAR)': ['1', 'x'],
  VARIANT: ['1', 'x'],
};

/** Those for which no key is right: rows are then said to be not compared. */
const INCOMPARABLE = ['INTERVAL[]', 'STRUCT(a INTERVAL)', 'UNION(n INTEGER, s VARCHAR)', 'VARIANT'];

/** Holds what the keys say of rows against what the engine says. */
async function compare(types: readonly string[], rows: readonly (readonly (string | null)[])[]) {
  const engine = await openEngine([], { ordered: true });
  const folder = mkdtempSync(join(tmpdir(), 'varve-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const columns = types.map((_, at) => `c${at}`);
  const list = types.map((type, at) => `CAST(v${at} AS ${type}) AS c${at}`);
  const shown = rows.map(
    (row, at) =>
      `(${[at + 1, ...row.map((text) => (text === null ? 'NULL::VARCHAR' : literal(text)))].join(', ')})`,
  );
  await engine.query(
    `CREATE TABLE given AS SELECT n AS ${POSITION_COLUMN}, ${list.join(', ')} FROM (VALUES ${shown.join(', ')}) t(n, ${columns.map((_, at) => `v${at}`).join(', ')})`,
  );
  const table = rowTable(engine, 'given');
  try {
    const { failing } = await table.ask(repeatedIn(columns).failing, 'c0');
    const asked = { columns, folder, ranges: 2, salt: '', secret: SECRET, frame: [0, 0] } as const;
    const written = await table.keys(repeatedIn(columns).failing, asked);
    const found = readdirSync(folder).flatMap((range) => findRepeated(join(folder, range), SECRET));
    for (const range of readdirSync(folder)) rmSync(join(folder, range));
    const sum = (of: 'keys' | 'failing') => found.reduce((all, each) => all + each[of], 0);
    const sums = new KeySum();
    for (const each of found) sums.addText(each.sum);
    return { failing, written, keys: sum('keys'), repeated: sum('failing'), sum: sums.text };
  } finally {
    table.close();
  }
}

describe('rows have the same key if the engine takes them for equal', () => {
  test.each(Object.entries(VALUES))(
    'by columns of %s',
    async (type, texts) => {
      const value = fc.option(fc.constantFrom(...texts), { freq: 10 });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(value), { minLength: 1, maxLength: 12 }), async (rows) => {
          const { failing, written, keys, repeated, sum } = await compare([type], rows);
          if (INCOMPARABLE.includes(type)) {
            expect(written).toBeUndefined();
            return;
          }
          const whole = rows.filter(([text]) => text !== null).length;
          expect([keys, repeated]).toEqual([whole, failing]);
          expect(written).toMatchObject({ rows: rows.length, keys: whole, sum });
        }),
        { numRuns: 15 },
      );
      // All of them at once, each twice, for those that no run has put beside each other.
      const { failing, repeated } = await compare(
        [type],
        texts.map((text) => [text]),
      );
      if (!INCOMPARABLE.includes(type)) expect(repeated).toBe(failing);
    },
    60_000,
  );

  test('by several columns, of which the text of one may end like the text of the next begins', async () => {
    const types = Object.keys(VALUES).filter((type) => !INCOMPARABLE.includes(type));
    const column = fc.constantFrom(...types);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(column, column).chain(([a, b]) => {
          const row = fc.tuple(fc.constantFrom(...VALUES[a]!), fc.constantFrom(...VALUES[b]!));
          return fc.tuple(fc.constant([a, b] as const), fc.array(row, { minLength: 1, maxLength: 20 }));
        }),
        async ([pair, rows]) => {
          const { failing, repeated } = await compare(pair, rows);
          expect(repeated).toBe(failing);
        },
      ),
      { numRuns: 40 },
    );
    const { failing, repeated } = await compare(
      ['VARCHAR', 'VARCHAR'],
      [
        ['a', 'b'],
        ['ab', ''],
        ['', 'ab'],
      ],
    );
    expect([failing, repeated]).toEqual([0, 0]);
  }, 60_000);

  test('by every type that the engine has, unless it says that it cannot', async () => {
    const engine = await openEngine([]);
    const [names] = await engine.query('SELECT DISTINCT logical_type FROM duckdb_types()');
    engine.close();
    const known = new Set(Object.keys(VALUES).map((type) => type.replace(/[ (].*$/, '')));
    const others = names!.map(String).filter((name) => !known.has(name.replace(/ .*$/, '')));
    // Nested ones are above by their elements; the rest have no values in files, or no key.
    expect(others.sort()).toEqual(
      ['ARRAY', 'GEOMETRY', 'LIST', 'NULL', 'TYPE'].filter((name) => others.includes(name)),
    );
  });
});

describe('a file that has no keys of a range', () => {
  test('is refused, and what the system says of it is told', () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, '0');
    const frame = (keys: number, bytes: number) => {
      const head = Buffer.alloc(12 + bytes);
      head.writeUInt32LE(keys, 8);
      return head;
    };
    const sealed = (bytes: Buffer) => Buffer.concat([bytes, frameSeal(SECRET, bytes)]);
    const changed = sealed(frame(1, 16));
    changed[20]! ^= 1;
    const others = Buffer.concat([frame(1, 16), frameSeal('cd', frame(1, 16))]);
    const cut = [sealed(frame(1, 16)).subarray(0, 11), sealed(frame(1, 16)).subarray(0, -1)];
    const none = [frame(0, 0), frame(2, 16), frame(1025, 1025 * 16)].map(sealed);
    for (const bytes of [...none, ...cut, changed, others, Buffer.alloc(12_000)]) {
      writeFileSync(path, bytes);
      expect(() => findRepeated(path, SECRET)).toThrow(
        expect.objectContaining({ code: 'part-damaged', path }),
      );
    }
    writeFileSync(path, sealed(frame(1, 16)));
    expect(findRepeated(path, SECRET)).toMatchObject([{ keys: 1, failing: 0, sum: '0'.repeat(32) }]);
    const absent = join(folder, 'none');
    expect(() => findRepeated(absent, SECRET)).toThrow(
      expect.objectContaining({ code: 'path-missing', path: absent }),
    );
    expect(() => findRepeated(folder, SECRET)).toThrow(
      expect.objectContaining({ path: folder, remedy: expect.any(String) }),
    );
  });
});

describe('what is a fault of an expression', () => {
  test('is said as such, and a full disk is not', async () => {
    const engine = await openEngine([], { ordered: true });
    await engine.query(
      `CREATE TABLE given AS SELECT i + 1 AS ${POSITION_COLUMN}, i AS x, 'a' || i AS t FROM range(10) r(i)`,
    );
    const table = rowTable(engine, 'given');
    const keys = (columns: readonly string[], folder: string) =>
      table.keys(repeatedIn(columns).failing, {
        columns,
        folder,
        ranges: 1,
        salt: '',
        secret: SECRET,
        frame: [0, 0],
      });
    const fault = await table.ask(repeatedIn(['y']).failing, 'y').catch((error: Error) => error.message);
    // The words of one machine.
    await expect(keys(['y'], '/')).rejects.toMatchObject({ code: 'column-missing', message: fault });
    await expect(keys(['x'], '/nowhere/at/all')).rejects.toMatchObject({ code: 'path-missing' });
    await expect(table.ask('CAST(t AS INTEGER) > 1', 't')).rejects.toMatchObject({
      code: 'expression-invalid',
    });
    table.close();
  });

  test('and values that cannot be read are none', async () => {
    const engine = await openEngine([], { ordered: true });
    await engine.query(
      `CREATE VIEW given AS SELECT i + 1 AS ${POSITION_COLUMN}, i AS x, CAST('a' || i AS INTEGER) AS t FROM range(10) r(i)`,
    );
    const folder = mkdtempSync(join(tmpdir(), 'varve-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = { path: 'data.csv', absolutePath: join(folder, 'data.csv') };
    const table = rowTable(engine, 'given', undefined, { files: [file] });
    const unreadable = { code: 'table-unreadable', path: 'data.csv' };
    await expect(table.ask('t > 1', 't')).rejects.toMatchObject(unreadable);
    const asked = { columns: ['t'], folder, ranges: 1, salt: '', secret: SECRET, frame: [0, 0] } as const;
    await expect(table.keys('t > 1', asked)).rejects.toMatchObject(unreadable);
    table.close();
  });
});
