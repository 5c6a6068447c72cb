import { Threads } from '../../base/threads/worker-threads.ts';
import { type PieceGroup, writePieces } from './piece-writer.ts';

/** Starting threads pays once so many bytes were written. */
const MIN_THREADED_BYTES = 32 * 1024 * 1024;

/** Writes pieces of large files on all cores, once there is much of it. */
export class PieceWriters {
  #bytes = 0;
  #threads: Threads<PieceGroup, Uint8Array> | undefined;

  /** Groups that are worth asking for at once. */
  get jobs(): number {
    return 2 * (this.#threads?.count ?? 1);
  }

  /** See {@link writePieces}. */
  async write(group: PieceGroup): Promise<Uint8Array> {
    return this.#threads === undefined ? writePieces(group) : this.#threads.ask(group);
  }

  /** Make ready for a file of so many bytes. */
  expect(size: number): void {
    this.#bytes += size;
    if (this.#bytes >= MIN_THREADED_BYTES) this.#threads ??= new Threads('piece-worker');
  }

  async close(): Promise<void> {
    await this.#threads?.close();
    this.#threads = undefined;
  }
}
