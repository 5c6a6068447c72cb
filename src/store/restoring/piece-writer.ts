import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { READ_FLAGS } from '../../base/files/plain-file.ts';
import { checkBlobs } from '../reading/blob-checks.ts';

/** A piece of a large file: where its bytes lie in the store, and where they go. */
export interface Piece {
  /** In the file of the store. */
  readonly offset: number;
  readonly length: number;
  /** In the file that is restored. */
  readonly position: number;
}

/** Pieces of one file of the store that lie near each other, in the order of their offsets. */
export interface PieceGroup {
  /** Absolute path of a pack or a whole object. */
  readonly source: string;
  /** Absolute path of a file that is there; undefined if the pieces are only to be verified. */
  readonly target: string | undefined;
  readonly pieces: readonly Piece[];
  /** SHA-256 of each piece in turn, 32 bytes. */
  readonly digests: Uint8Array;
}

const WRITE_FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * Verify pieces and write those that are whole to their places. It blocks, so much of it is done on threads.
 * @returns for each piece in turn 1 if it is done, else 0: whoever asked does it again and learns why
 */
export function writePieces({ source, target, pieces, digests }: PieceGroup): Uint8Array {
  const start = pieces[0]!.offset;
  const last = pieces[pieces.length - 1]!;
  const bytes = readAt(source, start, last.offset + last.length - start);
  if (bytes === undefined) return new Uint8Array(pieces.length);
  const places = Uint32Array.from(pieces.flatMap(({ offset, length }) => [offset - start, length]));
  const done = checkBlobs({ bytes, places, digests });
  if (target === undefined) return done;
  try {
    const file = openSync(target, WRITE_FLAGS);
    try {
      for (const { offset, length, position } of joined(pieces, done))
        writeAll(file, bytes.subarray(offset - start, offset - start + length), position);
    } finally {
      closeSync(file);
    }
    return done;
  } catch {
    return done.fill(0);
  }
}

/** Reading one file after another into the same memory is twice as fast as into fresh memory. */
let scratch = Buffer.alloc(0);

/** Read a range; undefined if that cannot be read. The bytes are valid until the next call. */
function readAt(path: string, offset: number, length: number): Uint8Array | undefined {
  if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length);
  try {
    const file = openSync(path, READ_FLAGS);
    try {
      for (let done = 0; done < length; ) {
        const count = readSync(file, scratch, done, length - done, offset + done);
        if (count === 0) return undefined;
        done += count;
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  return scratch.subarray(0, length);
}

/** Join the pieces that are whole and lie side by side in both files. */
function* joined(pieces: readonly Piece[], done: Uint8Array): Generator<Piece> {
  let open: Piece | undefined;
  for (const [ordinal, piece] of pieces.entries()) {
    if (done[ordinal] === 0) continue;
    const follows =
      open !== undefined &&
      open.offset + open.length === piece.offset &&
      open.position + open.length === piece.position;
    if (follows) open = { ...open!, length: open!.length + piece.length };
    else {
      if (open !== undefined) yield open;
      open = piece;
    }
  }
  if (open !== undefined) yield open;
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
