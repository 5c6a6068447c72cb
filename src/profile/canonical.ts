import type { FeatureType } from './model.ts';
import { cutValue } from './values.ts';

/** The engine's text of a value as the format's: one text for one value, whatever column type held it. */
export function canonicalText(type: FeatureType, engineType: string, text: string): string {
  switch (type) {
    case 'float':
      return floatText(text);
    case 'decimal':
      return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    case 'timestamp':
      return timestampText(engineType, text);
    case 'string':
    case 'bytes':
      return cutValue(text);
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
