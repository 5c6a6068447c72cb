import { Threads } from '../../base/threads/worker-threads.ts';
import type { Remote } from '../../remote/remote.ts';
import { joinDigests } from '../format/digest.ts';
import { PACK_CAPACITY } from '../format/pack.ts';
import {
  type BlobRun,
  checkedRun,
  MAX_RUN_BYTES,
  type PlacedBlob,
  type ReadBlob,
  readRunBytes,
} from '../reading/pack-reader.ts';
import {
  type ArrivedBlobs,
  type BlobTarget,
  type CheckedBlobs,
  checkArrived,
  type PackToCheck,
} from './arrived-blobs.ts';

/** Starting threads pays once so many bytes were read. */
const MIN_THREADED_BYTES = 32 * 1024 * 1024;
/** What a thread looks at is in memory that it shares. */
const LITTLE_MEMORY = { maxYoungGenerationSizeMb: 4 };

/** A blob that is written to a file too, as it arrives. */
export interface ArrivingBlob extends PlacedBlob {
  readonly copy?: BlobTarget | undefined;
}

/** The blobs of a run. Their bytes are valid until they are given back. */
interface ArrivedRun<T extends ArrivingBlob> {
  readonly blobs: readonly ArrivedBlob<T>[];
  giveBack(): void;
}

interface ArrivedBlob<T extends ArrivingBlob> extends ReadBlob<T> {
  /** Whether it lies in its file; one that had to be read again does not. */
  readonly isCopied: boolean;
}

/** A pack of which every blob is wanted, and nothing else is in it. */
export interface WholePack<T extends ArrivingBlob> {
  readonly name: string;
  /** In bytes, at most PACK_CAPACITY. */
  readonly size: number;
  /** In the order of their offsets. */
  readonly blobs: readonly T[];
}

/** A pack in memory, all of it verified. Its bytes are valid until they are given back. */
interface ArrivedPack {
  readonly bytes: Uint8Array;
  giveBack(): void;
}

/**
 * Reads many blobs into the same memory again and again, and has them checked, and written to their files, on all cores once there is much of
 * it: fresh memory for each read costs more in collection than reading it.
 */
export class Arrivals {
  readonly #remote: Remote;
  readonly #spare: Uint8Array[] = [];
  #bytes = 0;
  #threads: Threads<ArrivedBlobs, CheckedBlobs> | undefined;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Read a run; what came damaged was asked for again. */
  async run<T extends ArrivingBlob>(run: BlobRun<T>): Promise<ArrivedRun<T>> {
    const memory = this.#memory(run.length);
    try {
      let first: Uint8Array | undefined;
      const blobs = await checkedRun(this.#remote, run, memory.subarray(0, run.length), async (bytes) => {
        first = (await this.#check(questionOf(run, bytes))).intact;
        return first;
      });
      return {
        blobs: blobs.map((blob, at) => ({ ...blob, isCopied: first?.[at] === 1 })),
        giveBack: () => this.#giveBack(memory),
      };
    } catch (error) {
      this.#giveBack(memory);
      throw error;
    }
  }

  /**
   * Read a whole pack.
   * @param takesDigest whether its name is verified here
   * @returns undefined if it is not what it should be, or anything in it is damaged
   */
  async pack<T extends ArrivingBlob>(
    pack: WholePack<T>,
    takesDigest: boolean,
  ): Promise<ArrivedPack | undefined> {
    const { name, size, blobs } = pack;
    const memory = this.#memory(PACK_CAPACITY);
    const giveBack = (): void => this.#giveBack(memory);
    const run = { pack: name, offset: 0, length: size, blobs };
    try {
      const bytes = await readRunBytes(this.#remote, run, memory.subarray(0, size));
      if (bytes !== undefined) {
        const { isPack } = await this.#check(questionOf(run, bytes, { name, takesDigest }));
        if (isPack) return { bytes, giveBack };
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    giveBack();
    return undefined;
  }

  close(): Promise<void> {
    return this.#threads?.close() ?? Promise.resolve();
  }

  async #check(blobs: ArrivedBlobs): Promise<CheckedBlobs> {
    this.#bytes += blobs.bytes.length;
    if (this.#bytes < MIN_THREADED_BYTES) return checkArrived(blobs);
    this.#threads ??= new Threads('check-worker', { limits: LITTLE_MEMORY });
    return this.#threads.ask(blobs);
  }

  /** Take memory that threads see too, of one of two sizes, so that it fits again. */
  #memory(length: number): Uint8Array {
    const at = this.#spare.findIndex((spare) => spare.length >= length);
    const [spare] = at < 0 ? [] : this.#spare.splice(at, 1);
    const capacity = length <= MAX_RUN_BYTES ? MAX_RUN_BYTES : Math.max(length, PACK_CAPACITY);
    return spare ?? new Uint8Array(new SharedArrayBuffer(capacity));
  }

  #giveBack(memory: Uint8Array): void {
    // A larger blob than any that is written is not met again.
    if (memory.length <= PACK_CAPACITY) this.#spare.push(memory);
  }
}

function questionOf(
  { blobs, offset }: BlobRun<ArrivingBlob>,
  bytes: Uint8Array,
  pack?: PackToCheck,
): ArrivedBlobs {
  const places = Uint32Array.from(
    blobs.flatMap(({ location }) => [location.offset - offset, location.length]),
  );
  return { bytes, places, digests: joinDigests(blobs), copies: blobs.map(({ copy }) => copy), pack };
}
