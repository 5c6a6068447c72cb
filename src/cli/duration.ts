import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parse a time such as `12h` into milliseconds. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (text === '0') return 0;
  if (count === undefined || unit === undefined) {
    throw new InvalidArgumentError('Write a number and m, h or d, such as 12h; or 0.');
  }
  return Number(count) * UNITS[unit]!;
}

/** Parse a time of a day or more into milliseconds; `never` is Infinity. */
export function cloneExpiry(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const ms = duration(text);
  if (ms >= UNITS.d!) return ms;
  throw new InvalidArgumentError(
    'It must be a day at least, such as 30d, or `never`: who pushes now has just been seen.',
  );
}
