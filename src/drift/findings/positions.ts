import { meanAndVariance } from '../../profile/accumulators/moments.ts';
import type { PositionStats } from '../../profile/model/model.ts';
import { percent, quantity } from '../../wording/numbers.ts';
import {
  boundedMeanShiftP,
  boundedMeansP,
  expectedMeanShift,
  expectedShareChange,
  type PooledValues,
  type Sizes,
  shareChangeP,
} from '../measures/sampling.ts';
import type { MeasureName } from '../model.ts';
import type { FeaturePair, MeasuredChange } from './finding.ts';
import { roseOrFell } from './phrases.ts';

/** What one measure saw at one position. */
interface PositionChange {
  readonly value: number;
  readonly expected: number;
  readonly pValue: number;
  /** Says what changed, the position being `where`. */
  readonly sentence: (where: string) => string;
}

/**
 * Measures what changed at single positions of lists that all have one length on both sides, such as embeddings: of each measure the largest
 * change, with its p-value corrected for the number of positions (Bonferroni).
 */
export function positionFindings({ before, after }: FeaturePair): MeasuredChange[] {
  const [old, now] = [before.positions, after.positions];
  if (old === undefined || now?.length !== old.length) return [];
  const pairs = old.map((stats, at): PositionPair => {
    const sides = { before: stats, after: now[at]! };
    // Of lists within lists, the rows are the independent observations.
    const rows = { before: before.present, after: after.present };
    const lists = { before: before.valency?.count ?? 0, after: after.valency?.count ?? 0 };
    return { ...sides, rows, lists, positions: old.length };
  });
  return [
    ...largestChange('position-mean-shift', pairs.map(meanChange)),
    ...largestChange('position-spread', pairs.map(spreadChange)),
    ...largestChange('position-missing-share', pairs.map(missingChange)),
  ];
}

/** One position on both sides. */
interface PositionPair {
  readonly before: PositionStats;
  readonly after: PositionStats;
  /** Rows that have lists, and lists. */
  readonly rows: Sizes;
  readonly lists: Sizes;
  /** Of a list. */
  readonly positions: number;
}

/** The largest change that chance does not explain, else the largest. */
function largestChange(
  name: MeasureName,
  changes: readonly (PositionChange | undefined)[],
): MeasuredChange[] {
  const positions = changes.length;
  const found = changes.flatMap((change, at) => (change === undefined ? [] : [{ ...change, at }]));
  const proven = found.filter(({ pValue }) => pValue * positions <= MAX_CHANCE);
  const ordered = (proven.length > 0 ? proven : found).sort((a, b) => b.value - a.value);
  const largest = ordered[0];
  if (largest === undefined) return [];
  const others = proven.filter(({ at }) => at !== largest.at).map(({ at }) => at);
  const reason = () =>
    `${largest.sentence(`position ${largest.at} of 0 to ${positions - 1}`)}${alsoAt(others)}`;
  const test = { of: name, pValue: Math.min(1, positions * largest.pValue) };
  return [{ name, value: largest.value, expected: largest.expected, errorBound: 0, test, reason }];
}

/** Positions up to this p-value, corrected, are named beside the one that changed most. */
const MAX_CHANCE = 0.001;

const MAX_NAMED = 5;

function alsoAt(positions: readonly number[]): string {
  if (positions.length === 0) return '';
  const named = positions.slice(0, MAX_NAMED).join(', ');
  const unnamed = positions.length - MAX_NAMED;
  return `; also at ${named}${unnamed > 0 ? ` and ${unnamed} more` : ''}`;
}

/** The finite values at a position, where both sides have some. */
interface Values {
  readonly before: Moments;
  readonly after: Moments;
  readonly pooled: PooledValues;
  readonly sizes: Sizes;
}

type Moments = NonNullable<ReturnType<typeof meanAndVariance>>;

function valuesOf({ before, after, rows }: PositionPair): Values | undefined {
  const [a, b] = [meanAndVariance(before.moments, before.count), meanAndVariance(after.moments, after.count)];
  if (a === null || b === null) return undefined;
  const share = after.count / (before.count + after.count);
  const mean = a.mean * (1 - share) + b.mean * share;
  const variance =
    a.variance * (1 - share) + b.variance * share + share * (1 - share) * (b.mean - a.mean) ** 2;
  const reach = Math.max(mean - Math.min(before.min!, after.min!), Math.max(before.max!, after.max!) - mean);
  // The squares of numbers beyond 1e154 are infinite: no figure can be told in deviations.
  if (!(variance > 0) || !Number.isFinite(variance)) return undefined;
  const sizes = { before: Math.min(before.count, rows.before), after: Math.min(after.count, rows.after) };
  return { before: a, after: b, pooled: { variance, reach }, sizes };
}

function meanChange(pair: PositionPair): PositionChange | undefined {
  const values = valuesOf(pair);
  if (values === undefined) return undefined;
  const { before, after, pooled, sizes } = values;
  const difference = after.mean - before.mean;
  const deviation = Math.sqrt((before.variance + after.variance) / 2) || Math.sqrt(pooled.variance);
  const value = Math.abs(difference) / deviation;
  return {
    value,
    expected: expectedMeanShift(sizes, pair.positions),
    pValue: boundedMeanShiftP(difference, pooled, sizes),
    sentence: (where) =>
      `mean at ${where} ${difference > 0 ? 'rose' : 'fell'} by ${quantity(Number(value.toPrecision(2)))} standard deviations (${quantity(before.mean)} → ${quantity(after.mean)})`,
  };
}

/**
 * How far apart the standard deviations are, in units of their mean: 0.4 is half as large again, 2 is a side that does not vary. What is
 * tested are the means of the squared distances from the pooled mean, which are at most the square of its reach.
 */
function spreadChange(pair: PositionPair): PositionChange | undefined {
  const values = valuesOf(pair);
  if (values === undefined) return undefined;
  const { before, after, pooled, sizes } = values;
  const sum = before.deviation + after.deviation;
  if (sum === 0) return undefined;
  const share = sizes.after / (sizes.before + sizes.after);
  const apart = (after.mean - before.mean) ** 2;
  const most = pooled.reach ** 2;
  return {
    value: (2 * Math.abs(after.deviation - before.deviation)) / sum,
    expected: expectedMeanShift(sizes, pair.positions) / Math.SQRT2,
    pValue: boundedMeansP(
      (before.variance + apart * share ** 2) / most,
      (after.variance + apart * (1 - share) ** 2) / most,
      sizes,
    ),
    sentence: (where) =>
      `standard deviation at ${where} ${roseOrFell(before.deviation, after.deviation, quantity)}`,
  };
}

function missingChange({ before, after, rows, lists, positions }: PositionPair): PositionChange | undefined {
  if (lists.before === 0 || lists.after === 0) return undefined;
  const sizes = { before: Math.min(lists.before, rows.before), after: Math.min(lists.after, rows.after) };
  const was = 1 - before.count / lists.before;
  const now = 1 - after.count / lists.after;
  const pooled = (was * sizes.before + now * sizes.after) / (sizes.before + sizes.after);
  return {
    value: Math.abs(now - was),
    expected: expectedShareChange(pooled, sizes, positions),
    pValue: shareChangeP(was * sizes.before, now * sizes.after, sizes),
    sentence: (where) => `share of lists without a number at ${where} ${roseOrFell(was, now, percent)}`,
  };
}
