import { parentPort } from 'node:worker_threads';
import { isStopped } from '../../base/stopped-thread.ts';
import { VarveError } from '../../errors.ts';
import { doJob } from './object-io.ts';
import type { ObjectJob } from './object-jobs.ts';
import type { Answer, Batch } from './worker-pool.ts';

const port = parentPort;
if (port === null) throw new Error('This file is a worker: worker-pool.ts starts it.');

port.on('message', ({ jobs }: Batch) => {
  const answers = jobs.map(answer);
  const buffers = answers.flatMap((one) =>
    one.result?.bytes === undefined ? [] : [one.result.bytes.buffer as ArrayBuffer],
  );
  port.postMessage(answers, buffers);
});

function assertStillWanted(): void {
  if (isStopped()) throw new Error('The pool was closed');
}

/** Errors lose their class on the way between threads, so they travel as their parts. */
function answer(job: ObjectJob): Answer {
  try {
    return { result: doJob(job, assertStillWanted) };
  } catch (error) {
    if (!(error instanceof VarveError))
      return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { code, message, remedy, path } = error;
    return { error: { code, message, remedy, ...(path === undefined ? {} : { path }) } };
  }
}
