import { distinctCount } from '../../profile/hashing/sketch.ts';
import { grouped, quantity } from '../../wording/numbers.ts';
import { type Bin, quantileOf } from '../distances.ts';
import { compareDecimals } from '../format/exact.ts';
import type { Range } from '../model.ts';
import { medianOf } from '../rules/median.ts';
import { repeats } from '../rules/uniqueness.ts';
import { isYear } from './domains.ts';
import {
  type Evidence,
  exactSpan,
  type Inferred,
  inferred,
  NOTHING,
  numericCells,
  together,
} from './evidence.ts';
import { expectedBeyond, expectedIfGoingOn, mirrored, reachOf, upperTail } from './tails.ts';

/** The number of values from which their range is taken for a rule. */
export const MIN_VALUES = 30;

/** The number of values from which none being NaN or infinite is taken for a rule. */
const MIN_FINITE = 100;

/** How many values beyond an end another sample of the same size is expected to have, at most. */
const MAX_BEYOND = 0.001;

/** A natural end (0, 1, 100) short of that is taken up to this expectation. */
const MAX_BEYOND_NATURAL = 0.05;

/** So many values expected beyond an end, and none seen, prove the end: the chance is e^-10. */
const PROOF = 10;

/** An end so many times as far from the median as the greatest value says nothing. */
const MAX_REACH = 50;

/** So many of the last values tell how the density comes to its end. */
const LAST_VALUES = 40;

/** A sample is lopsided if its one side is so many times as wide as its other. */
const LOPSIDED = 3;

/** Years go on. */
const YEARS_AHEAD = 10;

export function numbers(evidence: Evidence, strict: boolean): Inferred {
  const span = exactSpan(evidence);
  if (span === undefined) return NOTHING;
  return together(finite(evidence), strict ? ownRange(span) : extrapolated(evidence, span));
}

type Span = { readonly min: string; readonly max: string };

function ownRange(span: Span): Inferred {
  return inferred({ range: span }, 'range: the least and the greatest value');
}

function finite({ profiles, types, count }: Evidence): Inferred {
  if (!types.has('float') || count < MIN_FINITE) return NOTHING;
  const stats = profiles.map(({ numeric }) => numeric!);
  const nan = stats.every((each) => each.nan === 0);
  const infinity = stats.every((each) => each.positiveInfinity + each.negativeInfinity === 0);
  return inferred({ ...(nan && { nan: false }), ...(infinity && { infinity: false }) });
}

/** Values of their own in every row, and so close together that drawing them at random would have repeated some. */
export function uniqueIntegers(evidence: Evidence): boolean {
  const span = exactSpan(evidence);
  if (span === undefined || [...evidence.types].join() !== 'integer' || evidence.profiles.length > 1)
    return false;
  return (
    evidence.count >= MIN_VALUES &&
    repeats(evidence.profiles[0]!).answer === 'none' &&
    evidence.count ** 2 > 2 * PROOF * (Number(span.max) - Number(span.min) + 1)
  );
}

function extrapolated(evidence: Evidence, span: Span): Inferred {
  const infinite = evidence.profiles.some(
    ({ numeric }) => numeric!.positiveInfinity + numeric!.negativeInfinity > 0,
  );
  const cells = numericCells(evidence);
  if (infinite || evidence.count < MIN_VALUES || isConstant(evidence, span) || !isFiniteSpan(span))
    return NOTHING;
  const whole = [...evidence.types].join() === 'integer';
  if (uniqueIntegers(evidence)) return runningNumbers(span);
  const [min, max] = [Number(span.min), Number(span.max)];
  if (isYear(min, max) && cells.every(({ low, high }) => low === high && Number.isInteger(low)))
    return years(span);
  const naturals = { lower: min >= 0 ? [0] : [], upper: upperNaturals(min, max, whole) };
  const upper = upperEnd(cells, naturals.upper, whole, false);
  const lower = negated(
    upperEnd(
      mirrored(cells),
      naturals.lower.map((each) => -each),
      whole,
      true,
    ),
  );
  const range = {
    ...(lower.end !== undefined && { min: outward(lower.end, span.min, -1) }),
    ...(upper.end !== undefined && { max: outward(upper.end, span.max, 1) }),
  };
  const given = Object.keys(range).length > 0;
  return inferred(
    given ? { range } : {},
    `${given ? 'range' : 'no range'}: ${lower.why('min')}; ${upper.why('max')}`,
  );
}

