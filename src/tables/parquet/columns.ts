import type { SchemaElement, SchemaTree } from 'hyparquet';
import type { ColumnType, PrimitiveName, TableColumn } from '../model.ts';

/** The columns of a Parquet file. Source: https://github.com/apache/parquet-format, LogicalTypes.md. */
export function columnsOf(root: SchemaTree): TableColumn[] {
  return root.children.map((child) => ({ name: child.element.name, type: typeOf(child) }));
}

/** The type of a column, a field or an element. What is repeated without being in a list is a list of its own. */
export function typeOf(node: SchemaTree): ColumnType {
  const type = typeOfOne(node);
  return node.element.repetition_type === 'REPEATED' ? { is: 'list', element: type } : type;
}

function typeOfOne({ element, children }: SchemaTree): ColumnType {
  if (children.length === 0) return leafType(element);
  const kind = element.logical_type?.type ?? element.converted_type;
  const [only] = children;
  if (kind === 'LIST' && children.length === 1 && only!.element.repetition_type === 'REPEATED')
    return { is: 'list', element: elementOf(only!) };
  if ((kind === 'MAP' || kind === 'MAP_KEY_VALUE') && only?.children.length === 2) {
    const [key, value] = only.children;
    return { is: 'map', key: typeOf(key!), value: typeOf(value!) };
  }
  if (kind === 'VARIANT') return { is: 'other', name: kind };
  return {
    is: 'struct',
    fields: children.map((child) => ({ name: child.element.name, type: typeOf(child) })),
  };
}

/** Older writers leave out the group around an element: LogicalTypes.md, "Backward-compatibility rules". */
function elementOf(repeated: SchemaTree): ColumnType {
  const { element, children } = repeated;
  const isElement = children.length !== 1 || element.name === 'array' || element.name.endsWith('_tuple');
  return isElement ? typeOfOne(repeated) : typeOf(children[0]!);
}

function leafType(element: SchemaElement): ColumnType {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') return decimal(element);
  const named = PLAIN[logical?.type ?? ''] ?? CONVERTED[converted ?? ''];
  if (named !== undefined) return { is: named };
  if (logical?.type === 'TIMESTAMP') return { is: logical.isAdjustedToUTC ? 'timestamp' : 'timestamp_ntz' };
  if (logical?.type === 'INTEGER') return integer(logical.bitWidth, logical.isSigned);
  if (logical !== undefined && !KEPT.has(logical.type)) return { is: 'other', name: logical.type };
  if (converted === 'INTERVAL') return { is: 'other', name: converted };
  const physical = PHYSICAL[type ?? ''];
  return physical === undefined ? { is: 'other', name: String(type) } : { is: physical };
}

function decimal({ logical_type: logical, precision = 0, scale = 0 }: SchemaElement): ColumnType {
  const said = logical?.type === 'DECIMAL' ? logical : { precision, scale };
  return isDecimal(said)
    ? { is: 'decimal', precision: said.precision, scale: said.scale }
    : { is: 'other', name: `DECIMAL(${said.precision},${said.scale})` };
}

/** Of the widest that writers make, Arrow's of 256 bits. */
const MAX_DIGITS = 76;

/** A stranger's file may say anything, and as many digits would be written. */
function isDecimal({ precision, scale }: { readonly precision: number; readonly scale: number }): boolean {
  return precision >= 1 && precision <= MAX_DIGITS && scale >= 0 && scale <= precision;
}

/** As Spark reads integers without a sign: by the next type that holds them all. */
function integer(bits: number, isSigned: boolean): ColumnType {
  if (!isSigned && bits > 32) return { is: 'decimal', precision: 20, scale: 0 };
  const wide = isSigned ? bits : bits * 2;
  return { is: wide <= 8 ? 'byte' : wide <= 16 ? 'short' : wide <= 32 ? 'integer' : 'long' };
}

/** Logical types that say nothing which the physical type does not. */
const KEPT: ReadonlySet<string> = new Set(['LIST', 'MAP']);
const PLAIN: Readonly<Record<string, PrimitiveName>> = {
  STRING: 'string',
  ENUM: 'string',
  JSON: 'string',
  BSON: 'binary',
  UUID: 'uuid',
  DATE: 'date',
  TIME: 'time',
};
const CONVERTED: Readonly<Record<string, PrimitiveName>> = {
  UTF8: 'string',
  ENUM: 'string',
  JSON: 'string',
  BSON: 'binary',
  DATE: 'date',
  TIME_MILLIS: 'time',
  TIME_MICROS: 'time',
  INT_8: 'byte',
  INT_16: 'short',
  UINT_8: 'short',
  UINT_16: 'integer',
  UINT_32: 'long',
};
const PHYSICAL: Readonly<Record<string, PrimitiveName>> = {
  BOOLEAN: 'boolean',
  INT32: 'integer',
  INT64: 'long',
  INT96: 'timestamp',
  FLOAT: 'float',
  DOUBLE: 'double',
  BYTE_ARRAY: 'binary',
  FIXED_LEN_BYTE_ARRAY: 'binary',
};
