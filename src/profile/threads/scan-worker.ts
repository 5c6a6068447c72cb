import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../../base/threads/worker-side.ts';
import { openEngine } from '../../engine/duckdb.ts';
import type { LeafCounts } from '../counters/counter.ts';
import { openSlice } from '../plan/open-rows.ts';
import { type Scan, scanColumns } from '../plan/scan-columns.ts';
import type { ThreadTask } from './scan-thread.ts';

/** Runs on a thread of its own, with an engine of its own: scans columns as asked, one scan after the other. */
const { files, slice, readings, engine: options } = workerData as ThreadTask;
const controller = new AbortController();

const opened = open();
opened.catch(() => undefined);

async function open() {
  const engine = await openEngine(
    files.map((file) => file.absolutePath),
    { ...options, signal: controller.signal },
  );
  await openSlice(engine, files, slice, readings);
  return engine;
}

/** Rows from one message of how far it is to the next. */
const ROWS_PER_MESSAGE = 2 ** 17;

answerQuestions<Scan, LeafCounts[], number>(
  async (rows, tell) => {
    let told = 0;
    const onRows = (seen: number) => {
      if (Math.abs(seen - told) < ROWS_PER_MESSAGE) return;
      told = seen;
      tell(seen);
    };
    return scanColumns(await opened, rows, onRows);
  },
  {
    end: async (running) => {
      controller.abort();
      await running;
      await opened.then((engine) => engine.close()).catch(() => undefined);
    },
  },
);
