import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/duckdb.ts';
import { exportTables } from '../../src/engine/export-tables.ts';
import { literal } from '../../src/engine/quote.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-tables-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let named = 0;

/** The type and the texts of the column `v` of each table, from the Parquet files that are written of rows of JSON. */
async function written(
  ...tables: readonly string[][]
): Promise<{ type: string; texts: readonly unknown[] }[]> {
  const files = tables.map((rows) => {
    const name = `${named++}.jsonl`;
    writeFileSync(join(folder, name), rows.map((row) => `{"v":${row}}\n`).join(''));
    return [{ path: name, absolutePath: join(folder, name) }];
  });
  const copies: string[] = [];
  await exportTables(files, {}, (path) => {
    copies.push(join(folder, `${named++}.parquet`));
    copyFileSync(path, copies.at(-1)!);
  });
  const engine = await openEngine(copies, { ordered: true });
  try {
    const found = [];
    for (const copy of copies) {
      const relation = `read_parquet(${literal(copy)})`;
      const [texts = []] = await engine.query(`SELECT v::VARCHAR FROM ${relation}`);
      found.push({ type: (await engine.describe(relation))[0]!.type.text, texts });
    }
    return found;
  } finally {
    engine.close();
  }
}

test('whole numbers stay what they are, of whichever sign and size they are together', async () => {
  const cases: [rows: string[], type: string][] = [
    [['-5312345678901234567', '5312345678901234567', '5312345678901234568'], 'BIGINT'],
    [['-1', '9007199254740993', 'null'], 'BIGINT'],
    [['9223372036854775808', '18446744073709551615', '0'], 'UBIGINT'],
    [['-9223372036854775808', '18446744073709551615'], 'DECIMAL(38,0)'],
  ];
  for (const [rows, type] of cases)
    expect(await written(rows)).toEqual([{ type, texts: rows.map((row) => (row === 'null' ? null : row)) }]);
});

test('so do those within objects, lists and maps, and all tables have one type', async () => {
  expect(await written(['{"a":-1,"HUGEINT":[2,-9007199254740993]}'], ['{"a":9007199254740993}'])).toEqual([
    {
      type: 'STRUCT("a" BIGINT, "HUGEINT" BIGINT[])',
      texts: ["{'a': -1, 'HUGEINT': [2, -9007199254740993]}"],
    },
    { type: 'STRUCT("a" BIGINT, "HUGEINT" BIGINT[])', texts: ["{'a': 9007199254740993, 'HUGEINT': NULL}"] },
  ]);
  expect((await written(['-1'], ['18446744073709551615'], ['3'])).map(({ type }) => type)).toEqual([
    ...['DECIMAL(38,0)', 'DECIMAL(38,0)', 'DECIMAL(38,0)'],
  ]);
});
