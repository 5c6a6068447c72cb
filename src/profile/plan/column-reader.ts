import { asBuffer } from '../../base/as-buffer.ts';
import type { Chunk } from '../../engine/chunks/chunk.ts';
import { isNull } from '../../engine/chunks/validity.ts';
import { DoubleAccumulator } from '../accumulators/double-accumulator.ts';
import { IntegerAccumulator } from '../accumulators/integer-accumulator.ts';
import { byteLength, codePoints } from '../accumulators/text-lengths.ts';
import { CLOCKS, type Clock, TimeAccumulator } from '../accumulators/time-accumulator.ts';
import { BignumCounter } from '../counters/bignum-counter.ts';
import type { Counter } from '../counters/counter.ts';
import { type FixedWidthColumn, FixedWidthCounter } from '../counters/fixed-width-counter.ts';
import { type TextColumn, TextCounter } from '../counters/text-counter.ts';
import { readValues } from '../counters/value-rows.ts';
import {
  dateText,
  decimalText,
  doubleText,
  floatText,
  integerOf,
  timestampText,
  timeText,
} from '../counters/value-text.ts';
import { DOUBLE_HASH, integerHash } from '../hashing/int64-hash.ts';
import type { Leaf } from './leaves.ts';

/** How to read a column from the engine, and which counter to use. */
export interface ColumnReader {
  /** The SQL of the column that is read, from that of the leaf. */
  readonly column: (expression: string) => string;
  readonly counter: () => Counter;
}

/** The SQL types of 64 bits in which exact numbers are read where all of them fit. */
export function narrowType({ scalar }: Leaf): string | undefined {
  if (scalar.id === 'HUGEINT' || scalar.id === 'UHUGEINT') return 'BIGINT';
  const wide = scalar.id === 'DECIMAL' && scalar.width > 18 && scalar.scale <= 18;
  return wide ? `DECIMAL(18, ${scalar.scale})` : undefined;
}

/** `narrow` says of a leaf with a narrow type whether all values fit into it. */
export function columnReaderOf(leaf: Leaf, narrow: boolean): ColumnReader {
  const { id, scale, width } = leaf.scalar;
  switch (leaf.type) {
    case 'integer':
      if (narrowType(leaf) !== undefined && !narrow) return bignumReader(0);
      return fixedWidthReader(id === 'UBIGINT' ? id : 'BIGINT', () => integerColumn(0, id === 'UBIGINT'));
    case 'decimal':
      if (width > 18 && !(narrow && narrowType(leaf) !== undefined)) return bignumReader(scale);
      return fixedWidthReader(`DECIMAL(18, ${scale})`, () => integerColumn(scale, false));
    case 'float':
      return fixedWidthReader('DOUBLE', () => doubleColumn(id === 'FLOAT'));
    case 'boolean':
      return fixedWidthReader('BIGINT', () => ({
        read: readValues,
        hash: integerHash(0, false),
        text: (low) => (low === 1 ? 'true' : 'false'),
      }));
    case 'date':
      return fixedWidthReader('DATE', () => ({ ...timeColumn(CLOCKS.date, dateText), read: readDates }));
    case 'time':
      return timeReader(id);
    case 'timestamp':
      return timestampReader(id);
    case 'bytes':
      return textReader('BLOB', textColumnOf(leaf.type));
    default:
      return textReader('VARCHAR', textColumnOf(leaf.type));
  }
}

function fixedWidthReader(type: string, column: () => FixedWidthColumn): ColumnReader {
  return { column: (e) => `CAST(${e} AS ${type})`, counter: () => new FixedWidthCounter(column()) };
}

function textReader(type: string, column: TextColumn): ColumnReader {
  return { column: (e) => `CAST(${e} AS ${type})`, counter: () => new TextCounter(column) };
}

function bignumReader(scale: number): ColumnReader {
  return { column: (e) => `CAST(${e} AS VARCHAR)`, counter: () => new BignumCounter(scale) };
}

