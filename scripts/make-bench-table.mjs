// Makes the tables that scripts/bench/profile.mjs measures, in .bench/: the same bytes' worth of rows on every machine.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { mixedColumns, random } from './bench/data.mjs';

const folder = join(import.meta.dirname, '..', '.bench');
mkdirSync(folder, { recursive: true });

const tall = `SELECT i AS id, CAST(${random(1, 1_000_000)} AS INTEGER) AS user_id,
  CAST(${random(2, 1_000_000)} / 1000.0 AS DOUBLE) AS x, exp(${random(3, 100_000)} / 10000.0) AS price,
  CAST(${random(4, 10_000_000)} / 100.0 AS DECIMAL(12, 2)) AS amount, ${random(5, 2)} = 0 AS flag,
  'category ' || ${random(6, 50)} AS category, 'u-' || hash(i * 64 + 7) AS token, 'city ' || ${random(8, 20_000)} AS city,
  TIMESTAMP '2020-01-01' + to_seconds(CAST(${random(9, 100_000_000)} AS BIGINT)) AS at,
  DATE '2020-01-01' + CAST(${random(10, 1500)} AS INTEGER) AS day,
  CASE WHEN ${random(11, 10)} = 0 THEN NULL ELSE CAST(${random(12, 100)} AS SMALLINT) END AS quantity
  FROM range(10000000) t(i)`;

const wide = `SELECT ${mixedColumns(300)} FROM range(100000) t(i)`;

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
for (const [name, query] of Object.entries({ tall, wide })) {
  const path = join(folder, `${name}.parquet`);
  if (existsSync(path)) continue;
  await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  console.log(`made ${path}`);
}
