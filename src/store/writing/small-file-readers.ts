import { inOrder } from '../../base/threads/concurrency.ts';
import { Threads } from '../../base/threads/worker-threads.ts';
import { groupsOf } from '../restoring/file-groups.ts';
import type { FileToRead, SmallFiles } from './small-files.ts';

/** Each thread is asked for so many groups at once: one is read while the one before it is taken in. */
const GROUPS_AHEAD = 2;

export interface ReadGroup {
  readonly files: readonly FileToRead[];
  readonly read: SmallFiles;
}

/** Threads that read and hash small files. */
export class SmallFileReaders {
  readonly #threads = new Threads<readonly FileToRead[], SmallFiles>('read-worker');

  /** Start the threads, which takes as long as reading some hundred small files. */
  constructor() {
    this.#threads.startAll();
  }

  /** Read the files in their order. Memory: some groups of 2 MiB, or of one larger file. */
  read(files: Iterable<FileToRead>): AsyncGenerator<ReadGroup> {
    return inOrder(groupsOf(files), this.#threads.count * GROUPS_AHEAD, async (group) => ({
      files: group,
      read: await this.#threads.ask(group),
    }));
  }

  close(): Promise<void> {
    return this.#threads.close();
  }
}
