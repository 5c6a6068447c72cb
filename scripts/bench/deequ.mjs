// The profile of one table by varve on Spark and by Deequ's ColumnProfilerRunner on the same Spark, one after the other in one run.
//
// Usage: SPARK_HOME=… DEEQU=deequ-2.0.7-spark-3.5.jar node scripts/bench/deequ.mjs [millions of rows, 8] [rounds, 2]
//   SPARK_HOME is a Spark 3.5, for which this Deequ is made; PYSPARK_PYTHON its Python. The table is that of orders.mjs, of 1,000,000 rows a
//   file, written anew. Prints seconds by the clock and of all processors, with the start of Spark, and the load before.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeOrders } from './orders.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const varve = join(here, '..', '..', 'bin', 'varve.js');
const millions = Number(process.argv[2] ?? 8);
const rounds = Number(process.argv[3] ?? 2);
const { SPARK_HOME: spark, DEEQU: jar } = process.env;
if (spark === undefined || jar === undefined) throw new Error('Name Spark in SPARK_HOME and a jar in DEEQU.');
const python = process.env.PYSPARK_PYTHON ?? 'python3';
const work = mkdtempSync(join(tmpdir(), 'varve-deequ-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const MASTER = 'local[2]';
await writeOrders(join(work, 'table'), millions, 1e6);

function timed(command) {
  const load = loadavg()[0];
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync('python3', [join(here, 'processor-time.py'), ...command], {
    cwd: work,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PYSPARK_PYTHON: python },
  });
  const clock = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0) throw new Error(stderr.slice(-5000));
  return { clock, processor: Number(stderr.trimEnd().split('\n').at(-1)), load };
}

const submit = [join(spark, 'bin', 'spark-submit'), '--master', MASTER, '--driver-memory', '4g'];
const deequ = [...submit, '--jars', jar, join(here, 'deequ.py'), join(work, 'table')];
const ours = [process.execPath, varve, 'profile', 'table', '--engine', 'spark', '--master', MASTER];
const ways = {
  varve: [...ours, '--parts', '2', '--json', '--output', 'profile.json'],
  Deequ: [...deequ, 'plain'],
  'Deequ, with quantiles (KLL)': [...deequ, 'kll'],
};

console.log(`${millions} million rows, ${rounds} rounds, Spark of ${spark}, ${MASTER}\n`);
console.log('| round | profiled by | clock | processor | load before |');
console.log('| --- | --- | --- | --- | --- |');
const best = {};
for (let round = 1; round <= rounds; round++)
  for (const [name, command] of Object.entries(ways)) {
    const { clock, processor, load } = timed(command);
    const known = best[name] ?? { clock, processor };
    best[name] = { clock: Math.min(known.clock, clock), processor: Math.min(known.processor, processor) };
    console.log(
      `| ${round} | ${name} | ${clock.toFixed(1)} s | ${processor.toFixed(1)} s | ${load.toFixed(1)} |`,
    );
  }
for (const name of Object.keys(ways).slice(1))
  console.log(
    `\n${name}: ${(best[name].clock / best.varve.clock).toFixed(2)} times the clock of varve, ${(best[name].processor / best.varve.processor).toFixed(2)} times its processor (the least of the rounds)`,
  );
