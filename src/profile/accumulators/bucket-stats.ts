import type { Bucket, NumericStats } from '../model/model.ts';
import { bucketsPerOctave } from './buckets.ts';

/** The upper 18 bits of a binary64: sign, exponent, and six bits of the mantissa. */
const signBit = 2 ** 17;
const bias = 1023;
/** The exponent field of infinities and NaN. */
const notFinite = 2047;

/** The counts of a profile from counts by the upper 18 bits of doubles, ascending. */
export function bucketStats(counted: readonly Bucket[]): Omit<NumericStats, 'min' | 'max' | 'moments'> {
  const stats = { zeros: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
  const positive: Bucket[] = [];
  const negative: Bucket[] = [];
  for (const [key, count] of counted) {
    const { below, field, sub } = partsOf(key);
    if (field === notFinite) {
      stats[sub !== 0 ? 'nan' : below ? 'negativeInfinity' : 'positiveInfinity'] += count;
    } else if (field === 0 && sub === 0) stats.zeros += count;
    else (below ? negative : positive).push([(field - bias) * bucketsPerOctave + sub, count]);
  }
  return { ...stats, negative, positive };
}

function partsOf(key: number): { below: boolean; field: number; sub: number } {
  const magnitude = key % signBit;
  return {
    below: key >= signBit,
    field: Math.floor(magnitude / bucketsPerOctave),
    sub: magnitude % bucketsPerOctave,
  };
}
