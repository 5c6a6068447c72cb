import { overlap } from '../../profile/hashing/sketch.ts';
import { distinctValues } from '../../profile/model/distinct-values.ts';
import type { FeatureProfile, FeatureType } from '../../profile/model/model.ts';
import { grouped, percent } from '../../wording/numbers.ts';
import { valueTotal } from '../distributions/axis.ts';
import { expectedShareChange, type Sizes, shareChangeP } from '../measures/sampling.ts';
import { normalTails } from '../measures/tails.ts';
import type { MeasureName } from '../model.ts';
import { type FeaturePair, independentObservations, type MeasuredChange } from './finding.ts';
import { roseOrFell } from './phrases.ts';

/** Measures what changed in the counts that every feature has: nulls, distinct values, type, keys in common. */
export function countFindings(pair: FeaturePair): MeasuredChange[] {
  const { before, after, rows } = pair;
  const notFinite = (side: FeatureProfile): number =>
    side.numeric ? side.numeric.nan + side.numeric.positiveInfinity + side.numeric.negativeInfinity : 0;
  const elements = independentObservations(pair, before.count, after.count);
  const values = independentObservations(pair, valueTotal(before), valueTotal(after));
  return [
    ...shareFinding('null-share', 'nulls', before.nulls / rows.before, after.nulls / rows.after, rows),
    ...(before.valency && after.valency
      ? shareFinding(
          'null-element-share',
          'null elements',
          before.nullElements / before.count,
          after.nullElements / after.count,
          elements,
        )
      : []),
    ...(notFinite(before) + notFinite(after) > 0
      ? shareFinding(
          'non-finite-share',
          'values that are not a number or infinite',
          notFinite(before) / valueTotal(before),
          notFinite(after) / valueTotal(after),
          values,
        )
      : []),
    ...typeFinding(before, after),
    ...distinctFindings(pair),
  ];
}

function shareFinding(
  name: MeasureName,
  what: string,
  before: number,
  after: number,
  sizes: Sizes,
): MeasuredChange[] {
  if (sizes.before === 0 || sizes.after === 0) return [];
  const pooled = (before * sizes.before + after * sizes.after) / (sizes.before + sizes.after);
  return [
    {
      name,
      value: Math.abs(after - before),
      expected: expectedShareChange(pooled, sizes),
      errorBound: 0,
      test: { of: name, pValue: shareChangeP(before * sizes.before, after * sizes.after, sizes) },
      reason: () => `share of ${what} ${roseOrFell(before, after, percent)}`,
    },
  ];
}

/** Groups of types whose values the others of the group can hold too. */
const RELATED_TYPES: readonly (readonly FeatureType[])[] = [
  ['integer', 'decimal', 'float'],
  ['date', 'timestamp'],
];

function typeFinding(before: FeatureProfile, after: FeatureProfile): MeasuredChange[] {
  if (before.type === after.type || before.type === 'unknown' || after.type === 'unknown') return [];
  const related = RELATED_TYPES.some((types) => types.includes(before.type) && types.includes(after.type));
  return [
    {
      name: 'type',
      value: related ? 0.5 : 1,
      test: { of: 'type', pValue: 0 },
      reason: () =>
        `type changed from ${before.type} (${before.engineType}) to ${after.type} (${after.engineType})`,
    },
  ];
}

/** Distinct values of a feature with the standard error of their logarithm. */
interface DistinctError {
  readonly count: number;
  readonly error: number;
}

function distinctError(feature: FeatureProfile): DistinctError {
  const { count, exact } = distinctValues(feature);
  return { count, error: exact ? 0 : 1 / Math.sqrt(feature.distinct.k) };
}

/**
 * Measures how far the number of distinct values leaves the band that is expected: more rows of one population hold more
 * distinct values, but at most in proportion to the rows. The value is the relative distance to the band, as a logarithm.
 */
function distinctFindings({ before, after, namesRows }: FeaturePair): MeasuredChange[] {
  const a = distinctError(before);
  const b = distinctError(after);
  if (a.count === 0 || b.count === 0) return [];
  const growth = valueTotal(after) / valueTotal(before);
  const nearest = Math.min(Math.max(b.count, a.count * Math.min(1, growth)), a.count * Math.max(1, growth));
  const value = Math.abs(Math.log(b.count / nearest));
  const sketches = Math.hypot(a.error, b.error);
  const error = Math.hypot(sketches, Math.sqrt(1 / a.count + 1 / b.count));
  return [
    {
      name: 'distinct-count',
      value,
      expected: 1.96 * error,
      errorBound: 2 * sketches,
      test: { of: 'distinct-count', pValue: normalTails(value / error) },
      reason: () =>
        `distinct values ${a.count <= b.count ? 'rose' : 'fell'} from ${shown(a)} to ${shown(b)}, in ${grouped(valueTotal(before))} and ${grouped(valueTotal(after))} values`,
    },
    ...(namesRows || (isKey(before, a) && isKey(after, b)) ? [keyFinding(before, after)] : []),
  ];
}

function shown({ count, error }: DistinctError): string {
  return `${error > 0 ? '≈' : ''}${grouped(count)}`;
}

/** Tells whether nearly every value occurs once, as in a key: within three standard errors of the sketch. */
function isKey(feature: FeatureProfile, { count, error }: DistinctError): boolean {
  if (!['integer', 'string', 'bytes'].includes(feature.type) || valueTotal(feature) < 20) return false;
  return count >= valueTotal(feature) * (0.99 - 3 * error);
}

function keyFinding(before: FeatureProfile, after: FeatureProfile): MeasuredChange {
  const { shared, b, seen, exact } = overlap(before.distinct, after.distinct);
  const value = b > 0 ? shared / b : 0;
  const rows = { before: valueTotal(before), after: valueTotal(after) };
  return {
    name: 'key-overlap',
    value,
    errorBound: exact ? 0 : unseenShare(value, seen),
    test: { of: 'key-overlap', pValue: 0 },
    reason: () =>
      `${percent(value)} of the keys of ${grouped(rows.after)} rows occur among the ${grouped(rows.before)} of the other side too`,
  };
}

/** Two standard errors of a share that `seen` draws show, and three draws, since none of many draws rules out few. */
function unseenShare(share: number, seen: number): number {
  return seen === 0 ? 1 : Math.min(1, 2 * Math.sqrt((share * (1 - share)) / seen) + 3 / seen);
}