/** A constant, or two values, tell nothing of others. */
function isConstant({ profiles }: Evidence, { min, max }: Span): boolean {
  return min === max || Math.max(...profiles.map(({ distinct }) => distinctCount(distinct))) < 3;
}

function isFiniteSpan({ min, max }: Span): boolean {
  return Math.abs(Number(min)) < 1e300 && Math.abs(Number(max)) < 1e300;
}

function runningNumbers({ min }: Span): Inferred {
  const first = ['0', '1'].includes(min);
  return inferred(
    first ? { range: { min } } : {},
    `${first ? 'range' : 'no range'}: running numbers, which go on`,
  );
}

function years({ min, max }: Span): Inferred {
  const ahead = Math.max(YEARS_AHEAD, Math.ceil((Number(max) - Number(min)) / 4));
  return inferred(
    { range: { min: String(Number(min) - ahead), max: String(Number(max) + ahead) } },
    `range: ${min} to ${max}, which may be years, and ${ahead} more at each end`,
  );
}

/** Ends that quantities have by their nature: shares go to 1, percentages to 100. */
function upperNaturals(min: number, max: number, whole: boolean): number[] {
  if (min < 0 || max > 100) return [];
  return max > 1 ? [100] : whole ? [] : [1];
}

interface End {
  readonly end: number | undefined;
  /** A clause on the end of this name. */
  why(name: 'min' | 'max'): string;
}

function upperEnd(cells: readonly Bin[], naturals: readonly number[], whole: boolean, isLower: boolean): End {
  const last = cells.at(-1)!;
  const max = last.high;
  const median = quantileOf(cells, 0.5);
  const sign = (value: number) => (isLower ? -value : value) + 0;
  const end = (at: number, reason: string): End => ({
    end: at,
    why: (name) => `${name} ${quantity(sign(at))}, ${reason}`,
  });
  const previous = cells.at(-2);
  if (last.low === last.high && last.count * Math.min(1, last.count / (previous?.count ?? 1)) >= PROOF)
    return end(max, `which ${grouped(last.count)} values have and none passes`);
  const width = lastStretch(cells, whole);
  for (const natural of naturals)
    if (natural - max < width && expectedIfGoingOn(cells, max, width) >= PROOF)
      return end(natural, 'which the values come close to, and none passes');
  if (naturals.length > 0 && isLower && lopsided(cells))
    return end(naturals[0]!, 'since the other side reaches several times as far');
  const tail = upperTail(cells);
  if (tail === undefined)
    return { end: undefined, why: (name) => `no ${name}, since the tail does not vary` };
  const reach = Math.max(max, reachOf(tail, MAX_BEYOND));
  for (const natural of naturals) {
    if (natural < reach && isProven(cells, natural))
      return end(natural, 'since many values lie near the last one, and none beyond');
    if (
      natural < reach ? expectedBeyond(tail, natural) <= MAX_BEYOND_NATURAL : natural - reach < reach - median
    )
      return end(natural, 'beyond which another sample of this size is hardly expected to have any');
  }
  if (reach - median > MAX_REACH * (max - median) || reach === max)
    return { end: undefined, why: (name) => `no ${name}, since the tail is too heavy` };
  return end(
    rounded(reach, max, whole),
    `beyond which another sample of this size is expected to have ${quantity(MAX_BEYOND)} values (generalized Pareto tail)`,
  );
}

