// What a profile by the tasks of a cluster takes at sizes that no single machine shows: from the times of parts on this one.
//
// Usage: node scripts/bench/cluster.mjs FOLDER [parts, 8]
//   FOLDER has Parquet files of some 50 MB and more, so that each part reads for seconds. The parts run one after another, one thread each.
//   A cluster is then simulated: executors of one core take tasks in turn, each as long as a measured one drawn at random and scaled to its
//   bytes; results go through one driver of one core and 10 Gbit/s, which merges them. What is drawn is the same in each run.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './measure.mjs';

const varve = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');
const folder = resolve(process.argv[2]);
const parts = Number(process.argv[3] ?? 8);
const work = mkdtempSync(join(tmpdir(), 'varve-cluster-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** Spark's own start and end, measured beside the times in docs/guide/scale.md. */
const ENGINE_SECONDS = 9;
const DRIVER_BYTES_PER_SECOND = 10e9 / 8;
/** Units of the work are files, and row groups of larger ones, of up to 256 MiB. */
const UNIT_BYTES = 256 * 2 ** 20;
const run = (...words) => measured([process.execPath, varve, ...words], { cwd: work });

const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
const empty = run('--version').processor;
const tasks = Array.from({ length: parts }, (_, index) => {
  const output = join(work, `${index}.part`);
  const { processor } = run(
    'profile',
    folder,
    '--part',
    `${index + 1}/${parts}`,
    '--threads',
    '1',
    '--output',
    output,
  );
  return { processor, result: statSync(output).size };
});
const results = tasks.reduce((sum, { result }) => sum + result, 0);
const merge =
  run('profile', '--merge', ...tasks.map((_, index) => join(work, `${index}.part`)), '--json').processor -
  empty;
const perByte = tasks.map(({ processor }) => (processor - empty) / (bytes / parts));
const mergePerByte = Math.max(merge, 0.01) / results;
const resultPerUnit = results / Math.max(parts, bytes / UNIT_BYTES);
const mean = perByte.reduce((sum, one) => sum + one, 0) / parts;
console.log(
  `${(bytes / 1e6).toFixed(0)} MB in ${parts} parts: ${empty.toFixed(2)} s to start one, ${(1 / mean / 1e6).toFixed(0)} MB/s a core, slowest ${(Math.max(...perByte) / mean).toFixed(2)} of the mean; ${(results / 1e6).toFixed(1)} MB of results, merged at ${(1 / mergePerByte / 1e6).toFixed(1)} MB/s\n`,
);

let seed = 1;
/** Park and Miller's minimal standard generator (1988). */
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

/** Seconds until the last task is done, where each free executor takes the next one. */
function scheduled(count, executors, taskBytes) {
  const free = new Float64Array(Math.min(executors, count));
  for (let task = 0; task < count; task++) {
    // The root of a heap is the executor that is free first.
    free[0] += empty + perByte[Math.floor(random() * parts)] * taskBytes;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < free.length && free[child] < free[least]) least = child;
      if (least === at) break;
      [free[at], free[least]] = [free[least], free[at]];
      at = least;
    }
  }
  return free.reduce((most, one) => Math.max(most, one), 0);
}

console.log('| data | executors | reading | results | transfer | merge | in all | efficiency |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const terabytes of [0.1, 1, 10, 100]) {
  for (const executors of [10, 100, 1000]) {
    const size = terabytes * 1e12;
    const units = Math.ceil(size / UNIT_BYTES);
    const count = Math.min(units, Math.max(executors * 4, Math.ceil(size / (16 * UNIT_BYTES))));
    const reading = scheduled(count, executors, size / count);
    const moved = units * resultPerUnit;
    const transfer = moved / DRIVER_BYTES_PER_SECOND;
    const merging = moved * mergePerByte;
    const all = ENGINE_SECONDS + Math.max(reading, transfer) + merging;
    const efficiency = (size * mean) / (all * executors);
    const time = (seconds) =>
      seconds < 100 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
    console.log(
      `| ${terabytes} TB | ${executors} | ${time(reading)} | ${(moved / 1e9).toFixed(1)} GB | ${time(transfer)} | ${time(merging)} | ${time(all)} | ${(efficiency * 100).toFixed(0)} % |`,
    );
  }
}
