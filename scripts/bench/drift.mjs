// Times a drift report between two versions of one table in a fresh repository, start-up included: 300 columns unless told.
//
// Usage: node scripts/bench/drift.mjs [columns, 300] [rows, 100000] [runs, 15]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { mixedColumns } from './data.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = join(root, 'bin', 'varve.js');
const [columns = 300, rows = 100_000, runs = 15, made, first] = process.argv.slice(2);

// In a process of its own: one that holds an engine takes 30 ms longer to start another.
if (made !== undefined) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const numbers = `range(${first}, ${Number(first) + Number(rows)}) t(i)`;
  await connection.run(
    `COPY (SELECT ${mixedColumns(Number(columns))} FROM ${numbers}) TO '${made.replaceAll("'", "''")}' (FORMAT parquet)`,
  );
  process.exit(0);
}

const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-drift-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const repository = join(work, 'repository');
mkdirSync(repository);
const run = (command, ...args) =>
  execFileSync(command, args.map(String), { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
const timed = (...args) => {
  const started = performance.now();
  run(process.execPath, ...args);
  return performance.now() - started;
};

run('git', 'init', '--quiet');
run('git', 'config', 'user.email', 'bench@example.org');
run('git', 'config', 'user.name', 'bench');
run(process.execPath, varve, 'init');
for (const from of [0, Number(rows) / 2]) {
  run(
    process.execPath,
    fileURLToPath(import.meta.url),
    columns,
    rows,
    runs,
    join(repository, 'table.parquet'),
    from,
  );
  run(process.execPath, varve, 'add', 'table.parquet');
  run('git', 'add', '--all');
  run('git', 'commit', '--quiet', '--message', `rows from ${from}`);
}
const report = [varve, 'drift', 'table.parquet@HEAD~1', 'table.parquet'];
const page = join(repository, 'page.html');
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const measure = (...args) => {
  timed(...args);
  const times = Array.from({ length: Number(runs) }, () => timed(...args));
  return `${Math.min(...times).toFixed(0)} ms at least, ${median(times).toFixed(0)} ms in the middle`;
};
console.log(`node -e 0: ${measure('-e', '0')}`);
console.log(`varve drift, ${columns} columns × ${rows} rows: ${measure(...report)}`);
console.log(`varve drift --format html: ${measure(...report, '--format', 'html', '--output', page)}`);
console.log(`the page: ${(readFileSync(page).length / 1e6).toFixed(2)} MB`);
