/**
 * Comparison of decimal text of any size without rounding: 9007199254740993 is more than 9007199254740992.
 * Exponents are bounded, so that `1e999999999` costs nothing.
 */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const MAX_EXPONENT = 1_000;
const MAX_DIGITS = 2_000;

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

function readDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const exponent = Number(power) - fraction.length;
  if (whole.length + fraction.length === 0 || whole.length + fraction.length > MAX_DIGITS) return undefined;
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, exponent };
}

/** True for decimal numbers as `compareDecimals` reads them: optional sign, fraction and an exponent within ±1,000. */
export function isDecimal(text: string): boolean {
  return readDecimal(text) !== undefined;
}

/** True for decimal numbers without fraction or exponent. */
export function isInteger(text: string): boolean {
  return /^[+-]?\d{1,2000}$/.test(text);
}

/**
 * Compares two decimal numbers: below, at or above 0 as `a` is less than, equal to or more than `b`; NaN if one is not a
 * decimal number.
 */
export function compareDecimals(a: string, b: string): number {
  const left = readDecimal(a);
  const right = readDecimal(b);
  if (left === undefined || right === undefined) return Number.NaN;
  const exponent = Math.min(left.exponent, right.exponent);
  const difference = scaled(left, exponent) - scaled(right, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function scaled(value: Decimal, exponent: number): bigint {
  return value.digits * 10n ** BigInt(value.exponent - exponent);
}
