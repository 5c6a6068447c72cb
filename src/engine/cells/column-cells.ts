import type { ColumnCells } from './cells.ts';
import { BooleanCells, DecimalCells, FloatCells, INTEGERS, IntegerCells } from './numbers.ts';
import { BytesCells, TextCells } from './texts.ts';
import { DateCells, TimeCells, TimestampCells } from './times.ts';

/** @param type of the engine; what has no cells of its own is kept as text */
export function columnCells(type: string): ColumnCells {
  const integer = INTEGERS[type];
  if (integer !== undefined) return new IntegerCells(type, ...integer);
  const decimal = /^DECIMAL\((\d+), (\d+)\)$/.exec(type);
  if (decimal !== null) return new DecimalCells(type, Number(decimal[1]), Number(decimal[2]));
  if (type === 'FLOAT' || type === 'DOUBLE') return new FloatCells(type);
  if (type === 'BOOLEAN') return new BooleanCells(type);
  if (type === 'DATE') return new DateCells(type);
  if (type === 'TIME') return new TimeCells(type);
  if (type === 'TIMESTAMP' || type === 'TIMESTAMPTZ') return new TimestampCells(type);
  return type === 'BLOB' ? new BytesCells(type) : new TextCells(type);
}
