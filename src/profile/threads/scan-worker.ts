import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../../engine/duckdb.ts';
import { openSlice } from '../plan/open-rows.ts';
import { type Scan, scanColumns } from '../plan/scan-columns.ts';
import type { ThreadAnswer, ThreadTask } from './scan-thread.ts';

/** Runs on a thread of its own, with an engine of its own: scans columns as asked, one scan after the other. */
const { files, slice, engine: options } = workerData as ThreadTask;
const port = parentPort!;
const answer = (message: ThreadAnswer) => port.postMessage(message);
const controller = new AbortController();

const opened = open();
opened.catch(() => undefined);

async function open() {
  const engine = await openEngine(
    files.map((file) => file.absolutePath),
    { ...options, signal: controller.signal },
  );
  await openSlice(engine, files, slice);
  return engine;
}

/** Rows from one message of how far it is to the next. */
const toldRows = 2 ** 17;

let running: Promise<void> = Promise.resolve();

async function scan(rows: Scan): Promise<void> {
  let told = 0;
  const onRows = (seen: number) => {
    if (Math.abs(seen - told) < toldRows) return;
    told = seen;
    answer({ seen });
  };
  try {
    const counts = await scanColumns(await opened, rows, onRows);
    answer({ counts });
  } catch {
    answer({ failed: true });
  }
}

async function end(): Promise<void> {
  controller.abort();
  await running;
  await opened.then((engine) => engine.close()).catch(() => undefined);
  port.close();
}

port.on('message', (asked: Scan | 'end') => {
  if (asked === 'end') void end();
  else running = scan(asked);
});
