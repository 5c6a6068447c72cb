import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { digestAt, hexDigestOf, sameDigest } from '../format/digest.ts';
import { readTrailer } from '../format/pack.ts';
import { type BlobsToCheck, checkBlobs } from '../reading/blob-checks.ts';

/** The place of a blob in a file of the working tree, which is there. */
export interface BlobTarget {
  /** Absolute path. */
  readonly file: string;
  /** In bytes. */
  readonly position: number;
}

/** Blobs that came into memory together. */
export interface ArrivedBlobs extends BlobsToCheck {
  /** Where each blob is written once it is verified; undefined for one that is not wanted in a file. */
  readonly copies: readonly (BlobTarget | undefined)[];
  /** What the bytes are to be: a pack of these blobs and nothing else. */
  readonly pack: PackToCheck | undefined;
}

export interface PackToCheck {
  readonly name: string;
  /** Whether to take the SHA-256 of it all: who writes it to a server has that done there. */
  readonly takesDigest: boolean;
}

export interface CheckedBlobs {
  /** For each blob in turn 1 if it has its digest, and lies where it is wanted, else 0. */
  readonly intact: Uint8Array;
  /** Whether the bytes are the pack that they are to be. */
  readonly isPack: boolean;
}

const WRITE_FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * Check blobs, and write those that are whole to their places. It blocks, so much of it is done on threads.
 * @throws VarveError `disk-full` and what writing meets
 */
export function checkArrived(blobs: ArrivedBlobs): CheckedBlobs {
  const intact = checkBlobs(blobs);
  if (blobs.copies.some((copy) => copy !== undefined)) writeCopies(blobs, intact);
  return { intact, isPack: blobs.pack !== undefined && intact.every((one) => one === 1) && isPack(blobs) };
}

/** Whether the bytes are a pack that lists these blobs, in this order, and has its name. */
function isPack({ bytes, places, digests, pack }: ArrivedBlobs): boolean {
  const { name, takesDigest } = pack!;
  try {
    const { entries } = readTrailer(bytes, name);
    const isListed = (ordinal: number): boolean => {
      const { digest, offset, length } = entries[ordinal]!;
      return (
        offset === places[2 * ordinal] &&
        length === places[2 * ordinal + 1] &&
        sameDigest(digest, digestAt(digests, ordinal))
      );
    };
    if (entries.length !== places.length / 2 || !entries.every((_, ordinal) => isListed(ordinal)))
      return false;
  } catch (error) {
    if (error instanceof VarveError) return false;
    throw error;
  }
  return !takesDigest || hexDigestOf(bytes) === name;
}

/** Write blobs to their places; those that lie side by side in both, at once. */
function writeCopies(blobs: ArrivedBlobs, intact: Uint8Array): void {
  let open: { readonly path: string; readonly file: number } | undefined;
  try {
    for (const { file: path, position, start, end } of joinedCopies(blobs, intact)) {
      if (open?.path !== path) {
        if (open !== undefined) closeSync(open.file);
        open = undefined;
        open = { path, file: openSync(path, WRITE_FLAGS) };
      }
      writeAll(open.file, blobs.bytes.subarray(start, end), position);
    }
  } catch (error) {
    throw systemError(error, 'write', open?.path ?? 'a file', 'store');
  } finally {
    if (open !== undefined) closeSync(open.file);
  }
}

/** Bytes from `start` to `end` of those that arrived, and their place. */
interface JoinedCopy extends BlobTarget {
  readonly start: number;
  readonly end: number;
}

function* joinedCopies({ places, copies }: ArrivedBlobs, intact: Uint8Array): Generator<JoinedCopy> {
  let open: JoinedCopy | undefined;
  for (const [ordinal, copy] of copies.entries()) {
    if (copy === undefined || intact[ordinal] === 0) continue;
    const start = places[2 * ordinal]!;
    const end = start + places[2 * ordinal + 1]!;
    const isNext: boolean =
      open?.file === copy.file && open.end === start && open.position + start - open.start === copy.position;
    if (isNext) open = { ...open!, end };
    else {
      if (open !== undefined) yield open;
      open = { ...copy, start, end };
    }
  }
  if (open !== undefined) yield open;
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
