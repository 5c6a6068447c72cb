import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { EngineOptions } from '../../engine/duckdb.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import type { LeafCounts } from '../counters/counter.ts';
import type { Slice } from '../plan/open-rows.ts';
import type { OnRows, Scan } from '../plan/scan-columns.ts';

/** What a thread opens when it starts. */
export interface ThreadTask {
  readonly files: readonly SourceFile[];
  readonly slice: Slice | undefined;
  readonly engine: Pick<EngineOptions, 'threads' | 'memory'>;
}

/** What a thread says: how far it is, what it found, or that it could not. */
export type ThreadAnswer =
  | { readonly seen: number }
  | { readonly counts: LeafCounts[] }
  | { readonly failed: true };

/** Beside the built code lies the built worker. From the TypeScript sources, work stays on this thread. */
const workerFile = fileURLToPath(new URL('./scan-worker.js', import.meta.url));

/** Scans columns of files on a thread with an engine of its own, which reads the same files in place. */
export class ScanThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  static isBuilt(): boolean {
    return existsSync(workerFile);
  }

  constructor(task: ThreadTask) {
    this.#worker = new Worker(workerFile, { workerData: task });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve());
      this.#worker.once('error', () => resolve());
    });
  }

  /** Undefined where the thread could not: it says nothing of why, since whoever does the same work here finds out. */
  scan(rows: Scan, onRows: OnRows): Promise<LeafCounts[] | undefined> {
    return new Promise((resolve) => {
      const hear = (answer: ThreadAnswer) => {
        if ('seen' in answer) {
          onRows(answer.seen);
          return;
        }
        this.#worker.off('message', hear);
        resolve('counts' in answer ? answer.counts : undefined);
      };
      this.#worker.on('message', hear);
      void this.#ended.then(() => resolve(undefined));
      this.#worker.postMessage(rows);
    });
  }

  /** Interrupts what runs, and waits until the thread has closed its engine. */
  async close(): Promise<void> {
    this.#worker.postMessage('end');
    await this.#ended;
  }
}
