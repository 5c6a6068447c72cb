/** Numbers as people read them. All deterministic: no locale, no time zone but UTC. */

const steps: readonly (readonly [number, string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
];

/** Four digits stay together, as years do. */
function grouped(digits: string): string {
  if (digits.length < 5) return digits;
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count: exact with thousands separators below a million, else three significant digits: `336,776`, `1.23 M`. */
export function count(value: number): string {
  if (Math.abs(value) < 1e6) return grouped(String(Math.round(value)));
  return magnitude(value);
}

/** `1 row`, `2 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of 0 to 1 as a percentage; never rounded up to all or down to nothing: `9.7 %`, `<0.01 %`, `>99.9 %`. */
export function share(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0 %';
  if (value === 1) return '100 %';
  const percent = value * 100;
  if (percent > 0 && percent < 0.01) return '<0.01 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${trimmed(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

/** Any number in three significant digits (four when integer part is as long): `0.0813`, `1234`, `12.3 M`, `4e-7`. */
export function magnitude(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e18) return trimmed(value.toExponential(2)).replace('e+', 'e');
  // 999,999,500 rounds to 1,000 M: choose the step by the rounded size.
  const rounded = Number(size.toPrecision(3));
  for (const [unit, symbol] of steps) {
    if (rounded >= unit) return `${trimmed((value / unit).toPrecision(3))} ${symbol}`;
  }
  if (size >= 1000) return (value < 0 ? '-' : '') + grouped(size.toFixed(0));
  return trimmed(value.toPrecision(3));
}

/** A p-value: like any number, but never nothing. */
export function probability(value: number): string {
  return value < 1e-99 ? '<1e-99' : magnitude(value);
}

/** A decimal string with the zeros after its last significant decimal removed; an exponent stays. */
function trimmed(text: string): string {
  return text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');
}

/** Canonical numeric text of a profile (exact, maybe past 2^53) for people: long ones are shortened. */
export function numericText(text: string): string {
  if (/^-?\d{1,15}$/.test(text)) return text.startsWith('-') ? `-${grouped(text.slice(1))}` : grouped(text);
  return magnitude(Number(text));
}

/** Epoch milliseconds as the shortest ISO 8601 text that loses nothing down to seconds: `2013-01-01`, `2013-01-01 05:00`. */
export function moment(milliseconds: number): string {
  if (Math.abs(milliseconds) > 8.64e15) return magnitude(milliseconds);
  const iso = new Date(milliseconds).toISOString().replace('.000Z', 'Z');
  const [day, time] = iso.replace('Z', '').split('T') as [string, string];
  if (time === '00:00:00') return day;
  return `${day} ${time.replace(/:00$/, '')}`;
}
