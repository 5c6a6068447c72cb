/**
 * Fuzzes one target, for some seconds or, where RUNS is not 0, for so many inputs that are the same on every machine:
 * `worker TARGET SECONDS RUNS SEED CORPUS INPUT`. The input that is being read always lies in the file INPUT, its
 * length in front, so that whoever watches this process has it where the process hangs, runs out of memory or crashes. Says on
 * standard output what it did, as one line of JSON.
 */
import { openSync, writeSync } from 'node:fs';
import { VarveError } from '../../src/errors.ts';
import { seededRandom } from '../support/random.ts';
import { corpusOf } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { targets } from './targets.ts';

/** One input may take so long, in milliseconds of the processor. */
const MAX_MS = 1000;
/** One input may make the process grow by so much, in KiB. */
const MAX_GROWTH_KIB = 256 * 1024;
const DEFAULT_MAX_BYTES = 8 * 1024;
/** Asking for coverage takes milliseconds, so it is asked for after many inputs. */
const MIN_BATCH_MS = 20;
/** Inputs between two questions for coverage, where runs are counted: no clock may have a say in what is tried. */
const BATCH_RUNS = 250;
const BATCH_RUNS_SLOW = 10;
/** A slow target reads one input where others read so many. */
const SLOW_SHARE = 50;
/** What is still looked at when time is up. */
const GRACE_MS = 500;

const [name, seconds, runs, seed, corpus, inputFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const target = targets[name]!;
const random = seededRandom(Number(seed));
const file = openSync(inputFile, 'w');
// All that was bundled beside this file, which itself is not of interest.
const folder = new URL('.', import.meta.url).href;
const coverage = new Coverage((url) => url.startsWith(folder) && url !== import.meta.url);
const pool = [...corpusOf(corpus, name).values()];
if (pool.length === 0) pool.push(Buffer.alloc(0));
const end = performance.now() + 1000 * Number(seconds);
const maxRuns = Math.ceil(Number(runs) / (target.slow === true ? SLOW_SHARE : 1));
let executions = 0;

const isOver = (graceMs = 0): boolean =>
  maxRuns > 0 ? executions >= maxRuns : performance.now() > end + graceMs;

/** Tells when a batch that begins now is over. */
function batchEnd(): (size: number) => boolean {
  const batchRuns = target.slow === true ? BATCH_RUNS_SLOW : BATCH_RUNS;
  if (maxRuns > 0) return (size) => size >= batchRuns;
  const at = performance.now() + Math.max(20 * coverage.askingMs, MIN_BATCH_MS);
  return () => performance.now() >= at;
}

async function attempt(input: Buffer): Promise<void> {
  const head = Buffer.alloc(8);
  head.writeDoubleLE(input.length);
  writeSync(file, Buffer.concat([head, input]), 0, undefined, 0);
  executions += 1;
  const before = process.resourceUsage();
  try {
    await target.read(Buffer.from(input));
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
  }
  const after = process.resourceUsage();
  const ms = (after.userCPUTime - before.userCPUTime) / 1000;
  if (ms > MAX_MS) throw new Error(`It took ${Math.round(ms)} ms`);
  const grown = after.maxRSS - before.maxRSS;
  if (grown > MAX_GROWTH_KIB) throw new Error(`It took ${Math.round(grown / 1024)} MiB of memory`);
}

/** Finds by halves which of the inputs ran something new, and keeps those. */
async function keepNew(inputs: readonly Buffer[]): Promise<void> {
  if (isOver(GRACE_MS)) return;
  const middle = inputs.length >> 1;
  for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
    if (half.length === 0) continue;
    for (const input of half) await attempt(input);
    if (!coverage.isNew(half.length === 1)) continue;
    if (half.length === 1) pool.push(half[0]!);
    else await keepNew(half);
  }
}

const pick = (): Buffer => pool[Math.floor(random() * pool.length)]!;

try {
  for (const input of pool) await attempt(input);
  coverage.isNew(true);
  while (!isOver()) {
    const batch: Buffer[] = [];
    const isFull = batchEnd();
    while (!isFull(batch.length)) {
      const input = mutate(pick(), pick(), target.words ?? [], target.maxBytes ?? DEFAULT_MAX_BYTES, random);
      batch.push(input);
      await attempt(input);
    }
    if (coverage.isNew(false)) await keepNew(batch);
  }
  console.log(JSON.stringify({ executions, blocks: coverage.blocks, inputs: pool.length }));
} catch (error) {
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(JSON.stringify({ executions, blocks: coverage.blocks, inputs: pool.length, fault }));
}
// Some targets keep servers and threads.
process.exit();
