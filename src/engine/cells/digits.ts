/** Digits that a number of JavaScript always holds. */
export const SAFE_DIGITS = 15;

/** Read digits; -1 if there is anything else, or none. At most SAFE_DIGITS. */
export function digits(source: Buffer, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = source[at]! - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
