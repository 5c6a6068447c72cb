/** Types of tables as the engine writes them, and back. */

import { identifier } from '../engine/quote.ts';
import type { ColumnType, PrimitiveName } from './model.ts';

const NAMES: Readonly<Record<PrimitiveName, string>> = {
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  integer: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  uuid: 'UUID',
};

const PLAIN = new Map(Object.entries(NAMES).map(([name, text]) => [text, name as PrimitiveName]));

/** A type as the engine writes it; undefined where it has none. */
export function sqlOf(type: ColumnType): string | undefined {
  switch (type.is) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'struct': {
      const fields = type.fields.map((field) => [identifier(field.name), sqlOf(field.type)]);
      const isKnown = fields.length > 0 && fields.every(([, of]) => of !== undefined);
      return isKnown ? `STRUCT(${fields.map((field) => field.join(' ')).join(', ')})` : undefined;
    }
    case 'list': {
      const element = sqlOf(type.element);
      return element && `${element}[]`;
    }
    case 'map': {
      const [key, value] = [sqlOf(type.key), sqlOf(type.value)];
      return key && value && `MAP(${key}, ${value})`;
    }
    case 'other':
      return undefined;
    default:
      return NAMES[type.is];
  }
}

/** The type that the engine writes so, of columns that hold one value a row; undefined for others. */
export function plainTypeOf(text: string): ColumnType | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(text) ?? [];
  if (precision !== undefined) return { is: 'decimal', precision: Number(precision), scale: Number(scale) };
  const plain = PLAIN.get(text);
  return plain && { is: plain };
}
