import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { VarveError } from '../../../errors.ts';
import { compressionOf, placeIn, type SourceFile, shownPath } from '../../source-file.ts';
import { decompressor } from '../decompress.ts';

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
  if (compressionOf(file) !== 'uncompressed') return;
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

/** The most bytes that are looked at for the first lines of a file. */
const MAX_HEAD_BYTES = 64 * 1024;

/** The first `count` lines of a text, or fewer if the file or the first 64 KiB hold fewer. */
export async function firstLines(file: SourceFile, count: number): Promise<string[]> {
  let head = '';
  await lookAt(file, (piece) => {
    head += piece.toString('latin1');
    return head.length < MAX_HEAD_BYTES;
  });
  return head.split(/\r\n|\n|\r/, count + 1).slice(0, count);
}

/** Shows a text piece by piece for as long as `look` wants more, or to where it is damaged. */
export async function lookAt(file: SourceFile, look: (piece: Buffer) => boolean): Promise<void> {
  const visit = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) if (!look(piece)) return;
  };
  await pipeline(createReadStream(file.absolutePath), decompressor(file), visit).catch(() => undefined);
}

/** The line of JSON Lines that is the first to be no JSON, counted from 1; undefined if each is, or if lines are too long to say. */
export async function firstBadJsonLine(file: SourceFile): Promise<number | undefined> {
  let number = 0;
  let bad: number | undefined;
  let rest: Buffer[] = [];
  const check = (line: Buffer) => {
    number++;
    if (bad === undefined && !isJsonOrBlank(line)) bad = number;
  };
  await lookAt(file, (piece) => {
    let start = 0;
    for (
      let end = piece.indexOf(LINE_FEED);
      end >= 0 && bad === undefined;
      end = piece.indexOf(LINE_FEED, start)
    ) {
      check(Buffer.concat([...rest, piece.subarray(start, end)]));
      rest = [];
      start = end + 1;
    }
    rest.push(piece.subarray(start));
    return bad === undefined && rest.length * PIECE < MAX_LINE_BYTES;
  });
  if (bad === undefined && rest.length * PIECE < MAX_LINE_BYTES) check(Buffer.concat(rest));
  return bad;
}

function isJsonOrBlank(line: Buffer): boolean {
  const text = line.toString();
  if (text.trim() === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function lineTooLong(file: SourceFile, line?: number, cause?: unknown): VarveError {
  return new VarveError('table-unreadable', `${placeIn(file, line)}: a line is longer than 32 MiB`, {
    remedy: 'Keep so long a value in a file of its own, or use Parquet.',
    path: shownPath(file),
    cause,
  });
}
