/** Bits below the point of a value that is rounded to 33 bits, as an integer in [2^32, 2^33]. */
export const MANTISSA_BITS = 32;

/** So many rows' products of 17-bit halves add exactly in doubles. */
export const MAX_EXACT_WEIGHT = 2 ** 18;

/** The upper 16 of 33 bits of a mantissa. */
export function upperHalf(high: number): number {
  return ((high & 0x7ff00000) === 0 ? 0 : 0x8000) | ((high & 0xfffff) >>> 5);
}

/** The lower 17, rounded, so that it can be 2^17. */
export function lowerHalf(low: number, high: number): number {
  return ((high & 31) << 12) + (low >>> 20) + ((low >>> 19) & 1);
}
