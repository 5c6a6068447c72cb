import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { type ObjectId, objectKey } from '../format/object-id.ts';
import type { DvcContext } from '../tree/context.ts';
import type { ObjectRemote } from './object-remote.ts';

/** A remote in a local or mounted folder, laid out and protected as DVC's cache is. */
export class FolderObjects implements ObjectRemote {
  readonly url: string;
  readonly jobs = 256;
  readonly #context: DvcContext;
  readonly #shared: boolean;

  constructor(context: DvcContext, folder: string, shared: boolean) {
    this.#context = context;
    this.url = folder;
    this.#shared = shared;
  }

  async present(ids: readonly ObjectId[]): Promise<ReadonlySet<ObjectId>> {
    const isThere = (id: ObjectId) =>
      lstatSync(join(this.url, objectKey(id)), { throwIfNoEntry: false }) !== undefined;
    return new Set(ids.filter(isThere));
  }

  async upload(ids: readonly ObjectId[], jobs: number, onSent: (bytes: number) => void): Promise<void> {
    await forEach(ids, jobs, async (id) => {
      this.#context.signal?.throwIfAborted();
      onSent(await this.#copy(id, this.#context.repository.config.cacheDir, this.url, this.#shared));
    });
  }

  download(id: ObjectId): Promise<number> {
    const { cacheDir, shared } = this.#context.repository.config;
    return askAgain(() => this.#copy(id, this.url, cacheDir, shared));
  }

  check(id: ObjectId): Promise<number> {
    const path = join(this.url, objectKey(id));
    return askAgain(async () => (await this.#context.pool.run({ kind: 'verify', path, id })).facts.size);
  }

  async readNote(key: string): Promise<Uint8Array | undefined> {
    const path = join(this.url, key);
    try {
      return readFileSync(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw systemError(error, 'read', path);
    }
  }

  async writeNote(key: string, bytes: Uint8Array): Promise<void> {
    writeAtomically(join(this.url, key), [bytes]);
  }

  async close(): Promise<void> {}

  async #copy(id: ObjectId, from: string, root: string, shared: boolean): Promise<number> {
    const path = join(from, objectKey(id));
    const job = { kind: 'store', path, root, hash: id.hash, expected: id.value, shared } as const;
    return (await this.#context.pool.run(job)).facts.size;
  }
}
