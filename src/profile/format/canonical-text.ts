import type { FeatureType } from '../model/model.ts';

/** The engine's text of a value as the format's: one text for one value, whatever column type held it. */
export function canonicalText(type: FeatureType, engineType: string, text: string): string {
  switch (type) {
    case 'float':
      return floatText(text);
    case 'decimal':
      return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    case 'date':
      return ENDS_OF_DATES.get(text) ?? text;
    case 'timestamp':
      return timestampText(engineType, text);
    default:
      return text;
  }
}

/** Shortest round trip, as ECMAScript writes numbers: `0.1`, `5`, `1e+21`, `NaN`, `Infinity`. */
function floatText(text: string): string {
  if (text === 'inf') return 'Infinity';
  if (text === '-inf') return '-Infinity';
  return text === 'nan' || text === '-nan' ? 'NaN' : String(Number(text));
}

/** What DuckDB calls infinite: the greatest and the least number of days, and of microseconds, that it holds. */
const ENDS_OF_DATES: ReadonlyMap<string, string> = new Map([
  ['infinity', '5881580-07-11'],
  ['-infinity', '5877642-06-24 (BC)'],
]);
const ENDS_OF_TIME: ReadonlyMap<string, string> = new Map([
  ['infinity', '294247-01-10 04:00:54.775807'],
  ['-infinity', '290309-12-21 19:59:05.224193 (BC)'],
]);

/** `2013-01-01 05:00:00.5+00` becomes `2013-01-01T05:00:00.500000Z`; nine digits for nanoseconds. */
function timestampText(engineType: string, text: string): string {
  const match = /^(.*?) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00)?( \(BC\))?$/.exec(
    ENDS_OF_TIME.get(text) ?? text,
  );
  if (match === null) return text;
  const [, day, clock, fraction = '', era = ''] = match;
  const digits = engineType.startsWith('TIMESTAMP_NS') ? 9 : 6;
  return `${day}T${clock}.${fraction.padEnd(digits, '0')}${engineType.endsWith('ZONE') ? 'Z' : ''}${era}`;
}

/**
 * Orders canonical dates, times and timestamps, of which years before 1 count backwards and those from 10000 on have more digits: by the
 * year first, then as texts.
 */
export function compareTimes(a: string, b: string): number {
  const difference = yearOf(a) - yearOf(b);
  if (difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The astronomical year, in which 1 BC is 0; of a time of day 0. */
function yearOf(text: string): number {
  const dash = text.indexOf('-');
  if (dash < 4) return 0;
  const year = Number(text.slice(0, dash));
  return text.endsWith(' (BC)') ? 1 - year : year;
}

/** Orders canonical numbers: exactly where both are plain decimals, whatever their length, else as doubles. */
export function compareNumbers(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (difference !== 0) return difference;
  const [x, y] = [decimalParts(a), decimalParts(b)];
  if (x === undefined || y === undefined) return 0;
  const digits = Math.max(x.fraction.length, y.fraction.length);
  const units = (parts: { whole: string; fraction: string }) =>
    BigInt(parts.whole + parts.fraction.padEnd(digits, '0'));
  const exact = units(x) - units(y);
  return exact < 0n ? -1 : exact > 0n ? 1 : 0;
}

function decimalParts(text: string): { whole: string; fraction: string } | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  return match === null ? undefined : { whole: match[1]!, fraction: match[2] ?? '' };
}
