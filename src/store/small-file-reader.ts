import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { inOrder } from './concurrency.ts';
import type { FileToRead, SmallFiles } from './small-files.ts';

/** From this number of files on, starting threads pays. */
const FEWEST_FILES = 512;
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

/** Whether `readOnThreads` is worth its threads. */
export function canReadOnThreads(count: number): boolean {
  return count >= FEWEST_FILES && existsSync(WORKER_FILE);
}

/** The files in their order, read and hashed on all cores. Memory: some groups of 2 MiB, or of one larger file. */
export async function* readOnThreads(files: Iterable<FileToRead>): AsyncGenerator<ReadGroup> {
  const readers = Array.from({ length: Math.min(MOST_WORKERS, availableParallelism()) }, () => new Reader());
  let turn = 0;
  try {
    yield* inOrder(groupsOf(files), readers.length * AHEAD, async (group) => ({
      files: group,
      read: await readers[turn++ % readers.length]!.read(group),
    }));
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
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
