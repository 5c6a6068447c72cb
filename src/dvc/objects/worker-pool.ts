import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { VarveError } from '../../errors.ts';
import type { JobResult, ObjectJob } from './object-jobs.ts';

/** What a worker is sent. */
export interface Batch {
  readonly jobs: readonly ObjectJob[];
}

/** What it answers for one job: exactly one of these. */
export interface Answer {
  readonly result?: JobResult;
  readonly error?: {
    readonly code: string;
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
const MOST_WORKERS = 8;

/**
 * Worker threads for MD5, one a core. They start with the first job, and while they are idle they keep no process alive. Any number of jobs may be
 * asked for at once; callers bound what they hold in memory.
 */
export class WorkerPool {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, readonly Waiting[]>();
  readonly #queue: Waiting[] = [];
  #head = 0;
  readonly #size = Math.max(1, Math.min(MOST_WORKERS, availableParallelism()));
  #dispatching = false;
  /** Not 0: workers leave what they are at, and clean up behind themselves. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  /** @throws VarveError as the job fails */
  run(job: ObjectJob): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#dispatchSoon();
    });
  }

  /** What is not done by now never will be. */
  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    this.#queue.length = 0;
    this.#head = 0;
    const stopping = [...this.#busy.keys()].map((worker) => once(worker, 'message'));
    await Promise.allSettled(stopping);
    await Promise.all([...this.#idle.splice(0), ...this.#busy.keys()].map((worker) => worker.terminate()));
  }

  /** Jobs asked for in one turn of the event loop go into the same batches. */
  #dispatchSoon(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    setImmediate(() => {
      this.#dispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#head < this.#queue.length) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
      if (worker === undefined) return;
      const waiting = this.#queue.length - this.#head;
      const share = Math.min(BATCH, Math.ceil(waiting / this.#size));
      const batch = this.#queue.slice(this.#head, this.#head + share);
      this.#head += share;
      if (this.#head === this.#queue.length) {
        this.#queue.length = 0;
        this.#head = 0;
      }
      this.#busy.set(worker, batch);
      worker.ref();
      const jobs = batch.map(({ job }) => job);
      worker.postMessage({ jobs } satisfies Batch, jobs.flatMap(givenAway));
    }
  }

  #start(): Worker {
    const worker = new Worker(workerFile(), { workerData: this.#stop });
    worker.on('message', (answers: readonly Answer[]) => {
      const batch = this.#busy.get(worker) ?? [];
      this.#busy.delete(worker);
      this.#idle.push(worker);
      worker.unref();
      for (const [index, one] of answers.entries()) settle(batch[index]!, one);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#lost(worker, error));
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    const batch = this.#busy.get(worker) ?? [];
    this.#busy.delete(worker);
    for (const { reject } of batch) reject(error);
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

/** Beside this code where it is bundled; Node cannot run the source itself, so tests use the bundle. */
function workerFile(): URL {
  const bundled = !import.meta.url.endsWith('.ts');
  return new URL(bundled ? './md5-worker.js' : '../../../dist/md5-worker.js', import.meta.url);
}
