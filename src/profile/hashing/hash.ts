/**
 * Hashing: values as hashes that the format fixes, and the sketches of distinct values made of them. It may not differ
 * between machines, and knows neither rows nor features.
 */

/**
 * The hash of the format: 48 bits, of which MurmurHash3_x86_32 (public domain, Austin Appleby) gives the upper 32, and
 * the upper half of the same function with other multipliers the lower 16. Apart, so that most rows need the first alone.
 * All results are signed 32-bit integers.
 */
const UPPER_FACTORS = [0xcc9e2d51, 0x1b873593] as const;
const LOWER_FACTORS = [0x239b961b, 0x38b34ae5] as const;

/** The whole hash, as an integer below 2^48. */
export function hash48(upper: number, lower: number): number {
  return (upper >>> 0) * 65536 + (lower >>> 16);
}

/** 64 bits in hex, both halves whole: what tells a long value that is cut from others. */
export function digestText(upper: number, lower: number): string {
  const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0');
  return hex(upper) + hex(lower);
}

/** The digest of a text, by its UTF-8. */
export function textDigest(text: string): string {
  const bytes = new Uint8Array(Buffer.byteLength(text) + 4);
  const length = Buffer.from(bytes.buffer).write(text);
  const view = new DataView(bytes.buffer);
  return digestText(upperOfBytes(view, 0, length), lowerOfBytes(view, 0, length));
}

/** Of eight bytes, given as two words. */
export function upperOfWords(low: number, high: number, seed: number): number {
  const h = step(
    step(seed, low, UPPER_FACTORS[0], UPPER_FACTORS[1]),
    high,
    UPPER_FACTORS[0],
    UPPER_FACTORS[1],
  );
  return finish(h ^ 8);
}

export function lowerOfWords(low: number, high: number, seed: number): number {
  const h = step(
    step(seed, low, LOWER_FACTORS[0], LOWER_FACTORS[1]),
    high,
    LOWER_FACTORS[0],
    LOWER_FACTORS[1],
  );
  return finish(h ^ 8);
}

/** Of bytes; `view` goes on for four more after them. */
export function upperOfBytes(view: DataView, start: number, length: number): number {
  return ofBytes(view, start, length, UPPER_FACTORS[0], UPPER_FACTORS[1]);
}

export function lowerOfBytes(view: DataView, start: number, length: number): number {
  return ofBytes(view, start, length, LOWER_FACTORS[0], LOWER_FACTORS[1]);
}

function ofBytes(view: DataView, start: number, length: number, first: number, second: number): number {
  let h = 0;
  const words = start + (length & ~3);
  for (let at = start; at < words; at += 4) h = step(h, view.getInt32(at, true), first, second);
  h ^= scramble(lastBytes(view, words, length & 3), first, second);
  return finish(h ^ length);
}

/** The last 0 to 3 bytes of a text, as a word. No branch: lengths are seldom foreseen. */
export function lastBytes(view: DataView, at: number, bytes: number): number {
  return view.getInt32(at, true) & ((1 << (8 * bytes)) - 1);
}

function step(h: number, word: number, first: number, second: number): number {
  const mixed = h ^ scramble(word, first, second);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(word: number, first: number, second: number): number {
  const mixed = Math.imul(word, first);
  return Math.imul((mixed << 15) | (mixed >>> 17), second);
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
