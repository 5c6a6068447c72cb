import type { ColumnType } from './model.ts';

/** How two values of a type, as a profile writes them, lie to one another: negative where the first is less. */
export type ValueOrder = (a: string, b: string) => number;

/** The order of the values of a type: that of numbers, else that of the bytes of UTF-8, which is that of dates and times too. */
export function orderOf({ is }: Pick<ColumnType, 'is'>): ValueOrder {
  if (isWholeNumber({ is })) return (a, b) => (BigInt(a) < BigInt(b) ? -1 : Number(BigInt(a) > BigInt(b)));
  if (is === 'float' || is === 'double' || is === 'decimal') return (a, b) => Number(a) - Number(b);
  return (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Tell whether the values of a type are whole numbers. */
export function isWholeNumber({ is }: Pick<ColumnType, 'is'>): boolean {
  return is === 'byte' || is === 'short' || is === 'integer' || is === 'long';
}
