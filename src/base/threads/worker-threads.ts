/**
 * Threads: work beside the main thread, and how much of it at once. They may not know what the work is.
 */

import { availableParallelism } from 'node:os';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { VarveError } from '../../errors.ts';
import type { Asked, Failure, Told } from './worker-side.ts';

const MAX_THREADS = 4;

interface Waiting<Answer, Progress> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

export interface ThreadAskOptions<Progress> {
  /** Memory of the question that is handed over and not copied. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * A thread that runs a built file, which calls `answerQuestions`. It answers in the order in which it is asked, and keeps no process
 * alive while it has nothing to answer.
 */
export class Thread<Question, Answer, Progress = never> {
  readonly #worker: Worker;
  readonly #waiting: Waiting<Answer, Progress>[] = [];
  /** Answers come in the order of their questions. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /**
   * @param name of the built file, without folder and ending
   * @param task passed to the thread as `workerData`
   * @param resourceLimits of the memory that its own objects take
   */
  constructor(name: string, task?: unknown, resourceLimits: ResourceLimits = {}) {
    this.#worker = new Worker(builtFile(name), { workerData: task, resourceLimits });
    this.#worker.unref();
    this.#worker.on('message', (told: Told<Answer, Progress>) => this.#hear(told));
    this.#worker.once('error', (error) => this.#lose(error as Error));
    this.#worker.once('exit', () => this.#lose(new Error(`The thread ${name} has ended`)));
  }

  /** Whether it answers no more: it was closed, or it failed as a whole. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Questions that are not answered yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws VarveError that the thread throws; any other error of it as an Error with its trace */
  ask(question: Question, options: ThreadAskOptions<Progress> = {}): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new Error('The thread has ended'));
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject, onProgress: options.onProgress });
      this.#worker.ref();
      this.#worker.postMessage({ question } satisfies Asked<Question>, options.transfer ?? []);
    });
    this.#last = answer;
    return answer;
  }

  /** Resolve when all that was asked so far is answered, or never will be. */
  async settled(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  /** Stop the thread at once. What is not answered yet never will be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }

  /** Let the thread interrupt what it does and give back what it holds, and wait until it has ended. */
  async end(): Promise<void> {
    if (this.#isClosed) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.ref();
    this.#worker.postMessage({ end: true } satisfies Asked<Question>);
    await ended;
  }

  #hear(told: Told<Answer, Progress>): void {
    if ('progress' in told) {
      this.#waiting[0]?.onProgress?.(told.progress);
      return;
    }
    const answered = this.#waiting.shift()!;
    if (this.#waiting.length === 0) this.#worker.unref();
    if ('answer' in told) answered.resolve(told.answer);
    else answered.reject(errorOf(told.failure));
  }

  #lose(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Threads that all run one built file, up to one a core. Each starts when all before it are busy. */
export class Threads<Question, Answer> {
  readonly count: number;
  readonly #name: string;
  readonly #limits: ResourceLimits | undefined;
  readonly #threads: Thread<Question, Answer>[] = [];
  /** What `isStopped` of stopped-thread.ts looks at. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  /**
   * @param options.max threads at most, ≥ 1
   * @param options.limits of the memory that the objects of each take
   * @param options.signal that has the threads leave what they are at
   */
  constructor(
    name: string,
    options: {
      readonly max?: number;
      readonly limits?: ResourceLimits;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ) {
    this.#name = name;
    this.#limits = options.limits;
    this.count = Math.min(options.max ?? MAX_THREADS, availableParallelism());
    options.signal?.addEventListener('abort', () => this.#leave(), { once: true });
  }

  /** Start all that there may be, so that they get ready before they are asked. */
  startAll(): void {
    while (this.#threads.length < this.count) this.#threads.push(this.#start());
  }

  /** Whether a question would be answered at once. */
  get isFree(): boolean {
    return this.#threads.length < this.count || this.#threads.some(({ waiting }) => waiting === 0);
  }

  /** Ask the thread that has least to do; each answers in the order in which it is asked. */
  ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    return this.#leastBusy().ask(question, { transfer });
  }

  /** Have the threads leave what they are at, and clean up behind themselves. What is not answered by then never will be. */
  async close(): Promise<void> {
    this.#leave();
    const closing = this.#threads.splice(0).map(async (thread) => {
      await thread.settled();
      await thread.close();
    });
    await Promise.all(closing);
  }

  #leave(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  #start(): Thread<Question, Answer> {
    return new Thread(this.#name, this.#stop, this.#limits);
  }

  #leastBusy(): Thread<Question, Answer> {
    const [least] = this.#threads.toSorted((a, b) => a.waiting - b.waiting);
    if (least !== undefined && (least.waiting === 0 || this.#threads.length >= this.count)) return least;
    const started = this.#start();
    this.#threads.push(started);
    return started;
  }
}

/** Find a built file. Node cannot run the TypeScript sources, so those use the build too, which the tests keep fresh. */
function builtFile(name: string): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../../../dist' : '.';
  return new URL(`${folder}/${name}.js`, import.meta.url);
}

function errorOf({ message, varve }: Failure): Error {
  return varve === undefined ? new Error(message) : new VarveError(varve.code, message, varve);
}
