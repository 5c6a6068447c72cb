import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { READ_FLAGS } from '../../base/files/plain-file.ts';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { DIGEST_BYTES, rawDigestOf } from '../format/digest.ts';

export interface FileToRead {
  readonly path: string;
  /** Bytes, as last seen. */
  readonly size: number;
}

/** Files that are to be read into memory that threads share, one after another. A message of few large parts is made in a fraction of the time. */
export interface FilesToRead {
  /** Their paths, with a NUL between two. */
  readonly paths: string;
  /** Bytes of each, as last seen. */
  readonly sizes: Uint32Array;
  /** Room for all of them, and one byte more. */
  readonly memory: Uint8Array;
}

/** What became of the files that were to be read. */
export interface SmallFiles {
  /** Length of each file in turn; -1 for one that cannot be read, or is not as it was last seen. */
  readonly lengths: Int32Array;
  /** SHA-256, 32 bytes for each file. */
  readonly digests: Uint8Array;
}

/** Read and hash small files. It blocks, so it is called on a thread of its own. */
export function readSmallFiles({ paths, sizes, memory }: FilesToRead): SmallFiles {
  const lengths = new Int32Array(sizes.length).fill(-1);
  const digests = new Uint8Array(sizes.length * DIGEST_BYTES);
  let at = 0;
  for (const [ordinal, path] of paths.split('\0').entries()) {
    const size = sizes[ordinal]!;
    try {
      // One byte more than it had, so that one that grew is found out.
      const length = readSmallFile(path, memory.subarray(at, at + size + 1));
      if (length !== size) continue;
      digests.set(rawDigestOf(memory.subarray(at, at + length)), ordinal * DIGEST_BYTES);
      lengths[ordinal] = length;
      at += length;
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
    }
  }
  return { lengths, digests };
}

/**
 * Read a file into `buffer`, which must have room for one byte more than the file has.
 * It blocks: five trips to the thread pool would take several times longer than reading a few KiB.
 * @returns its length; undefined if it is too large
 * @throws VarveError `source-changed`, `file-expected`, `symlink-refused` and what reading meets
 */
export function readSmallFile(path: string, buffer: Uint8Array): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, READ_FLAGS);
    const before = fstatSync(file);
    if (!before.isFile()) throw notAFile(path);
    if (before.size >= buffer.length) return undefined;
    let length = 0;
    for (let read = -1; read !== 0 && length < before.size; length += read) {
      read = readSync(file, buffer, length, before.size + 1 - length, null);
    }
    assertUnchanged(before, fstatSync(file), length, path);
    return length;
  } catch (error) {
    throw sourceError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** @param length bytes that were read between the two looks @throws VarveError `source-changed` */
export function assertUnchanged(before: Stats, after: Stats, length: number, path: string): void {
  if (before.size === after.size && before.mtimeMs === after.mtimeMs && after.size === length) return;
  throw new VarveError('source-changed', `${path} was changed while it was being read`, {
    path,
    remedy: 'Run the command again when nothing writes to this file.',
  });
}

/** Turn an error of reading a file that is taken in into a VarveError. */
export function sourceError(error: unknown, path: string): VarveError {
  if (systemCode(error) !== 'ELOOP') return systemError(error, 'read', path, 'store');
  return new VarveError('symlink-refused', `${path} is a symbolic link`, {
    path,
    remedy: 'Put the file itself there, or name it in .varveignore: a snapshot holds no links.',
    cause: error,
  });
}

function notAFile(path: string): VarveError {
  return new VarveError('file-expected', `${path} is not a regular file`, {
    path,
    remedy: 'Name it in .varveignore: a snapshot holds files and folders only.',
  });
}
