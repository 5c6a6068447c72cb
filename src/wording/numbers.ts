/**
 * Writes numbers as people read them, one rule for every room: text, pages, messages. It knows no room of varve, no
 * locale and no time zone but UTC, so that the same number is the same text on every machine.
 */

const UNITS: readonly (readonly [number, string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
];
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
/** What a JavaScript date can hold, in milliseconds to either side of 1970. */
const MAX_MOMENT = 8.64e15;

/** `1,015`, `1,234,567`: a whole number, exact. Written out by hand: the tables of `toLocaleString` take 25 ms to load. */
export function grouped(value: number): string {
  return separated(String(Math.round(value)));
}

function separated(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count where space is short: exact below a million, else three significant digits: `336,776`, `1.23 M`. */
export function count(value: number): string {
  return Math.abs(value) < 1e6 ? grouped(value) : magnitude(value);
}

/** `1 row`, `12,345,678 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

/** A share of 0 to 1; never rounded up to all or down to nothing: `9.7 %`, `<0.01 %`, `>99.9 %`. Not a number: `–`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value > 0 && value < 0.01) return '<0.01 %';
  if (value > 99.9 && value < 100) return '>99.9 %';
  return `${trimmed(value.toFixed(Math.abs(value) < 1 ? 2 : 1))} %`;
}

/**
 * A value of the data within a sentence: whole numbers below 10^15 in full, `2013` as years are written and all others as `3,844`; what is no
 * whole number to `digits` significant digits, or as many as its whole part has: `46,334`.
 */
export function quantity(value: number, digits = 4): string {
  const size = Math.abs(value);
  const isYear = value >= 1900 && value <= 2100;
  if (size < 1e15 && !isYear && (Number.isInteger(value) || size >= 10 ** digits))
    return separated(value.toFixed(0));
  const text = Number.isInteger(value) && isYear ? String(value) : String(Number(value.toPrecision(digits)));
  if (isYear || size >= 1e15) return text;
  const [whole = '', fraction] = text.split('.');
  return fraction === undefined ? separated(whole) : `${separated(whole)}.${fraction}`;
}

/**
 * A value of the data where space is short, to three significant digits, or as many as its whole part has: `0.0813`, `1,234`, `12.3 M`,
 * `4e-7`.
 */
export function magnitude(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e18) return trimmed(value.toExponential(2)).replace('e+', 'e');
  // 999,999,500 rounds to 1,000 M: choose the step by the rounded size.
  const rounded = Number(size.toPrecision(3));
  for (const [unit, symbol] of UNITS) {
    if (rounded >= unit) return `${trimmed((value / unit).toPrecision(3))} ${symbol}`;
  }
  if (size >= 1000) return separated(value.toFixed(0));
  return trimmed(value.toPrecision(3));
}

/**
 * How the values of a feature are written that lie between two: as magnitudes, or, if all may be years (whole numbers of 1500 to 2100), as years
 * are: `2013`, `2013.5`.
 */
export function valueWriter(least: number, greatest: number): (value: number) => string {
  const areYears = [least, greatest].every((end) => Number.isInteger(end) && end >= 1500 && end <= 2100);
  return areYears ? (value) => String(Number(value.toFixed(1))) : magnitude;
}

/** A p-value: like any number, but never nothing. */
export function probability(value: number): string {
  return value < 1e-99 ? '<1e-99' : magnitude(value);
}

/** Shorten the canonical numeric text of a profile (exact, maybe past 2^53): `-1,234,567`, `9.22e18`. */
export function numericText(text: string): string {
  return /^-?\d{1,15}$/.test(text) ? separated(text) : magnitude(Number(text));
}

/** Write epoch milliseconds as the shortest ISO 8601 text that loses nothing down to seconds: `2013-01-01`, `2013-01-01 05:00`. */
export function moment(milliseconds: number): string {
  if (Math.abs(milliseconds) > MAX_MOMENT) return magnitude(milliseconds);
  const iso = new Date(milliseconds).toISOString().replace('.000Z', 'Z');
  const [day, time] = iso.replace('Z', '').split('T') as [string, string];
  if (time === '00:00:00') return day;
  return `${day} ${time.replace(/:00$/, '')}`;
}

/** `1.4 MiB`; below 1 KiB whole bytes. */
export function byteSize(bytes: number): string {
  const power = Math.floor(Math.log2(Math.max(bytes, 1)) / 10);
  const step = Math.min(Math.max(power, 0), BYTE_UNITS.length - 1);
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toPrecision(value >= 1000 ? 4 : 3)} ${BYTE_UNITS[step]}`;
}

/** A decimal text without the zeros after its last significant decimal; an exponent stays. */
function trimmed(text: string): string {
  return text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');
}
