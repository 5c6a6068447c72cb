// What Spark costs over this machine alone at 1, 2 and 4 executors, each a process of its own with one core, and what a task costs by its size.
//
// Usage: SPARK_HOME=… node scripts/bench/executors.mjs [files, 16] [rows of a file, 500000] [rounds, 1]
//   The table is that of orders.mjs. Prints seconds by the clock, and of all processors: on a machine with fewer cores than executors, or with
//   other work, only the latter says what the work costs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeOrders } from './orders.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const varve = join(here, '..', '..', 'bin', 'varve.js');
const [files = 16, rows = 500_000, rounds = 1] = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(tmpdir(), 'varve-executors-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
await writeOrders(join(work, 'table'), files, rows);

function timed(...words) {
  const load = loadavg()[0];
  const started = process.hrtime.bigint();
  const command = [
    process.execPath,
    varve,
    'profile',
    'table',
    '--json',
    '--output',
    'profile.json',
    ...words,
  ];
  const { status, stderr } = spawnSync('python3', [join(here, 'processor-time.py'), ...command], {
    cwd: work,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const clock = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0) throw new Error(stderr.slice(-5000));
  return { clock, processor: Number(stderr.trimEnd().split('\n').at(-1)), load };
}

const spark = (executors, parts) => [
  ...['--engine', 'spark', '--master', `local-cluster[${executors},1,1024]`, '--parts', String(parts)],
];
const ways = [
  ['this machine, one thread', ['--threads', '1']],
  ...[1, 2, 4].map((count) => [`Spark, ${count} executors, ${files / 2} tasks`, spark(count, files / 2)]),
  [`Spark, 2 executors, ${files} tasks`, spark(2, files)],
  ['Spark, 2 executors, 2 tasks', spark(2, 2)],
];
console.log(`${files} files of ${rows} rows × 12 columns\n`);
console.log('| run | clock | processor | over this machine | load before |');
console.log('| --- | --- | --- | --- | --- |');
for (let round = 0; round < rounds; round++) {
  let alone;
  for (const [name, words] of ways) {
    const { clock, processor, load } = timed(...words);
    alone ??= processor;
    const over = `${(processor - alone).toFixed(1)} s`;
    console.log(
      `| ${name} | ${clock.toFixed(1)} s | ${processor.toFixed(1)} s | ${over} | ${load.toFixed(1)} |`,
    );
  }
}
