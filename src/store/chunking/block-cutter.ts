import { createHash } from 'node:crypto';
import { DIGEST_BYTES } from '../format/digest.ts';
import { type ChunkSizes, DATA_CHUNKS, FIXED_BLOCKS, findCut } from './chunker.ts';

/** A part of a file, in `buffer` from `start` to `end`. Before `start`, there is room for the largest chunk. */
export interface Block {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly isLast: boolean;
}

/** Chunks that lie in a block's buffer one after another from `start`; `digests` has 32 bytes for each. */
export interface CutBlock {
  readonly start: number;
  readonly lengths: Uint32Array;
  readonly digests: Uint8Array;
}

/** Where a file is cut: into chunks, by its content, or into blocks of one size. */
export type Cut = 'chunks' | 'blocks';

const SIZES: Readonly<Record<Cut, ChunkSizes>> = { chunks: DATA_CHUNKS, blocks: FIXED_BLOCKS };

/** Cuts a file that comes in blocks and hashes its chunks. The end of a block, which may be half a chunk, is kept for the next. */
export class BlockCutter {
  readonly #sizes: ChunkSizes;
  readonly #rest: Uint8Array;
  #restLength = 0;

  constructor(how: Cut) {
    this.#sizes = SIZES[how];
    this.#rest = new Uint8Array(this.#sizes.maximum);
  }

  /** Cut a block, with what was kept of the one before. It writes into the room before `start`. */
  cut({ buffer, start, end, isLast }: Block): CutBlock {
    const first = start - this.#restLength;
    buffer.set(this.#rest.subarray(0, this.#restLength), first);
    const lengths: number[] = [];
    const digests: Uint8Array[] = [];
    let at = first;
    while (end - at >= this.#sizes.maximum || (isLast && at < end)) {
      const cut = findCut(buffer, at, end, this.#sizes);
      digests.push(createHash('sha256').update(buffer.subarray(at, cut)).digest());
      lengths.push(cut - at);
      at = cut;
    }
    this.#restLength = end - at;
    this.#rest.set(buffer.subarray(at, end));
    return { start: first, lengths: Uint32Array.from(lengths), digests: joined(digests) };
  }
}

function joined(digests: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(digests.length * DIGEST_BYTES);
  digests.forEach((digest, at) => {
    all.set(digest, at * DIGEST_BYTES);
  });
  return all;
}
