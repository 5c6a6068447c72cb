import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Block, BlockCutter, type CutBlock } from './block-cutter.ts';
import { DATA_CHUNKS } from './chunker.ts';

/** Cuts the blocks of one file in their order, here or on another thread. */
export interface FileCutter {
  cut(block: Block): Promise<CutBlock>;
  close(): Promise<void>;
}

/** From this size of a file on, starting a thread pays. */
const SMALLEST_THREADED = 32 * 1024 * 1024;

/** Beside the built code lies the built worker. From the TypeScript sources, work stays on this thread. */
const WORKER_FILE = fileURLToPath(new URL('./hash-worker.js', import.meta.url));

export function cutterFor(size: number): FileCutter {
  if (size >= SMALLEST_THREADED && existsSync(WORKER_FILE)) return new ThreadedCutter();
  const cutter = new BlockCutter(DATA_CHUNKS);
  return { cut: async (block) => cutter.cut(block), close: async () => undefined };
}

class ThreadedCutter implements FileCutter {
  readonly #worker = new Worker(WORKER_FILE);
  readonly #waiting: { resolve: (cut: CutBlock) => void; reject: (error: unknown) => void }[] = [];

  constructor() {
    this.#worker.on('message', (cut: CutBlock) => this.#waiting.shift()!.resolve(cut));
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  /** The block's buffer is shared with the thread, not copied, and may be used again once this resolves. */
  cut(block: Block): Promise<CutBlock> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(block);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
