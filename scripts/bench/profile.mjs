// Profiles the tables of scripts/make-bench-table.mjs and flights.csv (scripts/fetch-flights.mjs), each in a process of its
// own, beside DuckDB's SUMMARIZE in the same run, and, where VARVE_TFDV_PYTHON names a Python that has it, beside TFDV.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', '.bench');
const bin = join(import.meta.dirname, '..', '..', 'bin', 'varve.js');

/** Runs a program and says how long it took and how much memory it had at most, by GNU time. */
function measured(command, args, { isTimedInside = false } = {}) {
  const run = spawnSync('/usr/bin/time', ['-f', '%e %M', command, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr}`);
  const [seconds, kilobytes] = run.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  const inside = Number(run.stderr.trim().split('\n').at(-2));
  return { seconds: isTimedInside ? inside : seconds, megabytes: kilobytes / 1000 };
}

const summarize = (path) => [
  process.execPath,
  [
    '--input-type=module',
    '--eval',
    `import { DuckDBInstance } from '@duckdb/node-api';
     const connection = await (await DuckDBInstance.create(':memory:')).connect();
     await connection.runAndReadAll("SUMMARIZE FROM '${path}'");`,
  ],
];
/** What reading every value of every column costs, and doing next to nothing with it: the limit. */
const readOnce = (path) => [
  process.execPath,
  [
    '--input-type=module',
    '--eval',
    `import { DuckDBInstance } from '@duckdb/node-api';
     const connection = await (await DuckDBInstance.create(':memory:')).connect();
     const names = (await connection.runAndReadAll("SELECT column_name FROM (DESCRIBE FROM '${path}')")).getRows().flat();
     const columns = names.map((name) => 'count("' + name + '"), sum(hash("' + name + '"))');
     await connection.runAndReadAll('SELECT ' + columns.join() + " FROM '${path}'");`,
  ],
];
/** The path by a data frame, which its users take for speed; the import of TFDV, some seconds, is not counted. */
const tfdvFrame = (path) => [
  process.env.VARVE_TFDV_PYTHON,
  [
    '-c',
    `import sys, time, pandas, tensorflow_data_validation as t
start = time.perf_counter()
t.generate_statistics_from_dataframe(pandas.read_csv('${path}'))
sys.stderr.write(f'{time.perf_counter() - start:.2f}\\n')`,
  ],
  { isTimedInside: true },
];
const tfdv = (path) => [
  process.env.VARVE_TFDV_PYTHON,
  ['-c', `import tensorflow_data_validation as t; t.generate_statistics_from_csv('${path}')`],
];

function compare(name, others) {
  const path = join(folder, name);
  if (!existsSync(path)) return console.log(`${name}: skipped, it is not in .bench/`);
  const own = measured(process.execPath, [bin, 'profile', path, '--json']);
  const line = (who, { seconds, megabytes }) =>
    `  ${who.padEnd(10)} ${seconds.toFixed(2)} s  ${megabytes.toFixed(0)} MB`;
  console.log(`${name}\n${line('varve', own)}`);
  for (const [who, command] of Object.entries(others)) {
    const other = measured(...command(path));
    console.log(`${line(who, other)}  varve / ${who} = ${(own.seconds / other.seconds).toFixed(2)}`);
  }
}

compare('tall.parquet', { summarize, 'read once': readOnce });
compare('wide.parquet', { summarize, 'read once': readOnce });
compare('flights.csv', {
  summarize,
  'read once': readOnce,
  ...(process.env.VARVE_TFDV_PYTHON ? { tfdv, 'tfdv frame': tfdvFrame } : {}),
});
