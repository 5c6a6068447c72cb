import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRows } from '../../src/engine/check-rows.ts';
import { problemOfColumns, type ShownColumns } from '../../src/engine/shown-columns.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'varve-shown-'));
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (const [name, query, ids] of [
    ['old', `SELECT 1 AS a, 2 AS b, {c: 3} AS s`, '{a: 1, b: 2, s: {__duckdb_field_id: 3, c: 4}}'],
    ['new', `SELECT 5 AS b, 6 AS c`, '{b: 1, c: 5}'],
    ['plain', 'SELECT 7 AS a, 8 AS b', undefined],
  ] as const) {
    const options = ids === undefined ? '' : `, FIELD_IDS ${ids}`;
    await connection.run(`COPY (${query}) TO '${join(folder, name)}.parquet' (FORMAT parquet${options})`);
  }
  connection.closeSync();
  database.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shown = async (columns: ShownColumns, ...names: string[]) => {
  const files = names.map((name) => ({
    path: `${name}.parquet`,
    absolutePath: join(folder, `${name}.parquet`),
    columns,
  }));
  const rows = await openRows([{ files, constants: [] }]);
  try {
    const { columns: found, rows: read } = await rows.head(10);
    return { names: found.map(({ name }) => name), rows: read };
  } finally {
    rows.close();
  }
};

test('columns are found by their ids, whatever files call them, and by names where files have no ids', async () => {
  const columns: ShownColumns = [
    { name: 'x', type: 'INTEGER', id: 1, names: ['a'] },
    { name: 'b', type: 'INTEGER', id: 5, default: '9' },
  ];
  // Files that are read alike have one reader, so that their rows come one after the other.
  expect(await shown(columns, 'old', 'new', 'plain')).toEqual({
    names: ['x', 'b'],
    rows: [
      ['1', '9'],
      ['7', '9'],
      ['5', '6'],
    ],
  });
  await expect(shown([{ name: 'x', type: 'INTEGER', id: 1 }], 'plain')).rejects.toMatchObject({
    code: 'table-unreadable',
    message: expect.stringContaining('no numbers'),
  });
});

test('what a stranger writes for a column is a column, or refused', () => {
  const good = { name: 'x', type: 'INTEGER', id: 1 };
  expect(problemOfColumns([good])).toBeUndefined();
  for (const columns of [
    [{ ...good, type: 'INTEGER) AS x, (SELECT 1' }],
    [{ ...good, name: '' }],
    [{ ...good, id: -1 }],
    [{ ...good, id: undefined }],
    [{ ...good, more: 1 }],
    [{ ...good, default: 7 }],
    [good, { ...good, name: 'y' }],
    [good, { ...good, name: 'X', id: 2 }],
    [{ ...good, isInPaths: true }],
    [7],
  ])
    expect(problemOfColumns(columns), JSON.stringify(columns)).toBeTypeOf('string');
});
