import type { FeatureType } from '../model/model.ts';

/** The engine's text of a value as the format's: one text for one value, whatever column type held it. */
export function canonicalText(type: FeatureType, engineType: string, text: string): string {
  switch (type) {
    case 'float':
      return floatText(text);
    case 'decimal':
      return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
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

/** `2013-01-01 05:00:00.5+00` becomes `2013-01-01T05:00:00.500000Z`; nine digits for nanoseconds. */
function timestampText(engineType: string, text: string): string {
  const match = /^(.*?) (\d\d:\d\d:\d\d)(?:\.(\d+))?(\+00)?( \(BC\))?$/.exec(text);
  if (match === null) return text;
  const [, day, clock, fraction = '', zone, era = ''] = match;
  const digits = engineType === 'TIMESTAMP_NS' ? 9 : 6;
  return `${day}T${clock}.${fraction.padEnd(digits, '0')}${zone === undefined ? '' : 'Z'}${era}`;
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
