// A table of 12 columns that shops may have: whole numbers of many and of few values, doubles, texts, timestamps, and nulls among them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const COLUMNS = `i AS id, (h % 1000000)::INTEGER AS user, (h % 50)::INTEGER AS shop, CASE WHEN h % 10 = 0 THEN NULL ELSE (h % 7)::TINYINT END AS stars,
  (h % 100000)::DOUBLE / 100 AS price, (h >> 11)::DOUBLE / 1e6 AS x, CASE WHEN h % 4 = 0 THEN NULL ELSE sqrt(h % 9999991) END AS y,
  'order-' || h AS code, 'city ' || (h % 3000) AS city, ['new', 'paid', 'sent', 'lost'][1 + (h % 4)::INTEGER] AS state,
  TIMESTAMP '2024-01-01' + INTERVAL (h % 31536000) SECOND AS bought, TIMESTAMP '2024-06-01' + INTERVAL (i % 86400) SECOND AS seen`;

/** Writes it into a folder as Parquet files of so many rows each: the same bytes each time. */
export async function writeOrders(folder, files, rows) {
  mkdirSync(folder, { recursive: true });
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (let file = 0; file < files; file++) {
    const from = `SELECT range AS i, hash(range) >> 1 AS h FROM range(${file * rows}, ${(file + 1) * rows})`;
    const path = join(folder, `${String(file).padStart(4, '0')}.parquet`);
    await connection.run(`COPY (SELECT ${COLUMNS} FROM (${from})) TO '${path}' (FORMAT parquet)`);
  }
  connection.closeSync();
  database.closeSync();
}
