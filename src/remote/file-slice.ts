import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { systemError } from '../base/files/system-errors.ts';
import { VarveError } from '../errors.ts';
import type { Body, ByteRange, WriteOptions } from './remote.ts';
import { RUN_VERIFY } from './run-verify.ts';

const BLOCK = 1024 * 1024;

/**
 * Read `length` bytes of a file from `offset`, in blocks of at most 1 MiB.
 * @throws VarveError `source-changed` if the file is shorter, and as {@link systemError}
 */
export async function* readSlice(path: string, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw systemError(error, 'read', path, 'store');
  });
  yield* readOpenSlice(handle, path, { offset, length }, () =>
    sourceChanged(path, 'is shorter now than when it was looked at'),
  );
}

/**
 * Read a slice of an open file in blocks of at most 1 MiB, and close the file.
 * @param path of the file, for messages
 * @param cutShort makes the error for a file that ends after so many bytes of the slice
 */
export async function* readOpenSlice(
  handle: FileHandle,
  path: string,
  { offset, length }: ByteRange,
  cutShort: (done: number) => VarveError,
): AsyncGenerator<Uint8Array> {
  try {
    for (let done = 0; done < length; ) {
      const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, length - done));
      const { bytesRead } = await handle.read(block, 0, block.length, offset + done);
      if (bytesRead === 0) throw cutShort(done);
      done += bytesRead;
      yield block.subarray(0, bytesRead);
    }
  } catch (error) {
    throw systemError(error, 'read', path, 'store');
  } finally {
    await handle.close();
  }
}

/** Make a stream of a slice. The file is opened when the stream is first read. */
export function sliceStream(path: string, offset: number, length: number): Readable {
  return Readable.from(readSlice(path, offset, length), { objectMode: false, highWaterMark: BLOCK });
}

/** Take the SHA-256 of a body, in hex. */
export async function digestOfBody(body: Body): Promise<string> {
  const hash = createHash('sha256');
  if (body instanceof Uint8Array) return hash.update(body).digest('hex');
  for await (const block of readSlice(body.path, 0, body.size)) hash.update(block);
  return hash.digest('hex');
}

/** The digest that a body is to have, in hex, taken now where it was not yet. */
export async function digestToWrite({ sha256 }: WriteOptions): Promise<string> {
  return typeof sha256 === 'string' ? sha256 : sha256();
}

/** @throws VarveError `digest-mismatch`, unless the caller has verified the bytes */
export function refuseOtherBytes(bytes: Uint8Array, { sha256 }: WriteOptions, path: string): void {
  if (typeof sha256 !== 'string') return;
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256) throw bodyMismatch(path, sha256, actual);
}

export function sourceChanged(path: string, how: string): VarveError {
  return new VarveError('source-changed', `${path} ${how}`, {
    path,
    remedy: 'Run the command again when nothing writes to this file.',
  });
}

/** Make the error for a body that is to be stored at `path` and does not have its digest. Digests are in hex. */
export function bodyMismatch(path: string, expected: string, actual: string): VarveError {
  return new VarveError(
    'digest-mismatch',
    `What was to become ${path} has SHA-256 ${actual}, not ${expected}`,
    {
      path,
      remedy: `What was read is damaged, or was changed meanwhile. ${RUN_VERIFY}`,
    },
  );
}
