import type { Bucket, NumericStats } from '../model/model.ts';
import { BUCKETS_PER_OCTAVE } from './buckets.ts';

/** The upper 18 bits of a binary64: sign, exponent, and six bits of the mantissa. */
const SIGN_BIT = 2 ** 17;
const BIAS = 1023;
/** The exponent field of infinities and NaN. */
const NOT_FINITE = 2047;

/** The counts of a profile from counts by the upper 18 bits of doubles, ascending. */
export function bucketStats(counted: readonly Bucket[]): Omit<NumericStats, 'min' | 'max' | 'moments'> {
  const stats = { zeros: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
  const positive: Bucket[] = [];
  const negative: Bucket[] = [];
  for (const [key, count] of counted) {
    const { below, field, sub } = partsOf(key);
    if (field === NOT_FINITE) {
      stats[sub !== 0 ? 'nan' : below ? 'negativeInfinity' : 'positiveInfinity'] += count;
    } else if (field === 0 && sub === 0) stats.zeros += count;
    else (below ? negative : positive).push([(field - BIAS) * BUCKETS_PER_OCTAVE + sub, count]);
  }
  return { ...stats, negative, positive };
}

function partsOf(key: number): { below: boolean; field: number; sub: number } {
  const magnitude = key % SIGN_BIT;
  return {
    below: key >= SIGN_BIT,
    field: Math.floor(magnitude / BUCKETS_PER_OCTAVE),
    sub: magnitude % BUCKETS_PER_OCTAVE,
  };
}
