import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTableRows, readDirectoryTables } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import type { Slice } from '../../../src/profile/plan/open-rows.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { processReader } from '../../../src/profile/reading/process-reader.ts';
import { askTables } from '../../../src/profile/rows/ask-tables.ts';
import { isIncomparable, isReadOtherwise, mergeAnswers } from '../../../src/profile/rows/merge-answers.ts';
import { firstNumbers, type RowQuestion } from '../../../src/profile/rows/rows-plan.ts';
import { repeatedIn } from '../../../src/schema/rules/uniqueness.ts';
import { dataFiles, folder } from '../profiling.ts';
import { askParts, BIG, BIG_ASKED, parquetFiles, UNIT_BYTES } from './asking.ts';

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
  files.push(
    ...(await parquetFiles(folder(), {
      ...BIG,
      'between/b.parquet': 'SELECT i::SMALLINT AS id, 1.5 AS x, true AS more FROM range(3) t(i)',
    })),
  );
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
  big: BIG_ASKED,
  between: [{ failing: 'id > 1', value: "concat_ws('/', id, x, more)" }],
};

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
  const files = await parquetFiles(folder(), {
    'a.parquet': `SELECT ${list.join(', ')} FROM range(0, 1000) t(i)`,
    'b.parquet': `SELECT ${list.join(', ')} FROM range(1000, 2000) t(i)`,
  });
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

/** Asks two files, as tasks do, and all rows at once. */
async function bothWays(queries: Readonly<Record<string, string>>, questions: readonly RowQuestion[]) {
  const files = await parquetFiles(folder(), queries);
  const { tables: found } = await readDirectoryTables(files, directReader, {});
  const rows = (await openTableRows(files, '', directReader, {}))!;
  const expected: unknown[] = [];
  for (const { failing, value } of questions) expected.push(await rows.ask(failing, value));
  rows.close();
  const asked = askTables(
    found,
    new Map([['', questions]]),
    { timeLimit: 60 },
    askParts(files, 2, undefined, processReader),
  );
  return { expected, asked };
}

test('the process that reads for a task asks each unit with the columns of all', async () => {
  const { expected, asked } = await bothWays(
    {
      'a.parquet': 'SELECT i::BIGINT AS a, i::DOUBLE AS x, \'é\' AS "é", \'É\' AS "É" FROM range(10) t(i)',
      'b.parquet': 'SELECT i::INTEGER AS a, i::FLOAT AS x, 1 AS y, \'é\' AS "é" FROM range(10) t(i)',
    },
    [
      { ...repeatedIn(['a']), value: 'a' },
      { ...repeatedIn(['x', 'a']), value: 'x' },
      { failing: 'y IS NULL', value: "concat(a, ' ', x)" },
      { failing: '"É" IS NULL', value: '"é"' },
    ],
  );
  const [own] = await asked;
  expect(expected.map((_, at) => mergeAnswers(own!, at))).toEqual(expected);
  expect(mergeAnswers(own!, 0).failing).toBe(20);
});

test('units that were not asked with the columns of all are refused', async () => {
  const deaf: Pick<typeof directReader, 'openRows'> = {
    openRows: (groups, { columns: _, ...options }) => directReader.openRows(groups, options),
  };
  const files = await parquetFiles(folder(), {
    'a.parquet': 'SELECT i::BIGINT AS a FROM range(10) t(i)',
    'b.parquet': 'SELECT i::INTEGER AS a FROM range(10) t(i)',
  });
  const { tables: found } = await readDirectoryTables(files, directReader, {});
  const questions = new Map([['', [{ ...repeatedIn(['a']), value: 'a' }]]]);
  const asking = askTables(found, questions, { timeLimit: 60 }, askParts(files, 2, undefined, deaf));
  await expect(asking).rejects.toMatchObject({
    code: 'part-damaged',
    message: expect.stringContaining('columns'),
  });
});

test('a field without a name, which no SQL can write, leaves the other files unasked, and damages nothing', async () => {
  const { asked } = await bothWays(
    {
      'a.parquet': 'SELECT row(i, 2) AS s, i AS a FROM range(10) t(i)',
      'b.parquet': 'SELECT i AS a FROM range(10) t(i)',
    },
    [{ failing: 'a > 3', value: 'a' }],
  );
  const [own] = await asked;
  expect(isReadOtherwise(own!)).toBe(true);
});

test('questions of very many tables have numbers of their own, which fit where keys are written', () => {
  const questions = [{ ...repeatedIn(['a']), value: 'a' }];
  const tables = Array.from({ length: 70_000 }, (_, at) => ({
    name: `t${at}`,
    partitions: [],
    questions: at % 10_000 === 0 ? questions : [],
  }));
  const first = firstNumbers({ tables });
  expect([first[0], first[10_000], first[60_000]]).toEqual([0, 1, 6]);
});
