import type { ThetaSketch } from '../model/model.ts';

/** How many hashes a sketch keeps: exact below, then within 1.1 % (one standard error, 1/√k). */
export const SKETCH_SIZE = 8192;
/** Bytes that the hashes of a sketch can take, 48 bits each as LEB128. */
export const MAX_PACKED_HASHES = SKETCH_SIZE * 7;

/** One more than the largest 48-bit hash. */
export const HASH_END = 2 ** 48;

/**
 * The sketch of hashes, ascending and without repeats, that are all there are below `theta`: the smallest of them where
 * they are too many.
 */
export function sketchOf(hashes: ArrayLike<number>, theta: number): ThetaSketch {
  const cut = hashes.length > SKETCH_SIZE;
  return {
    k: SKETCH_SIZE,
    theta: cut ? hashes[SKETCH_SIZE]! : theta,
    hashes: packHashes(hashes, Math.min(hashes.length, SKETCH_SIZE)),
  };
}

export const EMPTY_SKETCH: ThetaSketch = sketchOf([], HASH_END);

function packHashes(hashes: ArrayLike<number>, count: number): string {
  const bytes = Buffer.allocUnsafe(count * 7);
  let length = 0;
  let previous = 0;
  for (let index = 0; index < count; index++) {
    let delta = hashes[index]! - previous;
    previous = hashes[index]!;
    while (delta >= 128) {
      bytes[length++] = (delta % 128) | 128;
      delta = Math.floor(delta / 128);
    }
    bytes[length++] = delta;
  }
  return bytes.toString('base64', 0, length);
}

/** The hashes of a sketch that lie below `end`, ascending. @throws RangeError where the text is no list of ascending 48-bit numbers */
export function unpackHashes(packed: string, end = HASH_END): Float64Array {
  const bytes = Buffer.from(packed, 'base64');
  const hashes = new Float64Array(countEnds(bytes));
  return hashes.subarray(0, readHashes(bytes, hashes, end));
}

/** Check bytes that come from outside. @throws RangeError where they are not the hashes of a sketch */
export function checkHashes(packed: Uint8Array): void {
  if (readHashes(packed, undefined, HASH_END) > SKETCH_SIZE)
    throw new RangeError('there are too many hashes');
}

/** Seven bits a byte, the lowest first, in two integers, since 48 bits are more than one holds. Stops at the first that is not below `stop`. */
function readHashes(bytes: Uint8Array, into: Float64Array | undefined, stop: number): number {
  const end = bytes.length;
  let count = 0;
  let hash = 0;
  for (let at = 0; at < end; count++) {
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte = 128;
    for (; byte >= 128 && at < end; shift += 7) {
      byte = bytes[at++]!;
      if (shift < 28) low |= (byte & 127) << shift;
      else high |= (byte & 127) << (shift - 28);
    }
    if (byte >= 128) throw new RangeError('the last hash is cut');
    if (shift > 49) throw new RangeError('a hash is too long');
    const delta = high * 2 ** 28 + low;
    hash += delta;
    if ((delta === 0 && count > 0) || hash >= HASH_END) throw new RangeError('hashes do not ascend');
    if (hash >= stop) break;
    if (into !== undefined) into[count] = hash;
  }
  return count;
}

/** How many hashes there are: the last byte of each is the one below 128. */
function countEnds(bytes: Uint8Array): number {
  let more = 0;
  for (let i = 0; i < bytes.length; i++) more += bytes[i]! >>> 7;
  return bytes.length - more;
}

/** Distinct values: exact where the sketch is, else, as it holds k hashes, unbiased with a standard error of 1/√k. */
export function distinctCount(sketch: ThetaSketch): number {
  if (sketch.theta === HASH_END) return countEnds(Buffer.from(sketch.hashes, 'base64'));
  return Math.round(sketch.k / (sketch.theta / HASH_END));
}

/**
 * How many distinct values two sides share.
 * `shared`, `a` and `b` are estimates on one common theta, `seen` is how many of b's hashes they rest on;
 * `jaccard` = shared / (a or b), 0 where both are empty.
 */
export function overlap(
  a: ThetaSketch,
  b: ThetaSketch,
): { shared: number; a: number; b: number; seen: number; jaccard: number; exact: boolean } {
  const theta = Math.min(a.theta, b.theta);
  const left = unpackHashes(a.hashes, theta);
  const right = unpackHashes(b.hashes, theta);
  const both = common(left, right);
  const either = left.length + right.length - both;
  const scale = HASH_END / theta;
  return {
    shared: Math.round(both * scale),
    a: Math.round(left.length * scale),
    b: Math.round(right.length * scale),
    seen: right.length,
    jaccard: either === 0 ? 0 : both / either,
    exact: theta === HASH_END,
  };
}

/** How many hashes two ascending lists have in common. */
function common(a: Float64Array, b: Float64Array): number {
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = a[i]! - b[j]!;
    if (difference === 0) count++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return count;
}
