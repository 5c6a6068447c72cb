import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { SourceFile } from '../../source-file.ts';
import { decompressor } from '../decompress.ts';
import { lookAt } from './lines.ts';

/** Whether some lines end with a line feed alone, or a carriage return alone, and others with both. */
export async function hasMixedLineEnds(file: SourceFile): Promise<boolean> {
  const found = new Set<string>();
  let last = '';
  await lookAt(file, (piece) => {
    const text = last + piece.toString('latin1');
    last = text.endsWith('\r') ? '\r' : '';
    for (const [end] of text.slice(0, text.length - last.length).matchAll(/\r\n|\n|\r/g)) found.add(end);
    return found.size < 2;
  });
  if (last !== '') found.add(last);
  return found.size > 1;
}

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
/** Behind one of these a quote begins a field. */
const BEFORE_FIELD = new Set([...',;|\t^:'].map((mark) => mark.charCodeAt(0)).concat(LINE_FEED, RETURN));

/** Copies a text with a line feed at the end of each line; what lies within quotes stays as it is. */
export async function copyWithLineFeeds(file: SourceFile, to: string): Promise<void> {
  const ends = new LineEnds();
  const mend = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) yield ends.mended(piece);
  };
  await pipeline(
    createReadStream(file.absolutePath),
    decompressor(file),
    mend,
    createWriteStream(to, { flags: 'wx', mode: 0o600 }),
  );
}

class LineEnds {
  #isQuoted = false;
  #last = LINE_FEED;

  mended(piece: Buffer): Buffer {
    const mended = Buffer.allocUnsafe(piece.length);
    let size = 0;
    for (const byte of piece) {
      if (byte === QUOTE)
        this.#isQuoted = !this.#isQuoted && (BEFORE_FIELD.has(this.#last) || this.#last === QUOTE);
      const isSecondOfTwo = byte === LINE_FEED && this.#last === RETURN;
      this.#last = byte;
      if (this.#isQuoted) mended[size++] = byte;
      else if (!isSecondOfTwo) mended[size++] = byte === RETURN ? LINE_FEED : byte;
    }
    return mended.subarray(0, size);
  }
}
