import { Thread } from '../../base/threads/worker-threads.ts';
import type { WindowAnswer, WindowQuestion } from './window-questions.ts';

/** Memory of the thread. A window that takes more ends the thread, not the server; what is young is collected before it grows. */
const LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 } as const;

/** Compares windows beside the server, one after the other: an engine counts the rows of one at a time. Close it. */
export class WindowThread {
  #thread: Thread<WindowQuestion, WindowAnswer> | undefined;

  /** @throws VarveError as compareWindow; another error where the thread ended */
  compare(question: WindowQuestion): Promise<WindowAnswer> {
    if (this.#thread?.isClosed !== false) this.#thread = new Thread('window-worker', undefined, LIMITS);
    return this.#thread.ask(question);
  }

  /** Interrupt what is being compared. */
  async close(): Promise<void> {
    await this.#thread?.end();
  }
}
