// Profiles more Parquet than the engine's memory holds, and a folder of many files before and after one is new.
//
// Usage: node scripts/bench/profile-large.mjs [rows of the large file, 90000000] [files, 1000]
//   VARVE_BENCH_DIR=/path  where to work; 90 million rows take 5 GB
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { random } from './data.mjs';
import { measured } from './measure.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = join(root, 'bin', 'varve.js');
const [large = 90_000_000, files = 1000] = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-profile-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const repository = join(work, 'repository');
mkdirSync(join(repository, 'parts'), { recursive: true });

function run(...command) {
  const { seconds, mib } = measured(command, { cwd: repository });
  return `${seconds.toFixed(2)} s, ${mib} MiB`;
}

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const write = (path, from, to) =>
  connection.run(`COPY (SELECT i AS id, ${random(1, 1_000_000)}::INTEGER AS user_id, ${random(2, 1_000_000)} / 1000.0::DOUBLE AS x,
    'u-' || hash(i * 64 + 7) AS token, 'city ' || ${random(8, 20_000)} AS city, ${random(5, 2)} = 0 AS flag,
    TIMESTAMP '2020-01-01' + to_seconds(${random(9, 100_000_000)}::BIGINT) AS at, hash(i * 64 + 11) AS h
    FROM range(${from}, ${to}) t(i)) TO '${join(repository, path).replaceAll("'", "''")}' (FORMAT parquet)`);

run('git', 'init', '--quiet');
run(process.execPath, varve, 'init');
if (large > 0) {
  await write('large.parquet', 0, large);
  const gb = (statSync(join(repository, 'large.parquet')).size / 1e9).toFixed(1);
  console.log(
    `${gb} GB of Parquet, --memory 1GB: ${run(process.execPath, varve, 'profile', 'large.parquet', '--json', '--memory', '1GB')}`,
  );
  rmSync(join(repository, 'large.parquet'));
}
for (let part = 0; part < files; part++)
  await write(`parts/p${String(part).padStart(5, '0')}.parquet`, part * 10_000, (part + 1) * 10_000);
console.log(`add of ${files} files of 10,000 rows: ${run(process.execPath, varve, 'add', 'parts')}`);
await write(`parts/p${String(files).padStart(5, '0')}.parquet`, files * 10_000, (files + 1) * 10_000);
console.log(`add with one file more: ${run(process.execPath, varve, 'add', 'parts')}`);
console.log(
  `a folder of that one file: ${run(process.execPath, varve, 'profile', `parts/p${String(files).padStart(5, '0')}.parquet`, '--json')}`,
);
