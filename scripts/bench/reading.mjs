// Another build of varve and this one, run in turn: what it costs that data is read in a process of its own.
//
// Usage: node scripts/bench/reading.mjs path/to/other/bin/varve.js [runs, 15] [rows of the larger files, 2000000]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { random } from './data.mjs';

const [other, runs = 15, rows = 2_000_000] = process.argv.slice(2);
const own = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-reading-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

function run(program, args, cwd) {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const write = (path, options) =>
  connection.run(`COPY (SELECT i AS id, ${random(1, 1_000_000)}::INTEGER AS user_id, ${random(2, 1_000_000)} / 1000.0::DOUBLE AS x,
    'city ' || ${random(8, 20_000)} AS city, TIMESTAMP '2020-01-01' + to_seconds(${random(9, 100_000_000)}::BIGINT) AS at
    FROM range(${rows}) t(i)) TO '${join(work, path).replaceAll("'", "''")}' (${options})`);

mkdirSync(join(work, 'parts'));
writeFileSync(join(work, 'small.csv'), 'id,name,score\n1,Ann,3.5\n2,Bob,4.5\n');
for (let part = 0; part < 50; part++)
  writeFileSync(join(work, 'parts', `${part}.csv`), `id,name\n${part},Ann\n${part + 1},Bob\n`);
await write('rows.csv', 'FORMAT csv');
await write('rows.json', 'FORMAT json');
await write('rows.parquet', 'FORMAT parquet');

/** As many repositories as there are runs to come, each of them new. */
function fresh(varve) {
  const folder = mkdtempSync(join(work, 'repository-'));
  run('git', ['init', '-q'], folder);
  run(process.execPath, [varve, 'init'], folder);
  writeFileSync(join(folder, 'small.csv'), 'id,name,score\n1,Ann,3.5\n2,Bob,4.5\n');
  return folder;
}

const profile = (path) => [
  `profile ${path}`,
  (varve) => run(process.execPath, [varve, 'profile', path, '--json'], work),
];
const commands = [
  ['add small.csv', (varve) => run(process.execPath, [varve, 'add', 'small.csv'], fresh(varve))],
  ...['small.csv', 'parts', 'rows.csv', 'rows.json', 'rows.parquet'].map(profile),
];

const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];
console.log('| command | other, median | this, median | median of the differences | least of either |');
console.log('| --- | --- | --- | --- | --- |');
for (const [name, measure] of commands) {
  const times = [[], []];
  // The first run of each keeps what later ones use.
  for (let at = 0; at <= Number(runs); at++)
    for (const [index, varve] of [resolve(other), own].entries()) {
      const taken = measure(varve);
      if (at > 0) times[index].push(taken);
    }
  const difference = median(times[1].map((taken, index) => taken - times[0][index]));
  const [before, after] = times.map(median);
  const least = times.map((all) => `${Math.min(...all).toFixed(0)} ms`).join(', ');
  console.log(
    `| \`${name}\` | ${before.toFixed(0)} ms | ${after.toFixed(0)} ms | ${difference.toFixed(0)} ms (${((100 * difference) / before).toFixed(1)} %) | ${least} |`,
  );
}
