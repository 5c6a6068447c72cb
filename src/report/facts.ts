import { quantilesOf } from '../drift/distributions/quantiles.ts';
import { meanAndVariance } from '../profile/accumulators/moments.ts';
import { distinctValues } from '../profile/model/distinct-values.ts';
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
  /** Whether `distinct` is counted or proven, and no estimate. */
  readonly isDistinctExact: boolean;
  /** Null if the type has none. Of numbers that are infinite, as pandas, pyarrow and DuckDB have it; all else is of the finite ones. */
  readonly min: string | null;
  readonly max: string | null;
  /** Shortest and longest string, in code points, or byte array. */
  readonly length: readonly [number, number] | null;
  readonly mean: number | null;
  /** Population standard deviation. */
  readonly deviation: number | null;
  /** The first quartile, the median and the third, each within 0.8 % of its value and within the range of values. */
  readonly quartiles: readonly [number, number, number] | null;
  /** Whether the quartiles are values that were counted, and no estimates. */
  readonly areQuartilesExact: boolean;
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
  const distinct = distinctValues(feature);
  const { min = null, max = null } = feature.numeric ?? {};
  const write = valueWriter(Number(min), Number(max));
  return {
    feature: featureName(feature.path),
    type: feature.type,
    missing: table.rows > 0 ? feature.nulls / table.rows : 0,
    distinct: distinct.count,
    isDistinctExact: distinct.exact,
    ...extremes(feature, write),
    write,
    length: rangeOf(feature.lengths),
    listLength: rangeOf(feature.valency),
    zeros: feature.numeric?.zeros ?? 0,
    nan: feature.numeric?.nan ?? 0,
    infinite: (feature.numeric?.positiveInfinity ?? 0) + (feature.numeric?.negativeInfinity ?? 0),
    mean: moments === null ? null : withinRange(feature, moments.mean),
    deviation: moments?.deviation ?? null,
    quartiles: quartilesOf(feature),
    areQuartilesExact: feature.values.exact,
    longestGap: longestGap(feature.time),
    top: feature.values.values.slice(0, 10).map(([value, count]) => ({ value, share: count / values })),
  };
}

function momentsOf({ numeric }: FeatureProfile, values: number): ReturnType<typeof meanAndVariance> {
  if (numeric === undefined) return null;
  const finite = values - numeric.nan - numeric.positiveInfinity - numeric.negativeInfinity;
  return meanAndVariance(numeric.moments, finite);
}

function extremes(
  { numeric, time }: FeatureProfile,
  write: Facts['write'],
): { min: string | null; max: string | null } {
  if (numeric !== undefined) {
    const { negativeInfinity, positiveInfinity } = numeric;
    const isShort = (text: string): boolean => Math.abs(Number(text)) < 1e5;
    const { min, max } = both(numeric.min, numeric.max, (text) =>
      isShort(text) && /^-?\d+$/.test(text) ? write(Number(text)) : numericText(text),
    );
    const [least, greatest] = [negativeInfinity > 0 ? '-∞' : min, positiveInfinity > 0 ? '∞' : max];
    return { min: least ?? greatest, max: greatest ?? least };
  }
  if (time !== undefined) return both(time.min, time.max, clock);
  return { min: null, max: null };
}

function both(min: string | null, max: string | null, show: (text: string) => string) {
  return { min: min === null ? null : show(min), max: max === null ? null : show(max) };
}

/** `2013-01-01T05:00:00.000000Z` → `2013-01-01 05:00`. */
export function clock(text: string): string {
  return brief(
    text
      .replace('T', ' ')
      .replace(/\.0+(?=Z|$| )/, '')
      .replace(/(:\d\d):00(?=Z|$| )/, '$1')
      .replace(/Z(?=$| )/, ''),
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

/** The nearest number that does not contradict the least and the greatest value, which are exact. */
function withinRange({ numeric }: FeatureProfile, value: number): number {
  const least = numeric?.min ?? null;
  const greatest = numeric?.max ?? null;
  const raised = least === null ? value : Math.max(value, Number(least));
  return greatest === null ? raised : Math.min(raised, Number(greatest));
}

/** Finds the values that a quarter, half and three quarters of the finite values are at or below. Null if there is none. */
function quartilesOf(feature: FeatureProfile): Facts['quartiles'] {
  const found = feature.numeric === undefined ? undefined : quantilesOf(feature, [0.25, 0.5, 0.75]);
  if (found === undefined) return null;
  const [first, median, third] = found.map((value) => withinRange(feature, value)) as [
    number,
    number,
    number,
  ];
  return [first, median, third];
}
