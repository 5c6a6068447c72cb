import type { ThetaSketch } from './model.ts';

/** How many hashes a sketch keeps: exact below, then within 1.1 % (one standard error, 1/√k). */
export const sketchSize = 8192;

/** One more than the largest 48-bit hash. */
export const hashEnd = 2 ** 48;

/**
 * The sketch of at least the k + 1 smallest distinct hashes (or of all, where there are fewer).
 * `hashes` is ascending and without repeats; `theta` is the bound below which it is complete.
 */
export function sketchOf(hashes: readonly number[], theta: number): ThetaSketch {
  const cut = hashes.length > sketchSize;
  return {
    k: sketchSize,
    theta: cut ? hashes[sketchSize]! : theta,
    hashes: packHashes(cut ? hashes.slice(0, sketchSize) : hashes),
  };
}

export const emptySketch: ThetaSketch = sketchOf([], hashEnd);

export function mergeSketches(a: ThetaSketch, b: ThetaSketch): ThetaSketch {
  const theta = Math.min(a.theta, b.theta);
  return sketchOf(
    union(unpackHashes(a.hashes), unpackHashes(b.hashes)).filter((hash) => hash < theta),
    theta,
  );
}

function union(a: readonly number[], b: readonly number[]): number[] {
  const all: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = a[i] ?? hashEnd;
    const y = b[j] ?? hashEnd;
    all.push(Math.min(x, y));
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return all;
}

function packHashes(hashes: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(hashes.length * 7);
  let length = 0;
  let previous = 0;
  for (const hash of hashes) {
    let delta = hash - previous;
    previous = hash;
    while (delta >= 128) {
      bytes[length++] = (delta % 128) | 128;
      delta = Math.floor(delta / 128);
    }
    bytes[length++] = delta;
  }
  return bytes.toString('base64', 0, length);
}

/** The hashes of a sketch, ascending. Throws RangeError where the text is not a list of ascending 48-bit numbers. */
export function unpackHashes(packed: string): number[] {
  const hashes: number[] = [];
  let previous = 0;
  let delta = 0;
  let unit = 1;
  for (const byte of Buffer.from(packed, 'base64')) {
    delta += (byte & 127) * unit;
    unit *= 128;
    if (byte < 128) {
      previous += delta;
      if ((delta === 0 && hashes.length > 0) || previous >= hashEnd)
        throw new RangeError('hashes do not ascend');
      hashes.push(previous);
      delta = 0;
      unit = 1;
    } else if (unit > hashEnd) throw new RangeError('a hash is too long');
  }
  if (unit !== 1) throw new RangeError('the last hash is cut');
  return hashes;
}

/** Distinct values: exact where the sketch is, else unbiased with a standard error of 1/√k. */
export function distinctCount(sketch: ThetaSketch): number {
  const kept = unpackHashes(sketch.hashes).length;
  return sketch.theta === hashEnd ? kept : Math.round(kept / (sketch.theta / hashEnd));
}

/**
 * How many distinct values two sides share.
 * `shared`, `a` and `b` are estimates on one common theta; `jaccard` = shared / (a or b), 0 where both are empty.
 */
export function overlap(
  a: ThetaSketch,
  b: ThetaSketch,
): { shared: number; a: number; b: number; jaccard: number; exact: boolean } {
  const theta = Math.min(a.theta, b.theta);
  const left = unpackHashes(a.hashes).filter((hash) => hash < theta);
  const right = new Set(unpackHashes(b.hashes).filter((hash) => hash < theta));
  const both = left.filter((hash) => right.has(hash)).length;
  const either = left.length + right.size - both;
  const scale = hashEnd / theta;
  return {
    shared: Math.round(both * scale),
    a: Math.round(left.length * scale),
    b: Math.round(right.size * scale),
    jaccard: either === 0 ? 0 : both / either,
    exact: theta === hashEnd,
  };
}
