import { readThriftStruct, type ThriftStruct, type ThriftValue } from '../../base/thrift-compact.ts';
import { decimalOfBytes } from '../bound-text.ts';

/** Of a chunk of a column, the bytes of its least and its largest value. */
export interface RawBounds {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
}

/** Numbers of fields. Source: parquet.thrift of https://github.com/apache/parquet-format */
const ROW_GROUPS = 4;
const COLUMNS = 1;
const META_DATA = 3;
const STATISTICS = 12;
const MAX_VALUE = 5;
const MIN_VALUE = 6;

/**
 * Read the bounds of all columns as they lie in a footer, since hyparquet makes floating-point numbers of decimals.
 * @returns by row group, then by the column's number
 * @throws RangeError for bytes that are no footer
 */
export function readRawBounds(footer: Uint8Array): readonly (readonly RawBounds[])[] {
  return structs(readThriftStruct(footer).struct[ROW_GROUPS]).map((group) =>
    structs(group[COLUMNS]).map((column) => {
      const known = structOf(structOf(column[META_DATA])[STATISTICS]);
      return { min: bytesOf(known[MIN_VALUE]), max: bytesOf(known[MAX_VALUE]) };
    }),
  );
}

/**
 * Write a decimal of a footer exactly; undefined if the bytes are none.
 * @param physical the type of Parquet: whole numbers have their lowest byte first, others their highest
 */
export function decimalOf(
  bytes: Uint8Array | undefined,
  physical: string | undefined,
  scale: number,
): string | undefined {
  if (bytes === undefined) return undefined;
  const size = physical === 'INT32' ? 4 : physical === 'INT64' ? 8 : undefined;
  if (size !== undefined && size !== bytes.length) return undefined;
  return decimalOfBytes(size === undefined ? bytes : bytes.toReversed(), scale);
}

function structs(value: ThriftValue | undefined): readonly ThriftStruct[] {
  return Array.isArray(value) ? (value as readonly ThriftValue[]).map(structOf) : [];
}

function structOf(value: ThriftValue | undefined): ThriftStruct {
  const isStruct = typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isStruct ? (value as ThriftStruct) : {};
}

function bytesOf(value: ThriftValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
