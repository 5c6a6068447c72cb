import { unscaledDecimal } from './bound-text.ts';
import type { ColumnType } from './model.ts';

/** How two values of a type, as a profile writes them, lie to one another: negative where the first is less. */
export type ValueOrder = (a: string, b: string) => number;

/** The order of the values of a type: that of numbers, else that of the bytes of UTF-8, which is that of dates and times too. */
export function orderOf({ is }: Pick<ColumnType, 'is'>): ValueOrder {
  if (isWholeNumber({ is })) return (a, b) => sign(BigInt(a) - BigInt(b));
  if (is === 'decimal') return (a, b) => sign(decimalUnits(a) - decimalUnits(b));
  if (is === 'float' || is === 'double') return (a, b) => Number(a) - Number(b);
  return (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The most digits that a decimal of either format has behind its point. */
const MAX_SCALE = 38;

function decimalUnits(text: string): bigint {
  return unscaledDecimal(text, MAX_SCALE);
}

function sign(difference: bigint): number {
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** Tell whether the values of a type are whole numbers. */
export function isWholeNumber({ is }: Pick<ColumnType, 'is'>): boolean {
  return is === 'byte' || is === 'short' || is === 'integer' || is === 'long';
}
