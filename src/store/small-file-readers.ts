import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { inOrder } from './concurrency.ts';
import type { FileToRead, SmallFiles } from './small-files.ts';

/** From this number of files on, starting threads pays. */
export const MANY_FILES = 512;
const MOST_WORKERS = 4;
/** A message between threads costs as much as reading a file of some KiB. */
const GROUP_FILES = 128;
const GROUP_BYTES = 2 * 1024 * 1024;
/** Groups that are asked for at once, for each thread: one is read while the one before it is taken in. */
const AHEAD = 2;

/** Beside the built code lies the built worker. The TypeScript sources have none. */
const WORKER_FILE = fileURLToPath(new URL('./read-worker.js', import.meta.url));

export interface ReadGroup {
  readonly files: readonly FileToRead[];
  readonly read: SmallFiles;
}

/** Threads that read and hash small files, one a core. They start at once, which takes them longer than reading a thousand files. */
export class SmallFileReaders {
  readonly #readers = Array.from(
    { length: Math.min(MOST_WORKERS, availableParallelism()) },
    () => new Reader(),
  );

  /** Undefined where the threads' code is not at hand. */
  static start(): SmallFileReaders | undefined {
    return existsSync(WORKER_FILE) ? new SmallFileReaders() : undefined;
  }

  /** The files in their order. Memory: some groups of 2 MiB, or of one larger file. */
  read(files: Iterable<FileToRead>): AsyncGenerator<ReadGroup> {
    let turn = 0;
    return inOrder(groupsOf(files), this.#readers.length * AHEAD, async (group) => ({
      files: group,
      read: await this.#readers[turn++ % this.#readers.length]!.read(group),
    }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }
}

class Reader {
  readonly #worker = new Worker(WORKER_FILE);
  readonly #waiting: { resolve: (read: SmallFiles) => void; reject: (error: unknown) => void }[] = [];

  constructor() {
    this.#worker.on('message', (read: SmallFiles) => this.#waiting.shift()!.resolve(read));
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  read(files: readonly FileToRead[]): Promise<SmallFiles> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(files);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function* groupsOf(files: Iterable<FileToRead>): Generator<readonly FileToRead[]> {
  let group: FileToRead[] = [];
  let bytes = 0;
  for (const file of files) {
    if (group.length === GROUP_FILES || (bytes > 0 && bytes + file.size > GROUP_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += file.size;
  }
  if (group.length > 0) yield group;
}
