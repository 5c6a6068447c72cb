import { inOrder } from '../../base/threads/concurrency.ts';
import { Threads } from '../../base/threads/worker-threads.ts';
import { GROUP_BYTES, groupsOf } from '../restoring/file-groups.ts';
import type { FilesToRead, FileToRead, SmallFiles } from './small-files.ts';

/** Each thread is asked for so many groups at once: one is read while the one before it is taken in. */
const GROUPS_AHEAD = 2;

export interface ReadGroup extends SmallFiles {
  readonly files: readonly FileToRead[];
  /** Those that could be read, one behind another, until the next group is asked for. */
  readonly bytes: Uint8Array;
}

/** Threads that read and hash small files, into the same memory again and again: fresh memory takes as long as the reading. */
export class SmallFileReaders {
  readonly #threads = new Threads<FilesToRead, SmallFiles>('read-worker');
  readonly #spare: Uint8Array[] = [];

  /** Start the threads, which takes as long as reading some hundred small files. */
  constructor() {
    this.#threads.startAll();
  }

  /** Read the files in their order. Memory: some groups of 2 MiB, or of one larger file. */
  async *read(files: Iterable<FileToRead>): AsyncGenerator<ReadGroup> {
    const groups = inOrder(groupsOf(files), this.#threads.count * GROUPS_AHEAD, (group) => this.#ask(group));
    for await (const group of groups) {
      yield group;
      this.#spare.push(group.bytes);
    }
  }

  close(): Promise<void> {
    return this.#threads.close();
  }

  async #ask(files: readonly FileToRead[]): Promise<ReadGroup> {
    const sizes = Uint32Array.from(files, ({ size }) => size);
    const memory = this.#memory(sizes.reduce((sum, size) => sum + size, 1));
    const paths = files.map(({ path }) => path).join('\0');
    return { files, bytes: memory, ...(await this.#threads.ask({ paths, sizes, memory })) };
  }

  #memory(length: number): Uint8Array {
    const at = this.#spare.findIndex((spare) => spare.length >= length);
    const [spare] = at < 0 ? [] : this.#spare.splice(at, 1);
    return spare ?? new Uint8Array(new SharedArrayBuffer(Math.max(length, GROUP_BYTES + 1)));
  }
}
