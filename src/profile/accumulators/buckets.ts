import type { Bucket } from '../model/model.ts';

/**
 * The bucket grid of the format. A bucket is named by the exponent and the upper six bits of the mantissa of the value's
 * magnitude as an IEEE 754 binary64: index = 64·e + floor(64·(|v|/2^e − 1)), which needs no logarithm and no rounding.
 * Magnitudes below 2^-1022 (subnormal) lie in the 64 linear buckets of e = −1023; below 2^-1028 they count as zeros.
 */
export const BUCKETS_PER_OCTAVE = 64;

const BIAS = 1023;
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

/** The bucket of a positive finite magnitude. */
export function bucketIndex(magnitude: number): number {
  DOUBLE[0] = magnitude;
  return (WORDS[1]! >>> 14) - BIAS * BUCKETS_PER_OCTAVE;
}

/** The smallest magnitude in a bucket; `bucketLow(index + 1)` is the first beyond it. */
export function bucketLow(index: number): number {
  WORDS[0] = 0;
  WORDS[1] = (index + BIAS * BUCKETS_PER_OCTAVE) << 14;
  return DOUBLE[0]!;
}

/** Adds counts bucket by bucket; ascending in, ascending out. O(n + m). */
export function addBuckets(a: readonly Bucket[], b: readonly Bucket[]): Bucket[] {
  const sum: Bucket[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = a[i];
    const y = b[j];
    if (y === undefined || (x !== undefined && x[0] < y[0])) {
      sum.push(x!);
      i++;
    } else if (x === undefined || y[0] < x[0]) {
      sum.push(y);
      j++;
    } else {
      sum.push([x[0], x[1] + y[1]]);
      i++;
      j++;
    }
  }
  return sum;
}

/** Counts gathered in any order, as buckets. */
export function sortedBuckets(counts: ReadonlyMap<number, number>): Bucket[] {
  return [...counts].sort((a, b) => a[0] - b[0]);
}
