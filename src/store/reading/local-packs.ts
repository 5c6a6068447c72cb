import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import type { PackedLocation } from '../index/catalog.ts';

type Placed = Pick<PackedLocation, 'pack' | 'offset' | 'length'>;

const MAX_OPEN_PACKS = 16;
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * Packs of a local store, kept open while they are read. Synchronous: for small files, the trips to the thread pool would
 * take several times longer than the reading itself.
 */
export class LocalPacks {
  readonly #pathOf: (pack: string) => string;
  /** The pack used last comes last. */
  readonly #open = new Map<string, number>();

  constructor(pathOf: (pack: string) => string) {
    this.#pathOf = pathOf;
  }

  /** A verified blob; undefined where it cannot be read or is damaged: the caller then takes the long way, which says why. */
  read(blob: Placed, digest: RawDigest): Uint8Array | undefined {
    const bytes = Buffer.allocUnsafe(blob.length);
    return this.readInto(blob, bytes) && sameDigest(rawDigestOf(bytes), digest) ? bytes : undefined;
  }

  /** Fills as many bytes as the blob has, for the caller to verify; false where it cannot. */
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
    const file = this.#open.get(pack) ?? openSync(this.#pathOf(pack), FLAGS);
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
