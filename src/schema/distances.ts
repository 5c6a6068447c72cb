import { bucketLow } from '../profile/accumulators/buckets.ts';
import { jensenShannon, lInfinity, shares, sum } from '../profile/model/distances.ts';
import type { FeatureProfile } from '../profile/model/model.ts';

/**
 * The three distances that a schema's comparators name, as TensorFlow Data Validation defines them (its anomalies
 * reference, tensorflow.org/tfx/data_validation/anomalies), so that its thresholds keep their meaning. The drift room
 * judges with finer measures.
 */

/** Counts by value; an empty map where the feature has no values listed. */
export type Counts = ReadonlyMap<string, number>;

export function listedCounts(profile: FeatureProfile): Counts {
  return new Map(profile.values.values);
}

export interface Difference {
  readonly distance: number;
  /** The value whose share differs most. */
  readonly value: string;
}

/** The greatest difference between the shares of one value, in [0, 1]. */
export function greatestShareDifference(a: Counts, b: Counts): Difference {
  return greatestDifference(a, b, totalOf(a), totalOf(b));
}

/** The greatest difference between the counts of one value, divided by the counts of both sides together. */
export function normalizedAbsoluteDifference(a: Counts, b: Counts): Difference {
  const both = totalOf(a) + totalOf(b);
  return greatestDifference(a, b, both, both);
}

function totalOf(counts: Counts): number {
  return sum([...counts.values()]);
}

function greatestDifference(a: Counts, b: Counts, totalA: number, totalB: number): Difference {
  const values = [...new Set([...a.keys(), ...b.keys()])].sort();
  const { value: distance, at } = lInfinity(
    values.map((value) => (a.get(value) ?? 0) / (totalA || 1)),
    values.map((value) => (b.get(value) ?? 0) / (totalB || 1)),
  );
  return { distance, value: distance > 0 ? values[at]! : '' };
}

/**
 * Computes the Jensen-Shannon divergence in bits, in [0, 1]: over values for text and the like, over ten bins of equal
 * width on each side for numbers. Undefined if a side is empty or the sides are of different kinds.
 */
export function comparatorDivergence(
  a: FeatureProfile,
  b: FeatureProfile,
  categorical: boolean,
): number | undefined {
  const [left, right] = [histogram(a), histogram(b)];
  if (categorical || left === undefined || right === undefined) {
    const [x, y] = [listedCounts(a), listedCounts(b)];
    const keys = [...new Set([...x.keys(), ...y.keys()])];
    return divergence(
      keys.map((key) => x.get(key) ?? 0),
      keys.map((key) => y.get(key) ?? 0),
    );
  }
  const [p, q] = aligned(left, right);
  return divergence(p, q);
}

function divergence(p: readonly number[], q: readonly number[]): number | undefined {
  return sum(p) === 0 || sum(q) === 0 ? undefined : jensenShannon(shares(p), shares(q));
}

export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Ten bins of equal width from least to greatest value, as TFDV's standard histogram; then NaN and the infinities. */
interface Histogram {
  readonly bins: readonly Bin[];
  readonly apart: readonly [nan: number, negativeInfinity: number, positiveInfinity: number];
}

function histogram(profile: FeatureProfile): Histogram | undefined {
  const cells = finestCells(profile);
  if (cells === undefined) return undefined;
  const { nan = 0, negativeInfinity = 0, positiveInfinity = 0 } = profile.numeric ?? {};
  return { bins: tenBins(cells), apart: [nan, negativeInfinity, positiveInfinity] };
}

/** Gives the values if all are listed, else the profile's buckets, cut to its least and greatest value. */
export function finestCells({ numeric, time, values }: FeatureProfile): Bin[] | undefined {
  if (time !== undefined)
    return time.days.map(([day, count]) => ({ low: day, high: day + time.dayWidth, count }));
  if (numeric === undefined) return undefined;
  if (values.exact)
    return values.values
      .map(([value, count]) => ({ low: Number(value), high: Number(value), count }))
      .filter(({ low }) => Number.isFinite(low));
  const [min, max] = [Number(numeric.min), Number(numeric.max)];
  const cut = (value: number) => Math.min(max, Math.max(min, value));
  return [
    ...numeric.negative.map(([index, count]) => ({
      low: cut(-bucketLow(index + 1)),
      high: cut(-bucketLow(index)),
      count,
    })),
    { low: 0, high: 0, count: numeric.zeros },
    ...numeric.positive.map(([index, count]) => ({
      low: cut(bucketLow(index)),
      high: cut(bucketLow(index + 1)),
      count,
    })),
  ].filter(({ count }) => count > 0);
}

/** The value below which a share `level` of the values lies; within a cell, values are taken as spread evenly. */
export function quantileOf(cells: readonly Bin[], level: number): number {
  const target = cells.reduce((total, { count }) => total + count, 0) * level;
  let below = 0;
  for (const { low, high, count } of cells) {
    if (below + count >= target) return low + ((high - low) * Math.max(0, target - below)) / count;
    below += count;
  }
  return cells.at(-1)?.high ?? Number.NaN;
}

export function tenBins(cells: readonly Bin[]): Bin[] {
  if (cells.length === 0) return [];
  const min = Math.min(...cells.map(({ low }) => low));
  const max = Math.max(...cells.map(({ high }) => high));
  if (min === max) return [{ low: min, high: max, count: sum(cells.map(({ count }) => count)) }];
  const width = (max - min) / 10;
  const counts = new Array<number>(10).fill(0);
  const place = (value: number) => Math.min(9, Math.max(0, Math.floor((value - min) / width)));
  for (const { low, high, count } of cells) {
    const [first, last] = [place(low), place(high)];
    for (let index = first; index <= last; index++) {
      const [from, to] = [
        Math.max(low, min + index * width),
        index === 9 ? high : Math.min(high, min + (index + 1) * width),
      ];
      counts[index] =
        (counts[index] as number) + (first === last ? count : (count * (to - from)) / (high - low));
    }
  }
  return counts.map((count, index) => ({
    low: min + index * width,
    high: index === 9 ? max : min + (index + 1) * width,
    count,
  }));
}

/** Both sides on the edges of both, mass spread evenly over each bin, as TFDV aligns them; points stay points. */
function aligned(a: Histogram, b: Histogram): [number[], number[]] {
  const wide = [...a.bins, ...b.bins].filter(({ low, high }) => low < high);
  const points = [
    ...new Set([...a.bins, ...b.bins].filter(({ low, high }) => low === high).map(({ low }) => low)),
  ];
  const edges = [...new Set(wide.flatMap(({ low, high }) => [low, high]))].sort((x, y) => x - y);
  const side = ({ bins, apart }: Histogram) => [
    ...edges.slice(1).map((edge, index) => mass(bins, edges[index] as number, edge)),
    ...points.map((point) =>
      sum(bins.filter(({ low, high }) => low === high && low === point).map(({ count }) => count)),
    ),
    ...apart,
  ];
  return [side(a), side(b)];
}

function mass(bins: readonly Bin[], from: number, to: number): number {
  let found = 0;
  for (const { low, high, count } of bins)
    if (low < high && low <= from && to <= high) found += (count * (to - from)) / (high - low);
  return found;
}
