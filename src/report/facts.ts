import { numericAxis } from '../drift/axis.ts';
import type { FeatureProfile, TableProfile } from '../profile/model.ts';
import { meanAndVariance } from '../profile/moments.ts';
import { distinctCount } from '../profile/sketch.ts';
import { brief } from './neutral.ts';
import { numericText } from './numbers.ts';

/** What a report says of one feature, taken from its counters; numbers as numbers, extremes as text for people. */
export interface Facts {
  /** The path as people write it: `trips.[].fare`. Raw: neutralise before showing. */
  readonly feature: string;
  readonly type: string;
  /** Rows without the feature, as a share of all rows; 0 where there are no rows. */
  readonly missing: number;
  readonly distinct: number;
  /** Null where the type has none. */
  readonly min: string | null;
  readonly max: string | null;
  /** Shortest and longest string, in code points, or byte array. */
  readonly length: readonly [number, number] | null;
  readonly mean: number | null;
  /** Population standard deviation. */
  readonly deviation: number | null;
  readonly median: number | null;
  /** Of all values that are there; the first ten listed. */
  readonly top: readonly { readonly value: string; readonly share: number }[];
}

export function featurePath(feature: FeatureProfile): string {
  return feature.path.join('.');
}

/** O(values + buckets listed). */
export function factsOf(feature: FeatureProfile, table: TableProfile): Facts {
  const values = feature.count - feature.nullElements;
  const moments = momentsOf(feature, values);
  return {
    feature: featurePath(feature),
    type: feature.type,
    missing: table.rows > 0 ? feature.nulls / table.rows : 0,
    distinct: feature.values.exact ? feature.values.values.length : distinctCount(feature.distinct),
    ...extremes(feature),
    length:
      feature.lengths === undefined || feature.lengths.count === 0
        ? null
        : [feature.lengths.min, feature.lengths.max],
    mean: moments?.mean ?? null,
    deviation: moments === null ? null : Math.sqrt(moments.variance),
    median: feature.numeric === undefined ? null : quantile(feature, 0.5),
    top: feature.values.values.slice(0, 10).map(([value, count]) => ({ value, share: count / values })),
  };
}

function momentsOf({ numeric }: FeatureProfile, values: number): { mean: number; variance: number } | null {
  if (numeric === undefined) return null;
  const finite = values - numeric.nan - numeric.positiveInfinity - numeric.negativeInfinity;
  return meanAndVariance(numeric.moments, finite);
}

function extremes({ numeric, time }: FeatureProfile): { min: string | null; max: string | null } {
  if (numeric !== undefined) return both(numeric.min, numeric.max, numericText);
  if (time !== undefined) return both(time.min, time.max, clock);
  return { min: null, max: null };
}

function both(min: string | null, max: string | null, show: (text: string) => string) {
  return { min: min === null ? null : show(min), max: max === null ? null : show(max) };
}

/** `2013-01-01T05:00:00.000000Z` → `2013-01-01 05:00`. */
function clock(text: string): string {
  return brief(
    text
      .replace('T', ' ')
      .replace(/\.0+(?=Z|$)/, '')
      .replace(/(:\d\d):00(?=Z|$)/, '$1')
      .replace(/Z$/, ''),
    40,
  );
}

/** The value that this share of finite values is at or below, within half a bucket (0.8 %). Null where there is none. */
function quantile(feature: FeatureProfile, share: number): number | null {
  const axis = numericAxis(feature, feature);
  const total = axis.before.reduce((sum, one) => sum + one, 0);
  let reached = 0;
  for (const [cell, count] of axis.before.entries()) {
    reached += count;
    if (reached >= share * total) return (axis.low[cell]! + axis.high[cell]!) / 2;
  }
  return null;
}
