import {
  blobValue,
  type DuckDBValue,
  dateValue,
  decimalValue,
  listValue,
  structValue,
  timeNSValue,
  timestampNanosValue,
  timestampTZValue,
  timestampValue,
  timeValue,
} from '@duckdb/node-api';
import {
  type Data,
  DataType,
  DateUnit,
  type Decimal,
  type Dictionary,
  Int32,
  Int64,
  makeVector,
  type Struct,
  type Time,
  type Timestamp,
  TimeUnit,
} from 'apache-arrow';
import { identifier } from '../../quote.ts';
import type { EngineType } from '../../types.ts';
import { BinaryFault } from '../binary-fault.ts';
import { uniqueNames } from '../names.ts';

/** Reads a batch's data of one column: gives a function from a row to its value. */
export type ArrowColumnReader = (data: Data) => (row: number) => DuckDBValue;

/** A column of an Arrow type, as DuckDB keeps it. */
export interface ArrowColumn {
  readonly sql: string;
  readonly reader: ArrowColumnReader;
  /** Makes the column's type of what DuckDB calls it; absent where they are the same. */
  readonly retype?: (type: EngineType) => EngineType;
}

/**
 * Chooses how to keep a column. Every integer, decimal and time keeps its digits; a type without a counterpart (unions,
 * intervals) becomes text.
 */
export function arrowColumn(type: DataType): ArrowColumn {
  if (DataType.isDictionary(type)) return dictionaryColumn(type);
  if (DataType.isInt(type)) return { sql: INTEGER_TYPES[`${type.isSigned}${type.bitWidth}`]!, reader: plain };
  if (DataType.isFloat(type)) return { sql: type.precision === 2 ? 'DOUBLE' : 'FLOAT', reader: plain };
  if (DataType.isBool(type)) return { sql: 'BOOLEAN', reader: plain };
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type))
    return { sql: 'VARCHAR', reader: plain };
  if (isBinary(type)) return { sql: 'BLOB', reader: mapped<Uint8Array>((bytes) => blobValue(bytes)) };
  if (DataType.isDecimal(type)) return decimalColumn(type);
  if (DataType.isDate(type)) return { sql: 'DATE', reader: type.unit === DateUnit.DAY ? days : milliseconds };
  if (DataType.isDuration(type)) return { sql: 'BIGINT', reader: ticks((value) => value) };
  if (DataType.isTimestamp(type)) return timestampColumn(type);
  if (DataType.isTime(type)) return timeColumn(type);
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type))
    return listColumn(type, offsetsOf);
  if (DataType.isFixedSizeList(type)) return listColumn(type, () => (row) => row * type.listSize);
  if (DataType.isStruct(type)) return structColumn(type);
  return { sql: 'VARCHAR', reader: mapped((value) => String(value)) };
}

function isBinary(type: DataType): boolean {
  return (
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type) ||
    DataType.isBinaryView(type) ||
    DataType.isFixedSizeBinary(type)
  );
}

const INTEGER_TYPES: Readonly<Record<string, string>> = {
  true8: 'TINYINT',
  true16: 'SMALLINT',
  true32: 'INTEGER',
  true64: 'BIGINT',
  false8: 'UTINYINT',
  false16: 'USMALLINT',
  false32: 'UINTEGER',
  false64: 'UBIGINT',
};

const plain: ArrowColumnReader = mapped((value) => value as DuckDBValue);

function mapped<T>(map: (value: T) => DuckDBValue): ArrowColumnReader {
  return (data) => {
    const vector = makeVector(data);
    return (row) => {
      const value = vector.get(row) as T | null;
      return value === null ? null : map(value);
    };
  };
}

/** The 64-bit integers beneath a time: as such, since a number of milliseconds would lose digits. */
function ticks(map: (value: bigint) => DuckDBValue): ArrowColumnReader {
  const read = mapped<bigint>(map);
  return (data) => read(data.clone(new Int64()));
}

const daysOf = mapped<number>((day) => dateValue(day));
/** As such, since a number of milliseconds so far from 1970 is rounded. */
const days: ArrowColumnReader = (data) => daysOf(data.clone(new Int32()));

const DAY_MILLISECONDS = 86_400_000n;
const milliseconds = ticks((value) => {
  const rest = ((value % DAY_MILLISECONDS) + DAY_MILLISECONDS) % DAY_MILLISECONDS;
  return dateValue(Number((value - rest) / DAY_MILLISECONDS));
});

/** Values that stand once in a dictionary, of whatever type; a batch has their indices. */
function dictionaryColumn({ dictionary }: Dictionary): ArrowColumn {
  const values = arrowColumn(dictionary);
  return {
    ...values,
    reader: (data) => {
      const parts = (data.dictionary?.data ?? []).map((part) => ({
        length: part.length,
        read: values.reader(part),
      }));
      return (row) => {
        if (!data.getValid(row)) return null;
        let index = Number(data.values[row]);
        for (const { length, read } of parts) {
          if (index >= 0 && index < length) return read(index);
          index -= length;
        }
        throw new BinaryFault('a value is not in its dictionary');
      };
    },
  };
}

