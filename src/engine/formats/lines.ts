import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { VarveError } from '../../errors.ts';
import { compressionOf, type SourceFile } from '../source-file.ts';
import { decompressor } from './decompress.ts';

/** The longest line of delimited text that is read, in bytes. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;
/** Two of these without a line feed are a line that is too long. */
const BLOCK = MAX_LINE_BYTES / 2;
/** Read at once in search of a line feed. */
const PIECE = 64 * 1024;

/**
 * Refuses plain text with a line that is far too long, over which the reader would go again and again to tell its delimiter. Of other
 * text it reads next to nothing: a piece of each block that a line feed stands in.
 * @throws VarveError `table-unreadable`
 */
export async function assertLines(file: SourceFile, signal: AbortSignal): Promise<void> {
  if (compressionOf([file]) !== 'uncompressed') return;
  const handle = await open(file.absolutePath, 'r');
  try {
    const { size } = await handle.stat();
    const piece = Buffer.alloc(PIECE);
    let without = 0;
    for (let start = 0; start + BLOCK <= size; start += BLOCK) {
      let found = false;
      for (let at = start; at < start + BLOCK && !found; at += PIECE) {
        signal.throwIfAborted();
        const { bytesRead } = await handle.read(piece, 0, PIECE, at);
        found = piece.subarray(0, bytesRead).includes(LINE_FEED);
      }
      without = found ? 0 : without + 1;
      if (without === MAX_LINE_BYTES / BLOCK) throw lineTooLong(file);
    }
  } finally {
    await handle.close();
  }
}

/**
 * Decompresses a file to nothing, and with `asLines` refuses what assertLines does.
 * @throws VarveError `table-unreadable`, and the decompressor's error where the file is cut or damaged
 */
export async function readThrough(file: SourceFile, asLines: boolean, signal?: AbortSignal): Promise<void> {
  let length = 0;
  const look = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) {
      if (!asLines) continue;
      const last = piece.lastIndexOf(LINE_FEED);
      length = last < 0 ? length + piece.length : piece.length - last - 1;
      if (length > MAX_LINE_BYTES) return;
    }
  };
  try {
    await pipeline(createReadStream(file.absolutePath), decompressor(file), look, { signal });
  } catch (error) {
    if (length <= MAX_LINE_BYTES) throw error;
  }
  if (length > MAX_LINE_BYTES) throw lineTooLong(file);
}

export function lineTooLong({ path }: SourceFile, line?: number, cause?: unknown): VarveError {
  const where = line === undefined ? path : `${path}, line ${line}`;
  return new VarveError('table-unreadable', `${where}: a line is longer than 32 MiB`, {
    remedy: 'Keep so long a value in a file of its own, or use Parquet.',
    path,
    cause,
  });
}
