import { meanAndVariance } from '../../profile/accumulators/moments.ts';
import { shares, sum } from '../../profile/model/distances.ts';
import type { FeatureProfile } from '../../profile/model/model.ts';
import { percent, quantity } from '../../wording/numbers.ts';
import { type Axis, binned, equalBins, middles } from '../distributions/axis.ts';
import { cellFindings, stability } from '../distributions/cells.ts';
import { kolmogorovSmirnov, kolmogorovSmirnovBound, wasserstein } from '../measures/measures.ts';
import {
  expectedKolmogorovSmirnov,
  kolmogorovSmirnovP,
  meanShiftP,
  noise,
  type Sizes,
} from '../measures/sampling.ts';
import { largestShareChange } from './categories.ts';
import { type FeaturePair, independentObservations, type MeasuredChange } from './finding.ts';
import { roseOrFell } from './phrases.ts';
import { rareShareChange } from './rare-values.ts';

/** Integers of no more values than this are compared value by value as well, since they may be codes. */
const MAX_CODES = 40;
const POOLED_BINS = 20;
const STABILITY_BINS = 10;

interface NumericPair {
  readonly axis: Axis;
  readonly p: number[];
  readonly q: number[];
  readonly sizes: Sizes;
  readonly moments: { readonly before: Moments; readonly after: Moments };
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Measures what changed in the finite values of a numeric feature. */
export function numericFindings(pair: FeaturePair): MeasuredChange[] {
  const numbers = numericPair(pair);
  if (numbers === null) return [];
  const { axis, sizes } = numbers;
  return [
    cumulativeShareChange('kolmogorov-smirnov', axis, sizes, quantity),
    ...meanFindings(numbers),
    ...(isCode(pair, axis) ? codeFindings(pair, numbers) : binFindings(axis, sizes)),
    ...outOfRange(pair, numbers),
  ];
}

function numericPair(pair: FeaturePair): NumericPair | null {
  const { axis } = pair;
  const before = momentsOf(pair.before);
  const after = momentsOf(pair.after);
  const sizes = independentObservations(pair, sum(axis.before), sum(axis.after));
  if (before === null || after === null || sizes.before === 0 || sizes.after === 0) return null;
  return { axis, p: shares(axis.before), q: shares(axis.after), sizes, moments: { before, after } };
}

function momentsOf(feature: FeatureProfile): Moments | null {
  const numeric = feature.numeric;
  if (numeric === undefined) return null;
  const notFinite = numeric.nan + numeric.positiveInfinity + numeric.negativeInfinity;
  return meanAndVariance(numeric.moments, feature.count - feature.nullElements - notFinite);
}

function isCode(pair: FeaturePair, axis: Axis): boolean {
  const exact = pair.before.values.exact && pair.after.values.exact;
  return (
    exact && axis.low.length <= MAX_CODES && pair.before.type === 'integer' && pair.after.type === 'integer'
  );
}

function codeFindings(pair: FeaturePair, { axis, p, q, sizes }: NumericPair): MeasuredChange[] {
  return [
    ...largestShareChange(pair.categories, sizes),
    ...rareShareChange(pair, sizes),
    ...cellFindings(p, q, sizes, { unlisted: 0, describe: (i) => quantity(axis.low[i]!) }),
  ];
}

/**
 * The Kolmogorov-Smirnov statistic of two sides on an axis; its sentence names the cell up to which the cumulative shares
 * differ most.
 * @param show prints a value of the axis
 */
export function cumulativeShareChange(
  name: 'kolmogorov-smirnov' | 'length' | 'valency',
  axis: Axis,
  sizes: Sizes,
  show: (value: number) => string,
): MeasuredChange {
  const p = shares(axis.before);
  const q = shares(axis.after);
  const { value, at } = kolmogorovSmirnov(p, q);
  const isRange = axis.low.map((low, i) => low !== axis.high[i]);
  const upTo = (side: readonly number[]): number => sum(side.slice(0, at + 1));
  const what = name === 'kolmogorov-smirnov' ? 'values' : name === 'length' ? 'lengths' : 'list lengths';
  return {
    name,
    value,
    expected: expectedKolmogorovSmirnov(sizes),
    errorBound: kolmogorovSmirnovBound(p, q, isRange),
    test: { of: name, pValue: kolmogorovSmirnovP(value, sizes) },
    reason: () => `share of ${what} up to ${show(axis.high[at]!)} ${roseOrFell(upTo(p), upTo(q), percent)}`,
  };
}

function meanFindings({ axis, p, q, sizes, moments }: NumericPair): MeasuredChange[] {
  const { before, after } = moments;
  const deviation = Math.sqrt((before.variance + after.variance) / 2);
  // The squares of numbers beyond 1e154 are infinite: no figure can be told in deviations.
  if (deviation === 0 || !Number.isFinite(deviation)) return [];
  const difference = after.mean - before.mean;
  const unit = Math.sqrt(before.variance) || deviation;
  const points = middles(axis);
  const variances = { before: before.variance, after: after.variance };
  const test = { of: 'mean-shift', pValue: meanShiftP(difference, variances, sizes) };
  const shift = Math.abs(difference) / deviation;
  const distance = wasserstein(points, p, q) / unit;
  return [
    {
      name: 'mean-shift',
      value: shift,
      expected: 1.96 * Math.sqrt(noise(sizes)),
      errorBound: 0,
      ...(normalEnough(axis, sizes) ? { test } : {}),
      reason: () =>
        `mean ${difference > 0 ? 'rose' : 'fell'} by ${quantity(round2(shift))} standard deviations (${quantity(before.mean)} → ${quantity(after.mean)})`,
    },
    {
      name: 'wasserstein',
      value: distance,
      expected: expectedWasserstein(points, p, q, sizes) / unit,
      errorBound: displacement(axis, p, q) / unit,
      test: { of: 'kolmogorov-smirnov', pValue: kolmogorovSmirnovP(kolmogorovSmirnov(p, q).value, sizes) },
      reason: () => `values moved by ${quantity(round2(distance))} standard deviations on average`,
    },
  ];
}

function round2(value: number): number {
  return Number(value.toPrecision(2));
}

/**
 * Tells whether the mean of so skewed values is near enough to normal to be tested: the smaller side has more than 25·G₁²
 * observations. Source: Cochran, Sampling Techniques, 3rd ed. (1977), 2.15.
 */
function normalEnough(axis: Axis, sizes: Sizes): boolean {
  const points = middles(axis);
  const pooled = shares(axis.before.map((count, i) => count + axis.after[i]!));
  let mean = 0;
  for (let i = 0; i < points.length; i++) mean += pooled[i]! * points[i]!;
  let second = 0;
  let third = 0;
  for (let i = 0; i < points.length; i++) {
    const square = pooled[i]! * (points[i]! - mean) ** 2;
    second += square;
    third += square * (points[i]! - mean);
  }
  const skewness = third / second ** 1.5;
  return Math.min(sizes.before, sizes.after) > 25 * skewness * skewness;
}

/** The 95th percentile, from above: as if the two distribution functions differed by 1.96 standard errors everywhere. */
function expectedWasserstein(
  points: readonly number[],
  p: readonly number[],
  q: readonly number[],
  sizes: Sizes,
): number {
  const whole = sizes.before + sizes.after;
  let below = 0;
  let total = 0;
  for (let i = 0; i + 1 < points.length; i++) {
    below += (p[i]! * sizes.before + q[i]! * sizes.after) / whole;
    total += Math.sqrt(Math.max(0, below * (1 - below))) * (points[i + 1]! - points[i]!);
  }
  return 1.96 * Math.sqrt(noise(sizes)) * total;
}

/** Bounds how far values can be from the middle of their cell, on average, on both sides together. */
function displacement(axis: Axis, p: readonly number[], q: readonly number[]): number {
  return axis.low.reduce((total, low, i) => total + ((p[i]! + q[i]!) * (axis.high[i]! - low)) / 2, 0);
}

/** Jensen-Shannon and its kin over bins of equal pooled weight, and the stability index over the deciles of before. */
function binFindings(axis: Axis, sizes: Sizes): MeasuredChange[] {
  const pooled = axis.before.map((count, i) => count + axis.after[i]!);
  const ends = equalBins(pooled, POOLED_BINS);
  const over = (counts: readonly number[], at: readonly number[]): number[] => shares(binned(counts, at));
  const describe = (bin: number): string =>
    `values ${quantity(axis.low[bin === 0 ? 0 : ends[bin - 1]! + 1]!)} to ${quantity(axis.high[ends[bin]!]!)}`;
  const findings = cellFindings(over(axis.before, ends), over(axis.after, ends), sizes, {
    unlisted: 0,
    describe,
  });
  const deciles = equalBins(axis.before, STABILITY_BINS);
  return findings.map((finding) =>
    finding.name === 'psi' && finding.test
      ? stability(over(axis.before, deciles), over(axis.after, deciles), sizes, {
          ...finding,
          test: finding.test,
        })
      : finding,
  );
}

/**
 * The share of after's values beyond all of before's, and how far the farthest is beyond, in standard deviations of before:
 * what chance puts beyond lies near. A cell that before reaches counts as within.
 */
function outOfRange(pair: FeaturePair, { axis, p, q, sizes, moments }: NumericPair): MeasuredChange[] {
  const first = p.findIndex((share) => share > 0);
  const last = p.findLastIndex((share) => share > 0);
  const under = sum(q.slice(0, first));
  const over = sum(q.slice(last + 1));
  const share = sizes.after / (sizes.before + sizes.after);
  const pValue = Math.min(1, 2 * share ** Math.round(Math.max(under, over) * sizes.after));
  const test = { of: 'out-of-range-share', pValue };
  const distance = distanceBeyond(pair, moments.before, over >= under);
  const reason = () => rangeSentence(pair, under, over, distance);
  return [
    {
      name: 'out-of-range-share',
      value: under + over,
      expected: (expectedBeyond(share) * 2) / sizes.after,
      errorBound: edgeShare(axis, q, first) + (last === first ? 0 : edgeShare(axis, q, last)),
      test,
      reason,
    },
    ...(distance === undefined
      ? []
      : [{ name: 'out-of-range-distance' as const, value: distance, test, reason }]),
  ];
}

/** How far after reaches beyond the end of before that it passes, in standard deviations of before; undefined without any. */
function distanceBeyond(
  { before, after }: FeaturePair,
  { variance }: Moments,
  isAbove: boolean,
): number | undefined {
  const end = isAbove ? 'max' : 'min';
  const [was, now] = [Number(before.numeric?.[end]), Number(after.numeric?.[end])];
  const distance = Math.max(0, isAbove ? now - was : was - now) / Math.sqrt(variance);
  return Number.isFinite(distance) ? distance : undefined;
}

function rangeSentence(
  { before, after }: FeaturePair,
  under: number,
  over: number,
  distance: number | undefined,
): string {
  const edge = (text: string | null | undefined): string => quantity(Number(text));
  const spreads =
    distance === undefined || distance < 1
      ? ''
      : `, ${quantity(Number(distance.toPrecision(2)))} standard deviations beyond`;
  return over >= under
    ? `${percent(over)} of values exceed ${edge(before.numeric?.max)}, the most before; now up to ${edge(after.numeric?.max)}${spreads}`
    : `${percent(under)} of values are below ${edge(before.numeric?.min)}, the least before; now down to ${edge(after.numeric?.min)}${spreads}`;
}

/** The 95th percentile of how many of the largest values are all on the side that has this share of all values. */
function expectedBeyond(share: number): number {
  return Math.log(0.05) / Math.log(share);
}

function edgeShare(axis: Axis, q: readonly number[], cell: number): number {
  return axis.low[cell] === axis.high[cell] ? 0 : q[cell]!;
}
