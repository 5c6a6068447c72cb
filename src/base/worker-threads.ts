import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const MOST_THREADS = 4;

/** Where the built file of a thread lies, beside the built code; undefined where it is not at hand: the TypeScript sources have none. */
export function threadFile(name: string): string | undefined {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

/**
 * Threads that all run one built file, one a core. They start at once, which takes as long as reading some hundred
 * small files.
 */
export class Threads<Question, Answer> {
  readonly #threads: readonly Thread<Question, Answer>[];
  #turn = 0;

  /**
   * Undefined where there is no built file.
   * @param signal that has `isStopped` of stopped-thread.ts say yes on the threads
   */
  static start<Question, Answer>(name: string, signal?: AbortSignal): Threads<Question, Answer> | undefined {
    const file = threadFile(name);
    return file === undefined ? undefined : new Threads(file, signal);
  }

  private constructor(file: string, signal: AbortSignal | undefined) {
    const count = Math.min(MOST_THREADS, availableParallelism());
    this.#threads = Array.from({ length: count }, () => new Thread<Question, Answer>(file, signal));
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Asks the next thread in turn; a thread answers in the order in which it was asked. */
  ask(question: Question): Promise<Answer> {
    return this.#threads[this.#turn++ % this.#threads.length]!.ask(question);
  }

  /** What is not answered yet never will be. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** One thread, which answers in the order in which it is asked. */
export class Thread<Question, Answer> {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];

  constructor(file: string, signal?: AbortSignal) {
    const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    signal?.addEventListener('abort', () => Atomics.store(stop, 0, 1), { once: true });
    this.#worker = new Worker(file, { workerData: stop });
    this.#worker.on('message', (answer: Answer) => this.#waiting.shift()!.resolve(answer));
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
