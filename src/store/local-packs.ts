import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Remote } from '../remote/remote.ts';
import type { PackedLocation } from './catalog.ts';
import { packKey } from './pack.ts';

const MOST_OPEN = 16;
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * Packs of a local store, kept open while they are read. Synchronous: for small files, the trips to the thread pool would
 * take several times longer than the reading itself.
 */
export class LocalPacks {
  readonly #remote: Remote;
  /** The pack used last comes last. */
  readonly #open = new Map<string, number>();

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Undefined where the pack cannot be read here: the caller then asks the remote, which says why. */
  read({ pack, offset, length }: PackedLocation): Uint8Array | undefined {
    try {
      const file = this.#fileOf(pack);
      const bytes = Buffer.allocUnsafe(length);
      return file !== undefined && readSync(file, bytes, 0, length, offset) === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #fileOf(pack: string): number | undefined {
    if (this.#remote.localPath === undefined) return undefined;
    const file = this.#open.get(pack) ?? openSync(this.#remote.localPath(packKey(pack)), FLAGS);
    this.#open.delete(pack);
    this.#open.set(pack, file);
    const [oldest] = this.#open;
    if (this.#open.size > MOST_OPEN) {
      closeSync(oldest![1]);
      this.#open.delete(oldest![0]);
    }
    return file;
  }
}