function decimalColumn({ precision, scale }: Decimal): ArrowColumn {
  const reader = mapped<Uint32Array>((words) => {
    const unsigned = words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n);
    return decimalValue(BigInt.asIntN(words.length * 32, unsigned), precision, scale);
  });
  return { sql: `DECIMAL(${precision}, ${scale})`, reader };
}

/** Per unit but nanoseconds, which are kept as such: microseconds in one. */
const MICROSECONDS: Readonly<Record<Exclude<TimeUnit, TimeUnit.NANOSECOND>, (value: bigint) => bigint>> = {
  [TimeUnit.SECOND]: (value) => asTicks(value * 1_000_000n),
  [TimeUnit.MILLISECOND]: (value) => asTicks(value * 1000n),
  [TimeUnit.MICROSECOND]: (value) => value,
};

function asTicks(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new BinaryFault('a time in it is more than 290,000 years from 1970');
}

/** DuckDB's zoned timestamps end at microseconds; of nanoseconds, the zone is kept apart. */
function timestampColumn({ unit, timezone }: Timestamp): ArrowColumn {
  if (unit === TimeUnit.NANOSECOND) {
    const reader = ticks((value) => timestampNanosValue(value));
    return { sql: 'TIMESTAMP_NS', reader, ...(timezone && { retype: zonedNanoseconds }) };
  }
  const micros = MICROSECONDS[unit];
  return timezone
    ? { sql: 'TIMESTAMPTZ', reader: ticks((value) => timestampTZValue(micros(value))) }
    : { sql: 'TIMESTAMP', reader: ticks((value) => timestampValue(micros(value))) };
}

function timeColumn({ unit, bitWidth }: Time): ArrowColumn {
  if (unit === TimeUnit.NANOSECOND) return { sql: 'TIME_NS', reader: ticks((value) => timeNSValue(value)) };
  const micros = MICROSECONDS[unit];
  const reader =
    bitWidth === 64
      ? ticks((value) => timeValue(micros(value)))
      : mapped<number>((value) => timeValue(micros(BigInt(value))));
  return { sql: 'TIME', reader };
}

/** @param edgesOf says where the elements of a row begin; those of the row before end there */
function listColumn(type: DataType, edgesOf: (data: Data) => (row: number) => number): ArrowColumn {
  const element = arrowColumn(type.children[0]!.type);
  return {
    sql: `${element.sql}[]`,
    ...retypedList(element),
    reader: (data) => {
      const read = element.reader(data.children[0]!);
      const edge = edgesOf(data);
      return (row) => {
        if (!data.getValid(row)) return null;
        const start = edge(row);
        return listValue(Array.from({ length: edge(row + 1) - start }, (_, index) => read(start + index)));
      };
    },
  };
}

const offsetsOf = (data: Data) => (row: number) => Number(data.valueOffsets[row]);

function zonedNanoseconds(type: EngineType): EngineType {
  const text = 'TIMESTAMP_NS WITH TIME ZONE';
  return type.kind === 'scalar' ? { ...type, id: text, text } : type;
}

function retypedList({ retype }: ArrowColumn): Pick<ArrowColumn, 'retype'> {
  if (retype === undefined) return {};
  return {
    retype(type) {
      if (type.kind !== 'list') return type;
      const element = retype(type.element);
      return { ...type, element, text: `${element.text}[]` };
    },
  };
}

function retypedStruct(type: EngineType, columns: readonly ArrowColumn[]): EngineType {
  if (type.kind !== 'struct') return type;
  const fields = type.fields.map((field, index) => ({
    name: field.name,
    type: columns[index]?.retype?.(field.type) ?? field.type,
  }));
  return { ...type, fields };
}

function structColumn(type: Struct): ArrowColumn {
  const names = uniqueNames(
    type.children.map(({ name }) => name),
    'field',
  );
  const fields = type.children.map((field, index) => ({ name: names[index]!, ...arrowColumn(field.type) }));
  return {
    ...(fields.some(({ retype }) => retype !== undefined) && { retype: (of) => retypedStruct(of, fields) }),
    sql: `STRUCT(${fields.map(({ name, sql }) => `${identifier(name)} ${sql}`).join(', ')})`,
    reader: (data) => {
      const readers = fields.map(({ reader }, index) => reader(data.children[index]!));
      return (row) =>
        data.getValid(row)
          ? structValue(Object.fromEntries(fields.map(({ name }, index) => [name, readers[index]!(row)])))
          : null;
    },
  };
}
