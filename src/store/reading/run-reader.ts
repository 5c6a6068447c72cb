import { Threads } from '../../base/threads/worker-threads.ts';
import type { Remote } from '../../remote/remote.ts';
import { joinDigests } from '../format/digest.ts';
import type { BlobsToCheck } from './blob-checks.ts';
import { type BlobRun, checkedRun, type PlacedBlob, type ReadBlob, readRun } from './pack-reader.ts';

/** Starting threads pays once so many bytes were read. */
const MIN_THREADED_BYTES = 32 * 1024 * 1024;
/** What a thread looks at is in memory that it shares. */
const LITTLE_MEMORY = { maxYoungGenerationSizeMb: 4 };

/** The blobs of a run. Their bytes are valid until they are given back. */
export interface ReadRun<T extends PlacedBlob> {
  readonly blobs: readonly ReadBlob<T>[];
  giveBack(): void;
}

/**
 * Reads many runs of blobs, once there is much of them into the same memory again and again, and checks them on all cores: fresh memory for
 * each run costs more in collection than reading it.
 */
export class RunReader {
  readonly #remote: Remote;
  readonly #spare: Uint8Array[] = [];
  #bytes = 0;
  #threads: Threads<BlobsToCheck, Uint8Array> | undefined;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** As {@link readRun}. */
  async read<T extends PlacedBlob>(run: BlobRun<T>): Promise<ReadRun<T>> {
    this.#bytes += run.length;
    if (this.#bytes < MIN_THREADED_BYTES) {
      return { blobs: await readRun(this.#remote, run), giveBack: () => undefined };
    }
    this.#threads ??= new Threads('check-worker', { limits: LITTLE_MEMORY });
    const memory = this.#memory(run.length);
    const giveBack = (): void => {
      this.#spare.push(memory);
    };
    const threads = this.#threads;
    try {
      const blobs = await checkedRun(this.#remote, run, memory.subarray(0, run.length), (bytes) =>
        threads.ask(questionOf(run, bytes)),
      );
      return { blobs, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#threads?.close() ?? Promise.resolve();
  }

  /** Memory that threads see too. What is too small for this run is dropped. */
  #memory(length: number): Uint8Array {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.length >= length
      ? spare
      : new Uint8Array(new SharedArrayBuffer(length));
  }
}

function questionOf({ blobs, offset }: BlobRun<PlacedBlob>, bytes: Uint8Array): BlobsToCheck {
  const places = Uint32Array.from(
    blobs.flatMap(({ location }) => [location.offset - offset, location.length]),
  );
  return { bytes, places, digests: joinDigests(blobs) };
}
