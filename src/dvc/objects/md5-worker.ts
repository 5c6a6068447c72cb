import { isStopped } from '../../base/threads/stopped-thread.ts';
import { answerQuestions } from '../../base/threads/worker-side.ts';
import { VarveError } from '../../errors.ts';
import { doJob } from './object-io.ts';
import type { ObjectJob } from './object-jobs.ts';
import type { Answer } from './worker-pool.ts';

/** Runs on a thread of its own: does jobs in batches, each of which may fail by itself. */
answerQuestions((jobs: readonly ObjectJob[]): Answer[] => jobs.map(answer), {
  transfer: (answers) =>
    answers.flatMap(({ result }) =>
      result?.bytes === undefined ? [] : [result.bytes.buffer as ArrayBuffer],
    ),
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
