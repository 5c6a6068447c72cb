import { quantilesOf } from '../drift/distributions/quantiles.ts';
import { meanAndVariance } from '../profile/accumulators/moments.ts';
import { distinctCount } from '../profile/hashing/sketch.ts';
import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, LengthStats, TableProfile, TimeStats } from '../profile/model/model.ts';
import { brief } from '../wording/neutral.ts';
import { numericText, valueWriter } from '../wording/numbers.ts';

/**
 * The facts that a report states about one feature, taken from its counters; numbers as numbers, extremes as text for
 * people.
 */
export interface Facts {
  /** The path as people write it: `trips.[].fare`. Raw: neutralise before showing. */
  readonly feature: string;
  readonly type: string;
  /** Rows without the feature, as a share of all rows; 0 if there are no rows. */
  readonly missing: number;
  readonly distinct: number;
  /** Null if the type has none. */
  readonly min: string | null;
  readonly max: string | null;
  /** Shortest and longest string, in code points, or byte array. */
  readonly length: readonly [number, number] | null;
  readonly mean: number | null;
  /** Population standard deviation. */
  readonly deviation: number | null;
  /** The first quartile, the median and the third, each within 0.8 % of its value. */
  readonly quartiles: readonly [number, number, number] | null;
  /** Writes a value of the feature: a year as `2013`, any other number as `2,013`. */
  readonly write: (value: number) => string;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  /** Least and most elements of a list that is there. */
  readonly listLength: readonly [number, number] | null;
  /** Of dates and timestamps, the most days in a row without a value between the first and the last; 0 of all else. */
  readonly longestGap: number;
  /** Of all values that are there; the first ten listed. */
  readonly top: readonly { readonly value: string; readonly share: number }[];
}

/** O(values + buckets listed). */
export function factsOf(feature: FeatureProfile, table: TableProfile): Facts {
  const values = feature.count - feature.nullElements;
  const moments = momentsOf(feature, values);
  const { min = null, max = null } = feature.numeric ?? {};
  const write = valueWriter(Number(min), Number(max));
  return {
    feature: featureName(feature.path),
    type: feature.type,
    missing: table.rows > 0 ? feature.nulls / table.rows : 0,
    distinct: feature.values.exact ? feature.values.values.length : distinctCount(feature.distinct),
    ...extremes(feature, write),
    write,
    length: rangeOf(feature.lengths),
    listLength: rangeOf(feature.valency),
    zeros: feature.numeric?.zeros ?? 0,
    nan: feature.numeric?.nan ?? 0,
    infinite: (feature.numeric?.positiveInfinity ?? 0) + (feature.numeric?.negativeInfinity ?? 0),
    mean: moments?.mean ?? null,
    deviation: moments === null ? null : Math.sqrt(moments.variance),
    quartiles: quartilesOf(feature),
    longestGap: longestGap(feature.time),
    top: feature.values.values.slice(0, 10).map(([value, count]) => ({ value, share: count / values })),
  };
}

function momentsOf({ numeric }: FeatureProfile, values: number): { mean: number; variance: number } | null {
  if (numeric === undefined) return null;
  const finite = values - numeric.nan - numeric.positiveInfinity - numeric.negativeInfinity;
  return meanAndVariance(numeric.moments, finite);
}

function extremes(
  { numeric, time }: FeatureProfile,
  write: Facts['write'],
): { min: string | null; max: string | null } {
  if (numeric !== undefined) {
    const isShort = (text: string): boolean => Math.abs(Number(text)) < 1e5;
    return both(numeric.min, numeric.max, (text) =>
      isShort(text) && /^-?\d+$/.test(text) ? write(Number(text)) : numericText(text),
    );
  }
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

function longestGap(time: TimeStats | undefined): number {
  const { days = [], dayWidth = 1 } = time ?? {};
  const gaps = days.slice(1).map(([day], index) => (day - days[index]![0] - 1) * dayWidth);
  return gaps.reduce((most, gap) => Math.max(most, gap), 0);
}

function rangeOf(lengths: LengthStats | undefined): [number, number] | null {
  return lengths === undefined || lengths.count === 0 ? null : [lengths.min, lengths.max];
}

function quartilesOf(feature: FeatureProfile): Facts['quartiles'] {
  const found = feature.numeric === undefined ? undefined : quantilesOf(feature, [0.25, 0.5, 0.75]);
  return found === undefined ? null : (found as [number, number, number]);
}
