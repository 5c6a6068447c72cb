import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  Table as ArrowTable,
  DateDay,
  TimestampMicrosecond,
  tableToIPC,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRows, type RowGroup } from '../../src/engine/check-rows.ts';
import { openEngine } from '../../src/engine/duckdb.ts';
import { literal } from '../../src/engine/quote.ts';
import { TABLES_PER_QUERY, uniteByName } from '../../src/engine/source.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'varve-rows-'));
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (const [name, query] of [
    ['one', 'SELECT 1 AS x UNION ALL SELECT 2'],
    ['two', 'SELECT 3 AS x'],
    ['wide', 'SELECT 4::BIGINT AS x'],
    ['own', "SELECT 5 AS x, 'own' AS P"],
    ['numbered', 'SELECT 6 AS x, 70 AS file_index'],
  ] as const)
    await connection.run(`COPY (${query}) TO '${join(folder, name)}.parquet' (FORMAT parquet)`);
  connection.closeSync();
  database.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (p: string | null, ...names: string[]): RowGroup => ({
  files: names.map((name) => ({ path: `p=${p}/${name}`, absolutePath: join(folder, name) })),
  constants: [['p', p === null ? 'CAST(NULL AS VARCHAR)' : `CAST(${literal(p)} AS VARCHAR)`]],
});

const rowsOf = async (groups: readonly RowGroup[]) => {
  const rows = await openRows(groups);
  try {
    const { examples, failing } = await rows.ask('x >= 2', 'x');
    return { head: (await rows.head(100)).rows, failing, examples };
  } finally {
    rows.close();
  }
};

test('each row has what the path of its own file says, in the order of the folders, however many share a reader', async () => {
  const groups = [
    inFolder('a', 'one.parquet', 'two.parquet'),
    inFolder('b', 'one.parquet'),
    inFolder(null, 'two.parquet'),
    inFolder('c', 'wide.parquet'),
    inFolder("d'", 'two.parquet', 'two.parquet'),
  ];
  const { head, examples, failing } = await rowsOf(groups);
  expect(head).toEqual([
    ['1', 'a'],
    ['2', 'a'],
    ['3', 'a'],
    ['1', 'b'],
    ['2', 'b'],
    ['3', null],
    ['4', 'c'],
    ['3', "d'"],
    ['3', "d'"],
  ]);
  expect(failing).toBe(7);
  expect(examples.map(({ file, fileRow }) => [file, fileRow])).toEqual([
    ['p=a/one.parquet', 2],
    ['p=a/two.parquet', 1],
    ['p=b/one.parquet', 2],
    ['p=null/two.parquet', 1],
    ['p=c/wide.parquet', 1],
  ]);
});

test('a column of the file wins over that of its path, and one that hides the numbers of files is read as it is', async () => {
  const own = await rowsOf([
    inFolder('a', 'two.parquet'),
    inFolder('b', 'own.parquet'),
    inFolder('c', 'two.parquet'),
  ]);
  expect(own.head.map(([, p]) => p)).toEqual(['a', 'own', 'c']);
  const numbered = await rowsOf([
    inFolder('a', 'numbered.parquet'),
    inFolder('b', 'numbered.parquet'),
    inFolder('c', 'numbered.parquet', 'numbered.parquet'),
  ]);
  expect(numbered.head).toEqual([
    ['6', '70', 'a'],
    ['6', '70', 'b'],
    ['6', '70', 'c'],
    ['6', '70', 'c'],
  ]);
});

test('dates of some Arrow files that are read as timestamps, as others have them, become one table', async () => {
  const days = (...values: Date[]): Vector => vectorFromArray(values, new DateDay());
  const times = vectorFromArray([new Date('2026-02-01T10:00:00Z')], new TimestampMicrosecond());
  for (const [name, d] of [
    ['a', days(new Date('2026-01-01'))],
    ['b', days(new Date('2026-01-02'))],
    ['c', times],
  ] as const)
    writeFileSync(join(folder, `${name}.arrow`), tableToIPC(new ArrowTable({ d }), 'file'));
  const files = ['a', 'b', 'c'].map((name) => ({
    path: `${name}.arrow`,
    absolutePath: join(folder, `${name}.arrow`),
  }));
  const rows = await openRows([{ files, constants: [], readings: new Map([['d', { as: 'timestamp' }]]) }]);
  try {
    expect((await rows.head(10)).rows).toEqual([
      ['2026-01-01 00:00:00'],
      ['2026-01-02 00:00:00'],
      ['2026-02-01 10:00:00'],
    ]);
  } finally {
    rows.close();
  }
});

test('tables become one, more of them than two rounds put together, in their order', async () => {
  const engine = await openEngine([], { ordered: true });
  try {
    const tables = Array.from({ length: TABLES_PER_QUERY ** 2 + 1 }, (_, at) => `t${at}`);
    for (const [at, table] of tables.entries())
      await engine.query(`CREATE TABLE ${table} AS SELECT ${at} AS x`);
    await uniteByName(
      engine,
      tables.map((table) => ({ table, rows: `FROM ${table}` })),
      'all_of_them',
    );
    const [found] = await engine.query('SELECT x FROM all_of_them');
    expect(found?.map(Number)).toEqual([...tables.keys()]);
    expect((await engine.query('SELECT table_name FROM duckdb_tables()'))[0]).toEqual(['all_of_them']);
  } finally {
    engine.close();
  }
});
