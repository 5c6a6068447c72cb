import { distinctCount } from '../../profile/hashing/sketch.ts';
import { compareDecimals } from '../format/exact.ts';
import { repeats } from '../rules/uniqueness.ts';
import { isYear } from './domains.ts';
import { type End, upperEnd } from './ends.ts';
import {
  type Evidence,
  exactSpan,
  type Inferred,
  inferred,
  NOTHING,
  numericCells,
  together,
} from './evidence.ts';
import { mirrored } from './tails.ts';

/** The number of values from which their range is taken for a rule. */
const MIN_VALUES = 30;

/** The number of values from which none being NaN or infinite is taken for a rule. */
const MIN_FINITE = 100;

/** So many repetitions expected of numbers drawn at random, and none seen, show that no number occurs twice. */
const MIN_REPETITIONS = 10;

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
    evidence.count ** 2 > 2 * MIN_REPETITIONS * (Number(span.max) - Number(span.min) + 1)
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
  const upper = upperEnd({ cells, naturals: upperNaturals(min, max, whole), whole, isLower: false });
  const lower = negated(
    upperEnd({ cells: mirrored(cells), naturals: min >= 0 ? [-0] : [], whole, isLower: true }),
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
export function isConstant({ profiles }: Evidence, { min, max }: Span): boolean {
  return min === max || Math.max(...profiles.map(({ distinct }) => distinctCount(distinct))) < 3;
}

export function isFiniteSpan({ min, max }: Span): boolean {
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

function negated({ end, why }: End): End {
  return { end: end === undefined ? undefined : -end, why };
}

/** The end as text; the exact least or greatest value if rounding had cut it off. */
function outward(end: number, exact: string, sign: 1 | -1): string {
  const text = String(end + 0);
  return compareDecimals(text, exact) * sign < 0 ? exact : text;
}
