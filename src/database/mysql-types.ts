import type { FieldPacket } from 'mysql2';

/** Numbers of the types of columns. Source: MySQL 8.4 source, include/field_types.h. */
export const TYPE = {
  oldDecimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  bit: 16,
  json: 245,
  decimal: 246,
  string: 254,
} as const;

/** The number of the character set of bytes. */
export const BINARY = 63;

/** A flag of columns. Source: MySQL 8.4 source, mysql_com.h. */
const UNSIGNED = 32;

export function fieldType({ columnType, type }: FieldPacket): number {
  return columnType ?? type!;
}

export function isUnsigned({ flags }: FieldPacket): boolean {
  return (Number(flags) & UNSIGNED) !== 0;
}
