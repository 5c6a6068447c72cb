import { closeSync, openSync, readSync } from 'node:fs';
import { READ_FLAGS } from '../../base/files/plain-file.ts';
import { type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import type { PackedLocation } from '../index/catalog.ts';

type Placed = Pick<PackedLocation, 'pack' | 'offset' | 'length'>;

const MAX_OPEN_PACKS = 16;

/**
 * Packs of a local store, kept open while they are read. It blocks: for small files, the trips to the thread pool would take several
 * times longer than the reading itself.
 */
export class LocalPacks {
  readonly #pathOf: (pack: string) => string;
  /** File descriptors by name of the pack. The pack used last comes last. */
  readonly #open = new Map<string, number>();

  /** @param pathOf tells the absolute path of a pack by its name */
  constructor(pathOf: (pack: string) => string) {
    this.#pathOf = pathOf;
  }

  /** Read and verify a blob; undefined if it cannot be read or is damaged: {@link streamObject} then says why. */
  read(blob: Placed, digest: RawDigest): Uint8Array | undefined {
    const bytes = Buffer.allocUnsafe(blob.length);
    return this.readInto(blob, bytes) && sameDigest(rawDigestOf(bytes), digest) ? bytes : undefined;
  }

  /** Read a blob into `bytes`, for the caller to verify. @returns false if it cannot be read */
  readInto({ pack, offset, length }: Placed, bytes: Uint8Array): boolean {
    try {
      return readSync(this.#fileOf(pack), bytes, 0, length, offset) === length;
    } catch {
      return false;
    }
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #fileOf(pack: string): number {
    const file = this.#open.get(pack) ?? openSync(this.#pathOf(pack), READ_FLAGS);
    this.#open.delete(pack);
    this.#open.set(pack, file);
    const [oldest] = this.#open;
    if (this.#open.size > MAX_OPEN_PACKS) {
      closeSync(oldest![1]);
      this.#open.delete(oldest![0]);
    }
    return file;
  }
}
