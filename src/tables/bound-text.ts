import { asBuffer } from '../base/as-buffer.ts';

/** Values as a profile writes them, of those that are certain enough to bound a column. */

/** Of a longer text, the beginning stands for the least value, and nothing for the largest. */
const MAX_BOUND_CHARACTERS = 64;
const MILLISECOND = 1000n;
const INTEGER_BITS: Readonly<Record<string, number>> = { byte: 8, short: 16, integer: 32, long: 64 };

/** A whole number, in as few digits as can be; undefined if the type has no such number. */
export function integerBound(value: bigint, type: string): string | undefined {
  return BigInt.asIntN(INTEGER_BITS[type] ?? 0, value) === value ? String(value) : undefined;
}

/** A floating-point number; undefined for NaN and what is infinite. */
export function floatBound(value: number): string | undefined {
  return Number.isFinite(value) ? String(value) : undefined;
}

/** A decimal that was given as a floating-point number; undefined for one that may have been rounded. */
export function decimalBound(value: number, scale: number): string | undefined {
  const unscaled = Math.round(value * 10 ** scale);
  return Number.isSafeInteger(unscaled * 10) ? value.toFixed(scale) : undefined;
}

/** A decimal, exactly. @param unscaled the number without its point */
export function exactDecimal(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? '-' : '';
  return `${sign}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

/** Of 38 digits. */
const MAX_DECIMAL_BYTES = 16;

/** A decimal of two's complement, the highest byte first; undefined for no byte, or for more than decimals have. */
export function decimalOfBytes(bytes: Uint8Array, scale: number): string | undefined {
  if (bytes.length === 0 || bytes.length > MAX_DECIMAL_BYTES) return undefined;
  const unsigned = BigInt(`0x${asBuffer(bytes).toString('hex')}`);
  return exactDecimal(BigInt.asIntN(8 * bytes.length, unsigned), scale);
}

/** Read what {@link exactDecimal} writes, in units of a scale that is no smaller than its own. */
export function unscaledDecimal(text: string, scale: number): bigint {
  const [whole = '0', digits = ''] = text.split('.');
  const sign = whole.startsWith('-') ? -1n : 1n;
  return sign * BigInt(whole.replace('-', '') + digits.padEnd(scale, '0').slice(0, scale));
}

/** @param ms since 1970; the day that it lies in, of the years 0 to 9999 */
export function dateBound(ms: number): string | undefined {
  const date = new Date(ms);
  return hasYear(date) ? date.toISOString().slice(0, 10) : undefined;
}

/** @param microseconds since 1970; of the years 0 to 9999 */
export function timestampBound(microseconds: bigint): string | undefined {
  const within = ((microseconds % MILLISECOND) + MILLISECOND) % MILLISECOND;
  const date = new Date(Number((microseconds - within) / MILLISECOND));
  return hasYear(date) ? `${date.toISOString().slice(0, -1)}${String(within).padStart(3, '0')}` : undefined;
}

function hasYear(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999;
}

/** Bounds that are short enough to be kept, or to be cut so that they still are bounds. */
export function shortBounds(
  min: string | undefined,
  max: string | undefined,
): { readonly min?: string; readonly max?: string } {
  return {
    ...(min === undefined
      ? {}
      : { min: [...min.slice(0, 2 * MAX_BOUND_CHARACTERS)].slice(0, MAX_BOUND_CHARACTERS).join('') }),
    ...(max === undefined || max.length > MAX_BOUND_CHARACTERS ? {} : { max }),
  };
}
