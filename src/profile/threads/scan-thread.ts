/**
 * Threads: columns scanned on several threads, each with an engine of its own. They may not share anything that changes,
 * nor know how a profile is put together.
 */

import { Thread } from '../../base/threads/worker-threads.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import type { EngineOptions } from '../../engine/duckdb.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import type { LeafCounts } from '../counters/counter.ts';
import type { Slice } from '../plan/open-rows.ts';
import type { OnRows, Scan } from '../plan/scan-columns.ts';

/** What a thread opens when it starts. */
export interface ThreadTask {
  readonly files: readonly SourceFile[];
  readonly slice: Slice | undefined;
  readonly readings: ColumnReadings | undefined;
  readonly engine: Pick<EngineOptions, 'threads' | 'memory'>;
}

/** Scans columns of files on a thread with an engine of its own, which reads the same files in place. */
export class ScanThread {
  readonly #thread: Thread<Scan, LeafCounts[], number>;

  constructor(task: ThreadTask) {
    this.#thread = new Thread('scan-worker', task);
  }

  /** Undefined where the thread could not: whoever does the same work here finds out why. */
  scan(rows: Scan, onRows: OnRows): Promise<LeafCounts[] | undefined> {
    return this.#thread.ask(rows, { onProgress: onRows }).catch(() => undefined);
  }

  /** Interrupts what runs, and waits until the thread has closed its engine. */
  close(): Promise<void> {
    return this.#thread.end();
  }
}
