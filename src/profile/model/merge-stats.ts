import { addBuckets } from '../accumulators/buckets.ts';
import { coarsen, widen } from '../accumulators/day-counts.ts';
import { addMoments } from '../accumulators/moments.ts';
import { compareNumbers, compareTimes } from '../format/canonical-text.ts';
import type { LengthStats, NumericStats, TimeStats, WeightedStats } from './model.ts';
import { byCountThenBytes, MAX_LISTED_VALUES } from './value-counts.ts';

export function mergeLengths(a: LengthStats, b: LengthStats): LengthStats {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sum: String(BigInt(a.sum) + BigInt(b.sum)),
    zeros: a.zeros + b.zeros,
    buckets: addBuckets(a.buckets, b.buckets),
  };
}

export function mergeNumeric(a: NumericStats, b: NumericStats): NumericStats {
  return {
    min: lesser(a.min, b.min, compareNumbers),
    max: lesser(a.max, b.max, (x, y) => compareNumbers(y, x)),
    zeros: a.zeros + b.zeros,
    nan: a.nan + b.nan,
    positiveInfinity: a.positiveInfinity + b.positiveInfinity,
    negativeInfinity: a.negativeInfinity + b.negativeInfinity,
    moments: addMoments(a.moments, b.moments),
    negative: addBuckets(a.negative, b.negative),
    positive: addBuckets(a.positive, b.positive),
  };
}

export function mergeTimes(a: TimeStats, b: TimeStats): TimeStats {
  const dayWidth = Math.max(a.dayWidth, b.dayWidth);
  return {
    min: lesser(a.min, b.min, compareTimes),
    max: lesser(a.max, b.max, (x, y) => compareTimes(y, x)),
    weekday: a.weekday.map((count, day) => count + b.weekday[day]!),
    hour: a.hour.map((count, hour) => count + b.hour[hour]!),
    ...coarsen(addBuckets(widen(a, dayWidth), widen(b, dayWidth)), dayWidth),
  };
}

/** Weights are real numbers, so these sums are equal to those of all rows but for rounding. */
export function mergeWeighted(a: WeightedStats, b: WeightedStats): WeightedStats {
  const present = a.present + b.present;
  const weights = new Map(a.values);
  for (const [value, weight] of b.values) weights.set(value, (weights.get(value) ?? 0) + weight);
  return {
    present,
    nulls: a.nulls + b.nulls,
    ...mergeMeans(a, b, present),
    values: [...weights].sort(byCountThenBytes).slice(0, MAX_LISTED_VALUES),
  };
}

function mergeMeans(
  a: WeightedStats,
  b: WeightedStats,
  present: number,
): Pick<WeightedStats, 'mean' | 'standardDeviation'> {
  if (a.mean === null || a.standardDeviation === null) return b;
  if (b.mean === null || b.standardDeviation === null) return a;
  const mean = (a.mean * a.present + b.mean * b.present) / present;
  const around = (side: { present: number; mean: number; deviation: number }) =>
    side.present * (side.deviation ** 2 + (side.mean - mean) ** 2);
  const squares =
    around({ present: a.present, mean: a.mean, deviation: a.standardDeviation }) +
    around({ present: b.present, mean: b.mean, deviation: b.standardDeviation });
  return { mean, standardDeviation: Math.sqrt(squares / present) };
}

function lesser(
  a: string | null,
  b: string | null,
  compare: (a: string, b: string) => number,
): string | null {
  if (a === null || b === null) return a ?? b;
  return compare(a, b) <= 0 ? a : b;
}
