import { bucketLow } from '../../profile/accumulators/buckets.ts';
import { sum } from '../../profile/model/distances.ts';
import type { Bucket, FeatureProfile, NumericStats, ValueCounts } from '../../profile/model/model.ts';

/**
 * Both sides' counts over one ordered set of cells. Cell i holds values from low[i] to high[i]; the two are equal if the
 * cell is one value.
 */
export interface Axis {
  readonly low: number[];
  readonly high: number[];
  readonly before: number[];
  readonly after: number[];
}

/** Both sides' counts over one set of values. The label `null` stands for all values that neither side lists. */
export interface Categories {
  readonly labels: (string | null)[];
  readonly before: number[];
  readonly after: number[];
  /** The most by which the share of one value can be off, since a long tail is counted with a bound only. */
  readonly uncertainty: number;
  /** The share of observations that are of no listed value, as the mean of both sides. */
  readonly unlisted: number;
}

/** Ascending cells of one side. Numbers side by side: a report of many features goes through a million cells. */
export class AxisCells {
  readonly low: number[] = [];
  readonly high: number[] = [];
  readonly count: number[] = [];

  push(low: number, high: number, count: number): void {
    this.low.push(low);
    this.high.push(high);
    this.count.push(count);
  }
}

/**
 * Puts two numeric features on one axis: by their values if both sides list all of theirs, else by the buckets that all
 * profiles share. Leaves out not-a-number and infinities.
 */
export function numericAxis(before: FeatureProfile, after: FeatureProfile): Axis {
  if (before.values.exact && after.values.exact)
    return mergeCells(pointCells(before.values), pointCells(after.values));
  const whole = before.type === 'integer' && after.type === 'integer';
  return mergeCells(bucketCells(before.numeric, whole), bucketCells(after.numeric, whole));
}

function pointCells(values: ValueCounts): AxisCells {
  const numbers: [value: number, count: number][] = [];
  for (const [text, count] of values.values) {
    const value = Number(text);
    if (Number.isFinite(value)) numbers.push([value, count]);
  }
  const cells = new AxisCells();
  for (const [value, count] of numbers.sort((a, b) => a[0] - b[0])) cells.push(value, value, count);
  return cells;
}

function bucketCells(numeric: NumericStats | undefined, whole: boolean): AxisCells {
  const cells = new AxisCells();
  if (numeric === undefined) return cells;
  const { negative, zeros, positive } = numeric;
  for (let i = negative.length - 1; i >= 0; i--) {
    const [index, count] = negative[i]!;
    cells.push(-bucketEnd(index, whole), -bucketStart(index, whole), count);
  }
  if (zeros > 0) cells.push(0, 0, zeros);
  pushBuckets(cells, positive, whole);
  return cells;
}

function pushBuckets(cells: AxisCells, buckets: readonly Bucket[], whole: boolean): void {
  for (const [index, count] of buckets) {
    cells.push(bucketStart(index, whole), bucketEnd(index, whole), count);
  }
}

function bucketStart(index: number, whole: boolean): number {
  const low = bucketLow(index);
  return whole ? Math.ceil(low) : low;
}

/** The bucket's upper edge; for whole numbers, the greatest one in the bucket. */
function bucketEnd(index: number, whole: boolean): number {
  const high = Math.min(bucketLow(index + 1), Number.MAX_VALUE);
  return whole ? Math.max(Math.ceil(bucketLow(index)), Math.ceil(high) - 1) : high;
}

/** The axis of lengths: bytes, code points or elements. */
export function lengthAxis(
  before: { readonly zeros: number; readonly buckets: readonly Bucket[] },
  after: { readonly zeros: number; readonly buckets: readonly Bucket[] },
): Axis {
  const cellsOf = (side: typeof before): AxisCells => {
    const cells = new AxisCells();
    if (side.zeros > 0) cells.push(0, 0, side.zeros);
    pushBuckets(cells, side.buckets, true);
    return cells;
  };
  return mergeCells(cellsOf(before), cellsOf(after));
}

