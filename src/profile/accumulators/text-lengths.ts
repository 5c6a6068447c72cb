import { lastBytes } from '../hashing/hash.ts';

/** The code points of UTF-8: bytes that do not continue one. Four bytes at a time. */
export function codePoints(view: DataView, start: number, length: number): number {
  let continued = 0;
  const words = start + (length & ~3);
  for (let at = start; at < words; at += 4) {
    const word = view.getInt32(at, true);
    if ((word & 0x80808080) !== 0) continued += continuing(word);
  }
  return length - continued - continuing(lastBytes(view, words, length & 3));
}

/** How many of four bytes begin with the bits 10. */
function continuing(word: number): number {
  return Math.imul((word >>> 7) & (~word >>> 6) & 0x01010101, 0x01010101) >>> 24;
}

export function byteLength(_view: DataView, _start: number, length: number): number {
  return length;
}
