const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/** The integer whose words are those of row `row`. */
export function integerOf(words: Int32Array, row: number, unsigned: boolean): bigint {
  const high = words[2 * row + 1]!;
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(words[2 * row]! >>> 0);
}

/** A number of units of 10^-scale, without zeros at its end. */
export function decimalText(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  const whole = `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}`;
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Shortest round trip, as ECMAScript writes numbers. */
export function doubleText(low: number, high: number): string {
  DOUBLE_WORDS[0] = low;
  DOUBLE_WORDS[1] = high;
  return String(DOUBLE[0]);
}

/** The shortest decimal that reads back as the same 32-bit float. */
export function floatText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; years before 1 are counted backwards, with ` (BC)`. */
function dayText(day: number): { day: string; era: string } {
  const cycle = Math.floor(day / DAYS_PER_CYCLE);
  const date = new Date((day - cycle * DAYS_PER_CYCLE) * 86_400_000);
  const year = date.getUTCFullYear() + cycle * 400;
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return {
    day: `${shown}-${pad2(date.getUTCMonth() + 1)}-${pad2(date.getUTCDate())}`,
    era: year > 0 ? '' : ' (BC)',
  };
}

/** The calendar repeats itself after 400 years. */
const DAYS_PER_CYCLE = 146_097;

export function dateText(low: number): string {
  const { day, era } = dayText(low);
  return day + era;
}

/** Ticks since midnight, of which a second has 10^digits: `05:00:00`, and a fraction only where there is one. */
export function timeText(low: number, high: number, digits: 6 | 9): string {
  const ticks = high * 2 ** 32 + (low >>> 0);
  const perSecond = 10 ** digits;
  const fraction = String(ticks % perSecond)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return clockText(Math.floor(ticks / perSecond)) + (fraction === '' ? '' : `.${fraction}`);
}

/** Ticks since 1970, of which a second has 10^digits: `2013-01-01T05:00:00.500000`. */
export function timestampText(low: number, high: number, digits: 6 | 9, zone: 'Z' | ''): string {
  const ticks = (BigInt(high) << 32n) | BigInt(low >>> 0);
  const perSecond = 10n ** BigInt(digits);
  const fraction = ((ticks % perSecond) + perSecond) % perSecond;
  const seconds = Number((ticks - fraction) / perSecond);
  const day = Math.floor(seconds / 86_400);
  const { day: date, era } = dayText(day);
  return `${date}T${clockText(seconds - day * 86_400)}.${String(fraction).padStart(digits, '0')}${zone}${era}`;
}

function clockText(seconds: number): string {
  return `${pad2(Math.floor(seconds / 3600))}:${pad2(Math.floor(seconds / 60) % 60)}:${pad2(seconds % 60)}`;
}

function pad2(number: number): string {
  return String(number).padStart(2, '0');
}