/** Puts two ascending lists of cells of one grid on one axis. */
export function mergeCells(a: AxisCells, b: AxisCells): Axis {
  const axis: Axis = { low: [], high: [], before: [], after: [] };
  let i = 0;
  let j = 0;
  while (i < a.low.length || j < b.low.length) {
    const lowA = a.low[i] ?? Number.POSITIVE_INFINITY;
    const lowB = b.low[j] ?? Number.POSITIVE_INFINITY;
    const takeA = lowA <= lowB;
    axis.low.push(takeA ? lowA : lowB);
    axis.high.push(takeA ? a.high[i]! : b.high[j]!);
    axis.before.push(takeA ? a.count[i++]! : 0);
    axis.after.push(lowB <= lowA ? b.count[j++]! : 0);
  }
  return axis;
}

/** The middle of each cell. */
export function middles(axis: Axis): number[] {
  return axis.low.map((low, i) => low / 2 + axis.high[i]! / 2);
}

/**
 * Groups the cells into at most `maxBins` bins of about equal `weight`; a cell is never cut, so a heavy value has its own.
 * Returns the index of each bin's last cell.
 */
export function equalBins(weight: ArrayLike<number>, maxBins: number): number[] {
  const total = sum(weight);
  const ends: number[] = [];
  let reached = 0;
  let bins = 0;
  for (let i = 0; i < weight.length; i++) {
    reached += weight[i]!;
    if (reached < ((bins + 1) * total) / maxBins && i + 1 < weight.length) continue;
    ends.push(i);
    bins = Math.floor((reached * maxBins) / total + 1e-9);
  }
  return ends;
}

/** The counts of bins that end at the cells `ends`. */
export function binned(counts: ArrayLike<number>, ends: readonly number[]): number[] {
  let from = 0;
  return ends.map((end) => {
    let total = 0;
    for (; from <= end; from++) total += counts[from]!;
    return total;
  });
}

/**
 * The values of both sides with their counts. A value that one side does not list may occur there up to `bound` times:
 * it is taken to be as frequent as on the other side as far as the bound allows, so that no change is made up.
 */
export function categories(before: FeatureProfile, after: FeatureProfile): Categories {
  const totals = { before: valueTotal(before), after: valueTotal(after) };
  const counts = new Map<string, { before: number; after: number }>();
  for (const [value, count] of before.values.values) counts.set(value, { before: count, after: -1 });
  for (const [value, count] of after.values.values) {
    const known = counts.get(value);
    if (known) known.after = count;
    else counts.set(value, { before: -1, after: count });
  }
  const listed: Categories = {
    labels: [...counts.keys()],
    before: [],
    after: [],
    uncertainty: Math.max(boundShare(before), boundShare(after)),
    unlisted: (unlistedShare(before) + unlistedShare(after)) / 2,
  };
  const scale = totals.before > 0 ? totals.after / totals.before : 0;
  for (const pair of counts.values()) {
    listed.before.push(
      pair.before >= 0 ? pair.before : assumedCount(before.values, scale > 0 ? pair.after / scale : 0),
    );
    listed.after.push(pair.after >= 0 ? pair.after : assumedCount(after.values, pair.before * scale));
  }
  return withUnlisted(listed, totals, before.values.exact && after.values.exact);
}

/** Values that are counted: elements that are not null, or rows. */
export function valueTotal(feature: FeatureProfile): number {
  return feature.count - feature.nullElements;
}

function boundShare(feature: FeatureProfile): number {
  const total = valueTotal(feature);
  return total > 0 ? feature.values.bound / total : 0;
}

function unlistedShare(feature: FeatureProfile): number {
  const total = valueTotal(feature);
  if (feature.values.exact || total === 0) return 0;
  return 1 - feature.values.values.reduce((all, [, count]) => all + count, 0) / total;
}

/**
 * Assumes a count for a value that a side does not list: `unchanged`, the count if nothing had changed, up to the bound.
 */
function assumedCount(values: ValueCounts, unchanged: number): number {
  return values.exact ? 0 : Math.min(values.bound, unchanged);
}

function withUnlisted(
  listed: Categories,
  totals: { before: number; after: number },
  exact: boolean,
): Categories {
  if (exact) return listed;
  return {
    ...listed,
    labels: [...listed.labels, null],
    before: [...listed.before, Math.max(0, totals.before - sum(listed.before))],
    after: [...listed.after, Math.max(0, totals.after - sum(listed.after))],
  };
}
