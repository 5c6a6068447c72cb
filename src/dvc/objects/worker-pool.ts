import { Threads } from '../../base/threads/worker-threads.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { JobResult, ObjectJob } from './object-jobs.ts';

/** A thread's answer to one job: exactly one of these. */
export interface Answer {
  readonly result?: JobResult;
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly remedy: string;
    readonly path?: string;
  };
  readonly defect?: string;
}

interface Waiting {
  readonly job: ObjectJob;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

/** Small jobs travel together: a message costs as much as hashing some KiB. */
const BATCH = 32;
const MAX_WORKERS = 8;

/**
 * Threads for MD5, one a core, which get jobs in batches. They start with the first job. Any number of jobs may be asked for at
 * once; callers bound what they hold in memory.
 */
export class WorkerPool {
  readonly #threads = new Threads<readonly ObjectJob[], readonly Answer[]>('md5-worker', {
    max: MAX_WORKERS,
  });
  readonly #queue: Waiting[] = [];
  /** Of the queue, what is sent already lies before it. */
  #head = 0;
  #isDispatching = false;

  /** @throws VarveError with the code of the failure, if the job fails */
  run(job: ObjectJob): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#dispatchSoon();
    });
  }

  close(): Promise<void> {
    this.#queue.length = 0;
    this.#head = 0;
    return this.#threads.close();
  }

  /** Jobs asked for in one turn of the event loop go into the same batches. */
  #dispatchSoon(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    setImmediate(() => {
      this.#isDispatching = false;
      this.#dispatch();
    });
  }

  /** Give what waits to threads that are free; the others come back for it. */
  #dispatch(): void {
    while (this.#head < this.#queue.length && this.#threads.isFree) {
      const share = Math.min(BATCH, Math.ceil((this.#queue.length - this.#head) / this.#threads.count));
      const batch = this.#queue.slice(this.#head, this.#head + share);
      this.#head += share;
      void this.#send(batch);
    }
    if (this.#head < this.#queue.length) return;
    this.#queue.length = 0;
    this.#head = 0;
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const jobs = batch.map(({ job }) => job);
    try {
      const answers = await this.#threads.ask(jobs, jobs.flatMap(givenAway));
      for (const [index, one] of answers.entries()) settle(batch[index]!, one);
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
    this.#dispatch();
  }
}

/** Received bytes go to the worker whole. */
function givenAway(job: ObjectJob): ArrayBuffer[] {
  return 'from' in job && job.from instanceof Uint8Array ? [job.from.buffer as ArrayBuffer] : [];
}

function settle({ resolve, reject }: Waiting, { result, error, defect }: Answer): void {
  if (result !== undefined) resolve(result);
  else if (error !== undefined) reject(new VarveError(error.code, error.message, error));
  else reject(new Error(defect));
}
