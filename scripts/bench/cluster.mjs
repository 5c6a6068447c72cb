// What a profile by the tasks of a cluster takes at sizes that no single machine shows: from the times of parts on this one.
//
// Usage: node scripts/bench/cluster.mjs [files, 512] [rows of a file, 200000] [parts, 8] [picture]
//   Files of the table of orders.mjs are profiled in parts, one after another, one thread each; the parts are merged into one, and that into the
//   profile, and so is an eighth of the files: what the two differ by is what each unit adds. What each takes for a single row is its start. How
//   long it takes to list files is measured of 20,000. A cluster is then simulated: executors of one core take tasks in turn, each as long as a
//   measured one drawn at random and scaled to its bytes, and each lists all files first. Sixteen results at a time are merged by tasks, as the
//   engines do; what is left goes to the driver by 10 Gbit/s, which merges it on one core. All is in seconds of a processor, so that other work
//   on the machine counts less; what is drawn is the same in each run. The picture is an SVG of where the time goes.
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './measure.mjs';
import { writeOrders } from './orders.mjs';
import { stackedBars } from './stacked-bars.mjs';

const varve = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');
const [files = 512, rows = 200_000, parts = 8] = process.argv.slice(2, 5).map(Number);
const picture = process.argv[5];
const work = mkdtempSync(join(tmpdir(), 'varve-cluster-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** Spark's own start and end, measured beside the times in docs/guide/scale.md. */
const ENGINE_SECONDS = 9;
const DRIVER_BYTES_PER_SECOND = 10e9 / 8;
/** Units of the work are files, and row groups of larger ones, of up to 256 MiB. */
const UNIT_BYTES = 256 * 2 ** 20;
/** As in engines/. */
const MERGED_AT_ONCE = 16;
const run = (...words) => measured([process.execPath, varve, ...words], { cwd: work }).processor;
const sizeOf = (path) => statSync(join(work, path)).size;

console.log(`load ${loadavg()[0].toFixed(1)}`);
await writeOrders(join(work, 'table'), files, rows);
const bytes = readdirSync(join(work, 'table')).reduce((sum, name) => sum + sizeOf(`table/${name}`), 0);
await writeOrders(join(work, 'row'), 1, 1);
const empty = run('profile', 'row', '--part', '1/1', '--threads', '1', '--output', 'row.part');
const startOfMerge = run('profile', '--merge', 'row.part', '--json', '--output', 'row.json');
const tasks = Array.from({ length: parts }, (_, index) => {
  const output = `${index}.part`;
  const processor = run(
    'profile',
    'table',
    '--part',
    `${index + 1}/${parts}`,
    '--threads',
    '1',
    '--output',
    output,
  );
  return { output, processor, result: sizeOf(output) };
});
const outputs = tasks.map(({ output }) => output);
const results = tasks.reduce((sum, { result }) => sum + result, 0);
const joining = run('profile', '--merge', ...outputs, '--partial', '--output', 'joined') - startOfMerge;
const merging = run('profile', '--merge', 'joined', '--json', '--output', 'profile.json') - startOfMerge;

// A result has the counters of its tables once, and something of each unit: the slope between all files and some of them.
const some = Math.max(1, Math.floor(files / 8));
mkdirSync(join(work, 'some'));
for (const name of readdirSync(join(work, 'table')).slice(0, some))
  linkSync(join(work, 'table', name), join(work, 'some', name));
run('profile', 'some', '--part', '1/1', '--threads', '1', '--output', 'some.part');
const mergingSome = run('profile', '--merge', 'some.part', '--json', '--output', 'some.json') - startOfMerge;
const slope = (all, ofSome) => Math.max(0, all - ofSome) / (files - some);
const perUnit = slope(sizeOf('joined'), sizeOf('some.part'));
const counters = Math.max(0, sizeOf('some.part') - some * perUnit);
const joinPerByte = Math.max(0.01, joining) / results;
const mergePerUnit = slope(merging, mergingSome);
const mergeOfCounters = Math.max(0, mergingSome - some * mergePerUnit);

const LISTED = 20_000;
mkdirSync(join(work, 'many'));
for (let file = 0; file < LISTED; file++) writeFileSync(join(work, 'many', `${file}.csv`), '');
// The last of so many parts has none of the files.
const listPerFile =
  (run('profile', 'many', '--part', '100000/100000', '--output', 'none') - startOfMerge) / LISTED;

const perByte = tasks.map(({ processor }) => (processor - empty) / (bytes / parts));
const mean = perByte.reduce((sum, one) => sum + one, 0) / parts;
console.log(
  `${(bytes / 1e6).toFixed(0)} MB of ${files} files in ${parts} parts: ${empty.toFixed(2)} s to start one, ${startOfMerge.toFixed(2)} s to start a merge, ${(1 / mean / 1e6).toFixed(0)} MB/s a core, the slowest ${(Math.max(...perByte) / mean).toFixed(2)} of the mean`,
);
console.log(
  `results of ${(results / parts / 1e3).toFixed(0)} KB, all as one ${(sizeOf('joined') / 1e3).toFixed(0)} KB: counters of ${(counters / 1e3).toFixed(0)} KB, and ${(perUnit / 1e3).toFixed(2)} KB a unit; joined at ${(1 / joinPerByte / 1e6).toFixed(1)} MB/s, merged in ${mergeOfCounters.toFixed(2)} s and ${(mergePerUnit * 1e3).toFixed(2)} ms a unit; ${(listPerFile * 1e6).toFixed(1)} µs to list a file\n`,
);

let seed = 1;
/** Park and Miller's minimal standard generator (1988). */
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

/** Seconds until the last task is done, where each free executor takes the next one. */
function scheduled(count, executors, secondsOf) {
  const free = new Float64Array(Math.min(executors, count));
  for (let task = 0; task < count; task++) {
    // The root of a heap is the executor that is free first.
    free[0] += secondsOf();
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

/** @param taskBytes that a task reads, or a little more or less */
function simulated(size, unitBytes, executors, taskBytes) {
  const units = Math.ceil(size / unitBytes);
  const count = Math.min(units, 100_000, Math.max(1, Math.round(size / taskBytes)));
  const listing = units * listPerFile;
  const reading = scheduled(
    count,
    executors,
    () => empty + listing + perByte[Math.floor(random() * parts)] * (size / count),
  );
  let joins = 0;
  let left = count;
  while (left > MERGED_AT_ONCE) {
    const each = MERGED_AT_ONCE * counters + (units / left) * MERGED_AT_ONCE * perUnit;
    left = Math.ceil(left / MERGED_AT_ONCE);
    joins += scheduled(left, executors, () => startOfMerge + each * joinPerByte);
  }
  const moved = left * counters + units * perUnit;
  const transfer = moved / DRIVER_BYTES_PER_SECOND;
  const last = startOfMerge + left * mergeOfCounters + units * mergePerUnit;
  const all = ENGINE_SECONDS + reading + joins + transfer + last;
  return {
    count,
    reading,
    joins,
    moved,
    last: transfer + last,
    all,
    efficiency: (size * mean) / (all * executors),
  };
}

const time = (seconds) => (seconds < 100 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`);
const bytesText = (count) =>
  count < 1e9 ? `${(count / 1e6).toFixed(0)} MB` : `${(count / 1e9).toFixed(1)} GB`;
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

function barOf(terabytes, executors, { reading, joins, last, all }) {
  return {
    label: `${terabytes} TB, ${executors.toLocaleString('en')} executors`,
    parts: [reading, joins, last, ENGINE_SECONDS],
    note: all < 6000 ? time(all) : `${(all / 3600).toFixed(0)} h`,
  };
}

const drawn = [];
for (const [title, unitBytes] of [
  ['units of 256 MiB', UNIT_BYTES],
  ['files of 16 MiB', 16 * 2 ** 20],
]) {
  console.log(`${title}\n`);
  row(
    'data',
    'executors',
    'tasks',
    'reading',
    'merging by tasks',
    'to the driver',
    'merging there',
    'in all',
    'efficiency',
  );
  row(...Array(9).fill('---'));
  for (const terabytes of [0.1, 1, 10, 100])
    for (const executors of [10, 100, 1000]) {
      const size = terabytes * 1e12;
      const one = simulated(size, unitBytes, executors, Math.max(size / executors / 4, 4 * UNIT_BYTES));
      if (unitBytes === UNIT_BYTES && terabytes >= 1) drawn.push(barOf(terabytes, executors, one));
      row(
        `${terabytes} TB`,
        ...[executors, one.count, time(one.reading), time(one.joins), bytesText(one.moved), time(one.last)],
        time(one.all),
        `${(one.efficiency * 100).toFixed(0)} %`,
      );
    }
  console.log();
}

console.log('efficiency of 100 executors at 1 TB, by the bytes of a task\n');
row('a task', 'tasks', 'reads for', 'in all', 'efficiency');
row(...Array(5).fill('---'));
for (const taskBytes of [16, 64, 256, 1024, 4096, 16_384].map((mib) => mib * 2 ** 20)) {
  const one = simulated(1e12, Math.min(taskBytes, UNIT_BYTES), 100, taskBytes);
  const efficiency = `${(one.efficiency * 100).toFixed(0)} %`;
  row(
    `${taskBytes / 2 ** 20} MiB`,
    one.count,
    `${(taskBytes * mean).toFixed(1)} s`,
    time(one.all),
    efficiency,
  );
}

if (picture !== undefined) {
  const names = ['reading', 'merging by tasks', 'merging by the driver', "the engine's start"];
  writeFileSync(
    picture,
    stackedBars('Where the time goes, by terabytes and executors of one core', names, drawn),
  );
}
