import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../../src/engine/quote.ts';

/** Writes the answer of each query into the Parquet file of its path, absolute. */
export async function writeParquet(files: Readonly<Record<string, string>>): Promise<void> {
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (const [path, query] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    await connection.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  }
  connection.closeSync();
  database.closeSync();
}
