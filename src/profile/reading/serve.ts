import { readFileSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { RowTable } from '../../engine/check-rows.ts';
import type { ProgressEvent } from '../../progress.ts';
import { profileEach } from '../dataset/profile-files.ts';
import { encodeOpenly } from '../format/encode.ts';
import { profileOf } from '../model/tables.ts';
import { directReader } from './direct-reader.ts';
import { failureOf, type Job, type Jobs, type Message, type RowsRequest } from './messages.ts';

/**
 * The process that reads data: it does one job after the other as its parent asks, and holds nothing that a kill could hurt. Its
 * arguments: the folder for what does not fit into memory, and, where the system does not hold the process to a limit, the most
 * memory that it may have, in bytes.
 */
const [, , folder = '', limit] = process.argv;

/** Milliseconds. */
const WATCH_EVERY = 100;
const ALIVE_EVERY = 5000;
const PROGRESS_EVERY = 50;

let rows: RowTable | undefined;

type Work = { [Kind in keyof Jobs]: (asked: Jobs[Kind]['asked']) => Promise<Jobs[Kind]['answer']> };

const work: Work = {
  async profile({ files, options }) {
    return encodeOpenly(await directReader.profileFiles(files, { ...options, onProgress }));
  },
  async each({ files, options }) {
    const found = await profileEach(files, options);
    return found.map((each) => (each instanceof Error ? failureOf(each) : encodeOpenly(each)));
  },
  async partition({ name, rows, options }) {
    const feature = await directReader.partitionFeature(name, rows, options);
    const count = feature.present + feature.nulls;
    return encodeOpenly(profileOf([{ name: '', rows: count, features: [feature] }]));
  },
  images: ({ files }) => directReader.imageHeaders(files, undefined),
  ranges: ({ file }) => directReader.bytesOfRange(file, undefined),
  async open({ rows: asked }) {
    rows?.close();
    rows = await opened(asked);
    return undefined;
  },
  ask: ({ failing, value }) => rows!.ask(failing, value),
  head: ({ count }) => rows!.head(count),
  shape: () => rows!.shape(),
  keys: ({ failing, asked }) => rows!.keys(failing, asked),
  async close() {
    rows?.close();
    rows = undefined;
    return undefined;
  },
};

function opened(asked: RowsRequest): Promise<RowTable> {
  return 'groups' in asked
    ? directReader.openRows(asked.groups, asked.options)
    : directReader.openFileRows(asked.files, asked.options);
}

function say(message: Message): void {
  // The parent may have gone meanwhile; then this process ends.
  if (process.connected) process.send!(message);
}

let told = 0;

function onProgress(progress: ProgressEvent): void {
  const now = performance.now();
  if (now - told < PROGRESS_EVERY) return;
  told = now;
  say({ progress });
}

async function answer(job: Job): Promise<void> {
  try {
    const find = work[job.kind] as (asked: Job) => Promise<Jobs[keyof Jobs]['answer']>;
    say({ answer: await find(job) });
  } catch (error) {
    say({ failure: failureOf(error) });
  }
}

/**
 * Ends this process from a thread, which work cannot hold up: if its parent is gone, since a loop that never yields hears no
 * disconnect; and, if `most` is given, beyond so much resident memory in bytes.
 */
function watchFromThread(most: number | undefined): void {
  const isTooLarge = most === undefined ? 'false' : `process.memoryUsage.rss() > ${most}`;
  const isOver = `process.ppid !== ${process.ppid} || ${isTooLarge}`;
  const source = `setInterval(() => { if (${isOver}) process.kill(process.pid, 'SIGKILL'); }, ${WATCH_EVERY})`;
  new Worker(source, { eval: true }).unref();
}

/** Tells the parent of reading that goes on without other news. */
function tellAlive(): void {
  let before = '';
  setInterval(() => {
    const now = bytesMoved();
    if (now !== before) say({ alive: true });
    before = now;
  }, ALIVE_EVERY).unref();
}

/** Another text whenever files were read or written since. */
function bytesMoved(): string {
  if (process.platform === 'linux') return readFileSync('/proc/self/io', 'latin1').replace(/^sysc.*\n/gm, '');
  const { fsRead, fsWrite } = process.resourceUsage();
  return `${fsRead} ${fsWrite}`;
}

// Ctrl-C on a terminal reaches every process of the command. The parent hears it too, and says what is to end.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
process.on('message', (job: Job) => void answer(job));
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
watchFromThread(limit === undefined ? undefined : Number(limit));
tellAlive();