/** Nanoseconds are hashed as microseconds with three decimals, so that equal times are equal whatever their unit. */
function timeReader(id: string): ColumnReader {
  const [digits, clock] =
    id === 'TIME_NS' ? ([9, CLOCKS.timeNanoseconds] as const) : ([6, CLOCKS.time] as const);
  return fixedWidthReader(digits === 9 ? id : 'TIME', () => ({
    ...timeColumn(clock, (low, high) => timeText(low, high, digits)),
    hash: integerHash(digits - 6, false),
  }));
}

function timestampReader(id: string): ColumnReader {
  const nanoseconds = id.startsWith('TIMESTAMP_NS');
  const zone = id.endsWith('WITH TIME ZONE') ? 'Z' : '';
  const text = (low: number, high: number) => timestampText(low, high, nanoseconds ? 9 : 6, zone);
  const clock = nanoseconds ? CLOCKS.nanoseconds : CLOCKS.microseconds;
  const type = nanoseconds ? 'TIMESTAMP_NS' : zone === 'Z' ? id : 'TIMESTAMP';
  return fixedWidthReader(type, () => timeColumn(clock, text));
}

function integerColumn(scale: number, unsigned: boolean): FixedWidthColumn {
  const words = new Int32Array(2);
  return {
    read: readValues,
    hash: integerHash(scale, unsigned),
    text: (low, high) => {
      words[0] = low;
      words[1] = high;
      return decimalText(integerOf(words, 0, unsigned), scale);
    },
    accumulator: new IntegerAccumulator(scale, unsigned),
  };
}

function doubleColumn(single: boolean): FixedWidthColumn {
  const text = single ? (low: number, high: number) => floatText(Number(doubleText(low, high))) : doubleText;
  return {
    read: readDoubles,
    hash: DOUBLE_HASH,
    text,
    accumulator: new DoubleAccumulator(single ? floatText : String),
  };
}

function timeColumn(clock: Clock, text: FixedWidthColumn['text']): FixedWidthColumn {
  return {
    read: readValues,
    hash: integerHash(0, false),
    text,
    accumulator: new TimeAccumulator(clock, text),
  };
}

/** A byte order mark that a value begins with is part of it. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

const STRING_COLUMN: TextColumn = { lengthOf: codePoints, text: (bytes) => DECODER.decode(bytes) };

const HEX_COLUMN: TextColumn = {
  lengthOf: byteLength,
  text: (bytes) => asBuffer(bytes).toString('hex'),
};

/** How texts or bytes of a type are written; other types are texts of the engine's. */
export function textColumnOf(type: Leaf['type']): TextColumn {
  return type === 'bytes' ? HEX_COLUMN : STRING_COLUMN;
}

function readDates(chunk: Chunk, column: number, into: Int32Array, occurrences: Float64Array): number {
  const days = chunk.words(column, 1);
  const valid = chunk.valid(column);
  let kept = 0;
  for (let row = 0; row < chunk.rows; row++) {
    const day = days[row]!;
    if (isNull(valid, row)) continue;
    into[2 * kept] = day;
    into[2 * kept + 1] = day >> 31;
    occurrences[kept++] = occurrences[row]!;
  }
  return kept;
}

/** Doubles with one zero and one NaN. */
function readDoubles(chunk: Chunk, column: number, into: Int32Array, occurrences: Float64Array): number {
  const rows = readValues(chunk, column, into, occurrences);
  for (let row = 0; row < rows; row++) {
    const high = into[2 * row + 1]!;
    if (high === -0x80000000 && into[2 * row] === 0) into[2 * row + 1] = 0;
    else if ((high & 0x7ff00000) === 0x7ff00000 && ((high & 0xfffff) !== 0 || into[2 * row] !== 0)) {
      into[2 * row] = 0;
      into[2 * row + 1] = 0x7ff80000;
    }
  }
  return rows;
}
