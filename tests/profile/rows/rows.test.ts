import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import { openTableRows, readDirectory } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { unitsOf, unitsOfPart } from '../../../src/profile/parts/plan.ts';
import type { Slice } from '../../../src/profile/plan/open-rows.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { answerUnits } from '../../../src/profile/rows/answer-units.ts';
import { askTables } from '../../../src/profile/rows/ask-tables.ts';
import { isReadOtherwise, mergeAnswers } from '../../../src/profile/rows/merge-answers.ts';
import { decodeUnits, encodeRowsHead, unitEncoder } from '../../../src/profile/rows/rows-part.ts';
import type { RowQuestion, RowsPlan } from '../../../src/profile/rows/rows-plan.ts';
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
    ['big/a.parquet', "SELECT i AS id, i % 7 AS x, 'name ' || i AS text FROM range(9000) t(i)"],
    ['big/b.parquet', 'SELECT i + 9000 AS id, (i % 7) / 2 AS x FROM range(9000) t(i)'],
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
  ],
  days: [
    { failing: 'a > 1 AND c IS NULL', value: 'a' },
    { failing: "day > DATE '2023-06-01'", value: 'day' },
  ],
  big: [
    { failing: 'x = 3', value: 'x' },
    { failing: 'x / 2 > 1 OR text IS NULL', value: "concat(text, ' ', x)" },
    { failing: 'id = 17999', value: 'id' },
  ],
  between: [{ failing: 'id > 1', value: "concat_ws('/', id, x, more)" }],
};

/** Asks in parts, as tasks on other machines do. */
function askParts(files: readonly DataFile[], of: number, order: (parts: string[]) => string[]) {
  return async (plan: RowsPlan) => {
    const crossed = JSON.parse(JSON.stringify(plan)) as RowsPlan;
    const parts: string[] = [];
    for (let part = 1; part <= of; part++) {
      const own = unitsOfPart(unitsOf(files, UNIT_BYTES), part, of, UNIT_BYTES);
      const encode = unitEncoder();
      let lines = encodeRowsHead(part, of);
      const withUnit = <T>({ file }: { file: { path: string } }, work: (file: DataFile) => Promise<T>) =>
        work(files.find(({ path }) => path === file.path)!);
      const asked = { ...crossed, unitBytes: UNIT_BYTES };
      for await (const unit of answerUnits(own, asked, directReader, withUnit, {})) lines += encode(unit);
      parts.push(lines);
    }
    async function* lines() {
      yield* order(parts).join('').split('\n');
    }
    return decodeUnits(lines());
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
  expect(expected.big).toMatchObject([{ failing: 2571 }, { rows: 18_000 }, { failing: 1 }]);
  expect(expected.csv).toMatchObject([
    { examples: [{ file: 'csv/a.csv' }] },
    { examples: [{ row: 3 }, { row: 4 }] },
  ]);
  const { tables: found } = await readDirectory(files, directReader, { unitBytes: UNIT_BYTES });
  const questions = new Map(Object.entries(ASKED));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 2, 5, 40), fc.nat(), async (of, turn) => {
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
    { numRuns: 4 },
  );
}, 120_000);

test('a slice asks its own rows, which keep their numbers', async () => {
  const files = (await tables()).filter(({ path }) => path.startsWith('big/'));
  const slice = { feature: 'x', value: '3.0' };
  const reading = { unitBytes: UNIT_BYTES, slice };
  const questions = [{ failing: 'id > 4000', value: 'id' }];
  const rows = (await openTableRows(files, '', directReader, reading))!;
  const expected = await rows.ask('id > 4000', 'id');
  rows.close();
  const { tables: found } = await readDirectory(files, directReader, reading);
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
  const { tables: found } = await readDirectory(files, directReader, { unitBytes: UNIT_BYTES });
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
  const { tables: found } = await readDirectory(files, directReader, { unitBytes: UNIT_BYTES });
  const questions = new Map(Object.entries(ASKED));
  const asking = askTables(
    found,
    questions,
    { timeLimit: 60 },
    askParts(files, 3, (all) => all.slice(1)),
  );
  await expect(asking).rejects.toMatchObject({ code: 'part-missing' });
});
