import { quantileOf } from '../distances.ts';
import type { Range } from '../model.ts';
import { medianOf } from '../rules/median.ts';
import { isYear } from './domains.ts';
import { type Evidence, exactSpan, type Inferred, inferred, NOTHING, numericCells } from './evidence.ts';
import { isConstant, isFiniteSpan, uniqueIntegers } from './numbers.ts';

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