/** True if the stretch up to a natural end is empty though the values before it are dense. */
function isProven(cells: readonly Bin[], natural: number): boolean {
  const max = cells.at(-1)!.high;
  const width = Math.min(natural - max, (max - quantileOf(cells, 0.5)) / 2);
  return width > 0 && expectedIfGoingOn(cells, max, width) >= PROOF;
}

/** The width of the stretch with the last 40 values, but at most a quarter of the way from the median. */
function lastStretch(cells: readonly Bin[], whole: boolean): number {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  const max = cells.at(-1)!.high;
  const quarter = (max - quantileOf(cells, 0.5)) / 4;
  const width = Math.min(quarter, max - quantileOf(cells, Math.max(0.5, 1 - LAST_VALUES / total)));
  return whole ? Math.max(1, Math.round(width)) : width > 0 ? width : quarter;
}

/** True if the far side is several times as wide as this one, as amounts that cannot be negative are. */
function lopsided(mirror: readonly Bin[]): boolean {
  const [far, median, near] = [quantileOf(mirror, 0.01), quantileOf(mirror, 0.5), quantileOf(mirror, 0.99)];
  return median - far > LOPSIDED * (near - median);
}

function negated({ end, why }: End): End {
  return { end: end === undefined ? undefined : -end, why };
}

/** Rounds away from the data, to one digit of the distance from it. */
function rounded(reach: number, max: number, whole: boolean): number {
  const power = Math.floor(Math.log10(reach - max));
  const step = 10 ** (whole ? Math.max(0, power) : power);
  const multiple = Number((Math.ceil(reach / step) * step).toPrecision(12));
  return Number.isFinite(multiple) ? multiple : reach;
}

/** The end as text; the exact least or greatest value if rounding had cut it off. */
function outward(end: number, exact: string, sign: 1 | -1): string {
  const text = String(end + 0);
  return compareDecimals(text, exact) * sign < 0 ? exact : text;
}

/** By rank, how far from the middle of the sample the median of new data may lie, beside what sampling explains. */
const MEDIAN_BAND = 0.2;
const STRICT_MEDIAN_BAND = 0.05;
const MIN_MEDIAN_VALUES = 40;

/**
 * Bounds the median by percentiles of the sample, which finds other units and other columns, whatever the tails. The
 * medians of two samples of n values differ by rank with a standard error of 1/√(2n); two of these are let pass.
 */
export function medianBand(evidence: Evidence, strict: boolean): Inferred {
  const span = exactSpan(evidence);
  if (span === undefined || evidence.count < MIN_MEDIAN_VALUES) return NOTHING;
  if (isConstant(evidence, span) || !isFiniteSpan(span) || uniqueIntegers(evidence)) return NOTHING;
  if (isYear(Number(span.min), Number(span.max))) return NOTHING;
  const cells = numericCells(evidence);
  const band = Math.min(0.4, (strict ? STRICT_MEDIAN_BAND : MEDIAN_BAND) + 2 / Math.sqrt(2 * evidence.count));
  const medians = evidence.profiles.map(medianOf).filter((each) => each !== undefined);
  const low = Math.min(quantileOf(cells, 0.5 - band), ...medians);
  const high = Math.max(quantileOf(cells, 0.5 + band), ...medians);
  const median: Range = { min: digits(low, Math.floor), max: digits(high, Math.ceil) };
  return inferred(
    { median },
    `median: the sample's ${percentile(0.5 - band)} to ${percentile(0.5 + band)} percentile`,
  );
}

function percentile(level: number): string {
  return `${Math.round(level * 100)}th`;
}

/** Rounds to three digits, down or up. */
function digits(value: number, round: (value: number) => number): string {
  if (value === 0) return '0';
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  const multiple = Number((round(value / step) * step).toPrecision(12));
  return String(Number.isFinite(multiple) ? multiple : value);
}
