import { counted, grouped, numericText, percent, quantity } from '../wording/numbers.ts';
import { quoted } from '../wording/quote.ts';

/** Phrases that several rules say: lists of values and bounds, which never grow past a line. */

const MAX_LISTED = 5;
/** Enough to tell a bound from a value just beyond it. */
const DIGITS = 6;

/** A bound, or what was measured against it. */
export function amount(value: number): string {
  return quantity(value, DIGITS);
}

/** A number that a schema or a profile has as text, exact: `32,400`, `0.1`; what may be a year stays as it is, and so do dates. */
export function exactAmount(text: string): string {
  const isYear = /^\d{4}$/.test(text) && Number(text) >= 1500 && Number(text) <= 2100;
  return /^-?\d{1,15}$/.test(text) && !isYear ? numericText(text) : text;
}

/** `"ZZ" (12 times, 1.2 %), "Q" (once, 0.1 %) and 7 others`, the most frequent first. */
export function valueList(values: readonly (readonly [string, number])[], total: number): string {
  const ordered = [...values].sort((a, b) => b[1] - a[1]);
  const named = ordered.slice(0, MAX_LISTED).map(([value, count]) => {
    const times = count === 1 ? 'once' : `${grouped(count)} times`;
    return `${quoted(value)} (${times}${total > 0 ? `, ${percent(count / total)}` : ''})`;
  });
  return joined(named, ordered.length - named.length);
}

/** `AA, DL, UA and 12 others`. */
export function names(values: readonly string[], most = 8): string {
  return joined(values.slice(0, most), values.length - Math.min(most, values.length));
}

function joined(parts: readonly string[], left: number): string {
  return `${parts.join(', ')}${left > 0 ? ` and ${counted(left, 'other')}` : ''}`;
}

/** `from 1 to 5`, `at least 1`, `at most 5`, `any`; numbers as `write` has them. */
export function between(
  bounds: { readonly min?: number | string; readonly max?: number | string },
  unit = '',
  write = amount,
): string {
  const suffix = unit === '' ? '' : ` ${unit}`;
  const say = (end: number | string) => (typeof end === 'number' ? write(end) : exactAmount(end));
  if (bounds.min !== undefined && bounds.max !== undefined)
    return bounds.min === bounds.max
      ? `exactly ${say(bounds.min)}${suffix}`
      : `from ${say(bounds.min)} to ${say(bounds.max)}${suffix}`;
  if (bounds.min !== undefined) return `at least ${say(bounds.min)}${suffix}`;
  return bounds.max === undefined ? 'any' : `at most ${say(bounds.max)}${suffix}`;
}
