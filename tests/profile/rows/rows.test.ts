import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import { openTableRows, readDirectoryTables } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { unitsOf, unitsOfPart } from '../../../src/profile/parts/plan.ts';
import type { Slice } from '../../../src/profile/plan/open-rows.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { answerUnits, askedUnits } from '../../../src/profile/rows/answer-units.ts';
import { askTables } from '../../../src/profile/rows/ask-tables.ts';
import { isIncomparable, isReadOtherwise, mergeAnswers } from '../../../src/profile/rows/merge-answers.ts';
import { findRepeated } from '../../../src/profile/rows/repeated-keys.ts';
import {
  decodeUnits,
  encodeRepeated,
  encodeRowsHead,
  unitEncoder,
} from '../../../src/profile/rows/rows-part.ts';
import type { RowQuestion, RowsPlan } from '../../../src/profile/rows/rows-plan.ts';
import { repeatedIn } from '../../../src/schema/rules/uniqueness.ts';
import { dataFiles, folder } from '../profiling.ts';

const UNIT_BYTES = 20_000;

/** Tables whose files differ in columns, in types, in partitions and in how they are read. */
async function tables(): Promise<DataFile[]> {
  const files = dataFiles({
    'csv/a.csv': 'n,d\n1,2024-01-01\n2,2024-01-02\n',
    'csv/b.csv': 'n,d\n3,x\n,y\n7,2024-01-02\n',
    'days/day=2023-01-01/l.jsonl': '{"a":1,"b":[1,2]}\n{"a":2}\n',
    'days/day=2024-01-01/l.jsonl': '{"a":7,"c":"x"}\n{"a":9}\n',
    'mixed/a.jsonl': '{"a":1}\n',
    'mixed/b.jsonl': '{"a":"x"}\n',
    'between/a.csv': 'id,x\n1,2\n2,3\n',
    'between/c.csv': 'id,x\n3,2\n4,3\n',
    'notes.txt': 'no table',
    'csv/empty.csv': '',
  });
  const root = folder();
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (const [path, rows] of [
    [
      'big/a.parquet',
      "SELECT i AS id, i % 7 AS x, 'name ' || (i + CASE WHEN i > 8000 THEN -7 ELSE 0 END) AS text, CASE WHEN i = 5 THEN '-0.0'::DOUBLE WHEN i = 7 THEN 'nan'::DOUBLE END AS zero, DATE '2024-01-01' + (i % 3)::INT AS at FROM range(9000) t(i)",
    ],
    [
      'big/b.parquet',
      "SELECT i + 9000 - CASE WHEN i = 8999 THEN 9000 ELSE 0 END AS id, (i % 7) / 2 AS x, CASE WHEN i < 3 THEN 0::DOUBLE WHEN i = 4000 THEN 'nan'::DOUBLE END AS zero FROM range(9000) t(i)",
    ],
    ['between/b.parquet', 'SELECT i::SMALLINT AS id, 1.5 AS x, true AS more FROM range(3) t(i)'],
  ] as const) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    await connection.run(
      `COPY (${rows}) TO ${literal(join(root, path))} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
    const absolutePath = join(root, path);
    files.push({ path, absolutePath, digest: `sha256:${path}`, size: statSync(absolutePath).size });
  }
  connection.closeSync();
  database.closeSync();
  return files;
}

const ASKED: Readonly<Record<string, readonly RowQuestion[]>> = {
  csv: [
    { failing: 'NOT (n > 1)', value: "concat('n = ', n, ', d = ', d)" },
    { failing: 'length(d) < 5', value: 'd' },
    { ...repeatedIn(['n']), value: 'n' },
    { ...repeatedIn(['d']), value: 'd' },
  ],
  days: [
    { failing: 'a > 1 AND c IS NULL', value: 'a' },
    { failing: "day > DATE '2023-06-01'", value: 'day' },
    { ...repeatedIn(['"day"']), value: 'day' },
  ],
  big: [
    { failing: 'x = 3', value: 'x' },
    { failing: 'x / 2 > 1 OR text IS NULL', value: "concat(text, ' ', x)" },
    { failing: 'id = 17998', value: 'id' },
    { ...repeatedIn(['id']), value: 'id' },
    { ...repeatedIn(['x']), value: 'x' },
    { ...repeatedIn(['zero']), value: 'zero' },
    { ...repeatedIn(['x', 'text']), value: "concat_ws(', ', x, text)" },
    { ...repeatedIn(['"at"', '"id"']), value: '"at"' },
  ],
  between: [{ failing: 'id > 1', value: "concat_ws('/', id, x, more)" }],
};

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Asks in parts, as tasks on other machines do. */
function askParts(
  files: readonly DataFile[],
  of: number,
  order: (parts: string[]) => string[] = (parts) => parts,
  reader: Pick<typeof directReader, 'openRows'> = directReader,
) {
  return async (plan: RowsPlan) => {
    const crossed = JSON.parse(JSON.stringify(plan)) as RowsPlan;
    const parts: string[] = [];
    const keys = { folder: mkdtempSync(join(tmpdir(), 'varve-test-')), ranges: Math.min(of, 7) };
    const all = unitsOf(files, UNIT_BYTES);
    for (let part = 1; part <= of; part++) {
      const mine = unitsOfPart(all, part, of, UNIT_BYTES).map((unit) => [all.indexOf(unit), unit] as const);
      const asked = { ...crossed, unitBytes: UNIT_BYTES };
      const own = askedUnits(mine, asked);
      const encode = unitEncoder();
      let lines = encodeRowsHead({ part, of, files: 'these', units: own.length });
      const withUnit = <T>({ file }: { file: { path: string } }, work: (file: DataFile) => Promise<T>) =>
        work(files.find(({ path }) => path === file.path)!);
      for await (const unit of answerUnits(own, asked, reader, withUnit, { keys })) lines += encode(unit);
      parts.push(lines);
    }
    for (const range of readdirSync(keys.folder)) {
      const repeated = findRepeated(join(keys.folder, range), 1000);
      expect(findRepeated(join(keys.folder, range))).toEqual(repeated);
      parts[0] += encodeRepeated(repeated);
    }
    rmSync(keys.folder, { recursive: true });
    return decodeUnits(bytesOf(order(parts).join('')));
  };
}

async function whole(files: readonly DataFile[], slice: Slice | undefined) {
  const found: Record<string, unknown[]> = {};
  for (const [table, questions] of Object.entries(ASKED)) {
    const options = { unitBytes: UNIT_BYTES, ...(slice && { slice }) };
    const rows = await openTableRows(files, table, directReader, options);
    found[table] = [];
    for (const { failing, value } of questions) found[table].push(await rows?.ask(failing, value));
    rows?.close();
  }
  return found;
}

test('rows asked in parts say what all rows say together, whatever their number and order', async () => {
  const files = await tables();
  const expected = await whole(files, undefined);
  expect(expected.big!.map((answer) => (answer as { failing: number }).failing)).toMatchInlineSnapshot(`
    [
      2571,
      14142,
      1,
      2,
      18000,
      6,
      14,
      0,
    ]
  `);
  expect(expected.csv!.slice(0, 2)).toMatchObject([
    { examples: [{ file: 'csv/a.csv' }] },
    { examples: [{ row: 3 }, { row: 4 }] },
  ]);
  const { tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES });
  const questions = new Map(Object.entries(ASKED));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 3, 40), fc.nat(), async (of, turn) => {
      const order = (parts: string[]) => [...parts.slice(turn % of), ...parts.slice(0, turn % of)];
      const units = await askTables(found, questions, { timeLimit: 60 }, askParts(files, of, order));
      for (const own of units)
        expect([of, own.table.name, ASKED[own.table.name]!.map((_, at) => mergeAnswers(own, at))]).toEqual([
          of,
          own.table.name,
          expected[own.table.name],
        ]);
      expect(units.map(({ table }) => table.name).sort()).toEqual(Object.keys(ASKED).sort());
    }),
    { numRuns: 2 },
  );
}, 300_000);

test('a slice asks its own rows, which keep their numbers', async () => {
  const files = (await tables()).filter(({ path }) => path.startsWith('big/'));
  const slice = { feature: 'x', value: '3.0' };
  const reading = { unitBytes: UNIT_BYTES, slice };
  const questions = [{ failing: 'id > 4000', value: 'id' }];
  const rows = (await openTableRows(files, '', directReader, reading))!;
  const expected = await rows.ask('id > 4000', 'id');
  rows.close();
  const { tables: found } = await readDirectoryTables(files, directReader, reading);
  const shared = { slice, timeLimit: 60 };
  const [units] = await askTables(
    found,
    new Map([['', questions]]),
    shared,
    askParts(files, 3, (all) => all),
  );
  expect(mergeAnswers(units!, 0)).toEqual(expected);
  expect(expected.failing).toBeGreaterThan(0);
});

test('a table whose types only all files together tell is not asked file by file', async () => {
  const files = await tables();
  const { tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES });
  const name = found.find((table) => table.files[0]!.file.path === 'mixed/a.jsonl')!.name;
  const questions = new Map([[name, [{ failing: 'a IS NULL', value: 'a' }]]]);
  const [units] = await askTables(
    found,
    questions,
    { timeLimit: 60 },
    askParts(files, 2, (all) => all),
  );
  expect(isReadOtherwise(units!)).toBe(true);
});

test('parts that are missing are missed', async () => {
  const files = await tables();
  const { tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES });
  const questions = new Map(Object.entries(ASKED));
  const asking = askTables(
    found,
    questions,
    { timeLimit: 60 },
    askParts(files, 3, (all) => all.slice(1)),
  );
  await expect(asking).rejects.toMatchObject({ code: 'part-missing' });
});

test('rows repeat others as the engine compares them, whatever their types', async () => {
  const root = folder();
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  // Each value twice with another that is no more than like it, over two files.
  const columns = {
    lasts:
      "CASE WHEN i % 7 = 3 THEN INTERVAL '1 month' WHEN i % 7 = 5 THEN INTERVAL '30 days' ELSE to_hours(i) END",
    zeros: "CASE WHEN i % 7 = 3 THEN ['-0.0'::DOUBLE] WHEN i % 7 = 5 THEN [0::DOUBLE] ELSE [i::DOUBLE] END",
    texts: "CASE WHEN i % 7 = 3 THEN ['a, b'] WHEN i % 7 = 5 THEN ['a', 'b'] ELSE [i::VARCHAR] END",
    pair: "CASE WHEN i % 7 = 3 THEN {a: NULL, b: 'NULL'} WHEN i % 7 = 5 THEN {a: NULL, b: NULL} ELSE {a: i, b: 'x'} END",
    counts:
      "CASE WHEN i % 7 = 3 THEN MAP {'a': 1, 'b': 2} WHEN i % 7 = 5 THEN MAP {'b': 2, 'a': 1} ELSE MAP {'a': i} END",
    waits:
      'CASE WHEN i % 7 = 3 THEN [to_days(30)] WHEN i % 7 = 5 THEN [to_months(1)] ELSE [to_days(i::INTEGER)] END',
  };
  const list = Object.entries(columns).map(([name, sql]) => `${sql} AS ${name}`);
  const files: DataFile[] = [];
  for (const [path, rows] of [
    ['a.parquet', 'range(0, 1000)'],
    ['b.parquet', 'range(1000, 2000)'],
  ] as const) {
    const absolutePath = join(root, path);
    await connection.run(
      `COPY (SELECT ${list.join(', ')} FROM ${rows} t(i)) TO ${literal(absolutePath)} (FORMAT parquet)`,
    );
    files.push({ path, absolutePath, digest: `sha256:${path}`, size: statSync(absolutePath).size });
  }
  connection.closeSync();
  database.closeSync();
  const { tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES });
  const questions = Object.keys(columns).map((name) => ({ ...repeatedIn([name]), value: name }));
  const rows = (await openTableRows(files, '', directReader, { unitBytes: UNIT_BYTES }))!;
  const [own] = await askTables(found, new Map([['', questions]]), { timeLimit: 60 }, askParts(files, 3));
  for (const [at, { failing, value }] of questions.entries()) {
    expect([value, isIncomparable(own!, at)]).toEqual([value, value === 'waits']);
    if (value === 'waits') continue;
    expect([value, mergeAnswers(own!, at)]).toEqual([value, await rows.ask(failing, value)]);
    expect(mergeAnswers(own!, at).failing).toBeGreaterThan(0);
  }
  rows.close();
}, 120_000);

test('the rows of a unit are opened once, with a slice as well', async () => {
  const files = (await tables()).filter(({ path }) => path.startsWith('big/'));
  const slice = { feature: 'text', value: 'name 5' };
  const reading = { unitBytes: UNIT_BYTES, slice };
  const opened: string[] = [];
  const counting: Pick<typeof directReader, 'openRows'> = {
    openRows(groups, options) {
      const [file] = groups[0]!.files;
      opened.push(`${file!.path} ${file!.range?.start ?? 0} ${options.columns?.length ?? 0}`);
      return directReader.openRows(groups, options);
    },
  };
  const { tables: found } = await readDirectoryTables(files, directReader, reading);
  const questions = new Map([['', [{ failing: 'id > 0', value: 'id' }]]]);
  const [units] = await askTables(
    found,
    questions,
    { slice, timeLimit: 60 },
    askParts(files, 3, undefined, counting),
  );
  expect(mergeAnswers(units!, 0).failing).toBe(1);
  expect(opened).toEqual([...new Set(opened)]);
});

describe('parts that do not fit together are refused', () => {
  const asked = async (
    change: (parts: string[]) => string[],
    options: Partial<Parameters<typeof askTables>[2]> = {},
  ) => {
    const files = (await tables()).filter(({ path }) => path.startsWith('big/'));
    const { tables: found } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES });
    const questions = new Map([['', ASKED.big!]]);
    return askTables(found, questions, { timeLimit: 60, ...options }, askParts(files, 3, change));
  };
  const edited = (line: RegExp, edit: (found: Record<string, unknown>) => unknown) => (parts: string[]) => {
    let isDone = false;
    return parts.map((part) =>
      part
        .split('\n')
        .flatMap((text) => {
          if (isDone || !line.test(text)) return [text];
          isDone = true;
          const now = edit(JSON.parse(text));
          return (Array.isArray(now) ? now : [now]).map((each) =>
            typeof each === 'string' ? each : JSON.stringify(each),
          );
        })
        .join('\n'),
    );
  };
  const UNIT = /^\{"path"/;
  const HEAD = /^\{"varveRowsPart"/;
  const RANGE = /^\{"repeated"/;
  const fewer = (parts: string[]) =>
    edited(HEAD, (head) => ({ ...head, units: (head.units as number) - 1 }))(parts);
  const more = (parts: string[]) =>
    edited(HEAD, (head) => ({ ...head, units: (head.units as number) + 1 }))(parts);

  test.each<[string, string, (parts: string[]) => string[]]>([
    ['a part that came twice', 'part-repeated', ([first, ...others]) => [first!, first!, ...others]],
    ['a unit that was cut away', 'part-damaged', edited(UNIT, () => [])],
    ['a unit that is missing', 'part-missing', (parts) => fewer(edited(UNIT, () => [])(parts))],
    ['a unit that came twice', 'part-repeated', (parts) => more(edited(UNIT, (unit) => [unit, unit])(parts))],
    ['a range that came twice', 'part-repeated', edited(RANGE, (range) => [range, range])],
    ['a range that is missing', 'part-missing', edited(RANGE, () => [])],
    ['other files', 'parts-differ', edited(HEAD, (head) => ({ ...head, files: 'others' }))],
    ['another number of parts', 'parts-differ', edited(HEAD, (head) => ({ ...head, of: 4 }))],
    [
      'a file of no table',
      'parts-differ',
      (parts) => more(edited(UNIT, (unit) => [unit, { ...unit, path: 'x.parquet', index: 999 }])(parts)),
    ],
    [
      'two units of one number',
      'part-damaged',
      edited(UNIT, (unit) => ({ ...unit, index: 1 + ((unit.index as number) || 0) })),
    ],
    [
      'answers to less',
      'part-damaged',
      edited(UNIT, (unit) => ({ ...unit, answers: (unit.answers as unknown[]).slice(1) })),
    ],
    [
      'answers of another kind',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({ rows: 'all' })),
      })),
    ],
    [
      'more at fault than there are',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({ rows: 1, failing: 2, examples: [] })),
      })),
    ],
    [
      'an error that no unit says',
      'part-damaged',
      edited(UNIT, (unit) => ({
        ...unit,
        answers: (unit.answers as unknown[]).map(() => ({
          error: { code: 'defect', message: '', remedy: '' },
        })),
      })),
    ],
    ['a shape that nobody told', 'part-damaged', edited(UNIT, (unit) => ({ ...unit, shape: 99 }))],
    ['columns that are none', 'part-damaged', edited(/^\{"columns"/, () => ({ columns: [{ name: 1 }] }))],
    [
      'a type that is none',
      'part-damaged',
      edited(/^\{"columns"/, () => ({ columns: [{ name: 'x', type: 'INTEGER) AS y; SELECT (1' }] })),
    ],
    ['what is not JSON', 'part-damaged', edited(UNIT, () => '{"path"')],
    [
      'a key that is none',
      'part-damaged',
      edited(RANGE, ({ repeated }) => ({
        repeated: [{ ...(repeated as object[])[0], first: [[0, "' OR 1"]] }],
      })),
    ],
    ['what has no end', 'part-damaged', (parts) => [parts.join('').slice(0, -1)]],
  ])('%s', async (_, code, change) => {
    await expect(asked(change)).rejects.toMatchObject({ code });
  });

  test('other rows than the profile has, and the same are not', async () => {
    await expect(asked((parts) => parts, { rows: new Map([['', 17_999]]) })).rejects.toMatchObject({
      code: 'parts-differ',
    });
    await asked((parts) => parts, { rows: new Map([['', 18_000]]) });
  });
});
