import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openTableRows } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.parquet'),
  );
}

/** The rows of each table of a folder as text, in the order of their ids, and their columns by name. */
export async function rowsOf(
  folder: string,
  paths: readonly string[],
): Promise<{ columns: string[]; rows: string[] }[]> {
  return rowsOfFiles(
    paths.map((path) => ({ path, absolutePath: join(folder, path), size: 1, digest: path })),
  );
}

/** As rowsOf, of files that may show other columns than their own. */
export async function rowsOfFiles(
  files: readonly DataFile[],
): Promise<{ columns: string[]; rows: string[] }[]> {
  const table = await openTableRows(files, '', directReader);
  if (table === undefined) return [];
  const { columns, rows } = await table.head(10_000);
  table.close();
  const order = columns.map(({ name }, at) => [name, at] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    {
      columns: order.map(([name]) => name),
      rows: rows.map((row) => JSON.stringify(order.map(([, at]) => row[at]))).sort(),
    },
  ];
}
