import { TextBuilder, WordsBuilder } from '../../chunks/column-builders.ts';
import { BinaryFault } from '../binary-fault.ts';
import type { AvroInput } from './input.ts';
import type { AvroDefinition } from './schema.ts';
import type { ValueReader } from './value-reader.ts';

/** The digits that the engine's decimals have at most. */
const MAX_PRECISION = 38;
const MICROSECONDS_A_DAY = 86_400_000_000;

/**
 * Reads values of logical types as what they mean. A logical type that is unknown, or on a type that it is not for, is passed over: undefined.
 * @see https://avro.apache.org/docs/1.12.0/specification/#logical-types
 */
export function logicalReader(definition: AvroDefinition): ValueReader | undefined {
  const { type, logicalType } = definition;
  const reader = typeof logicalType === 'string' ? READERS[`${logicalType} ${String(type)}`] : undefined;
  return reader?.(definition);
}

/** @throws BinaryFault where a type of fixed size has none */
export function sizeOf({ size }: AvroDefinition): number {
  if (Number.isSafeInteger(size) && Number(size) >= 0) return Number(size);
  throw new BinaryFault('a fixed type of its schema has no size');
}

const READERS: Readonly<Record<string, (definition: AvroDefinition) => ValueReader | undefined>> = {
  'decimal bytes': (definition) => decimalReader(definition, (input) => input.count()),
  'decimal fixed': (definition) => {
    const size = sizeOf(definition);
    return decimalReader(definition, () => size);
  },
  'date int': () => {
    const column = new WordsBuilder('DATE', 1);
    return { column, takesNothing: false, read: (input) => column.add(input.int()) };
  },
  'time-millis int': () => timeReader((input) => input.int() * 1000),
  'time-micros long': () => timeReader((input) => input.count()),
  'timestamp-millis long': () => millisecondsReader('TIMESTAMP WITH TIME ZONE'),
  'timestamp-micros long': () => ticksReader('TIMESTAMP WITH TIME ZONE'),
  'timestamp-nanos long': () => ticksReader('TIMESTAMP_NS'),
  'local-timestamp-millis long': () => millisecondsReader('TIMESTAMP'),
  'local-timestamp-micros long': () => ticksReader('TIMESTAMP'),
  'local-timestamp-nanos long': () => ticksReader('TIMESTAMP_NS'),
  'uuid fixed': (definition) => (definition.size === 16 ? uuidReader() : undefined),
  'duration fixed': (definition) => (definition.size === 12 ? durationReader() : undefined),
};

/** A number of so many bytes in two's complement, high ones first. */
function decimalReader(
  { precision, scale = 0 }: AvroDefinition,
  lengthOf: (input: AvroInput) => number,
): ValueReader | undefined {
  const [digits, places] = [Number(precision), Number(scale)];
  if (!Number.isInteger(digits) || digits < 1 || !(places >= 0 && places <= digits)) return undefined;
  if (digits > MAX_PRECISION)
    throw new BinaryFault(
      `a decimal of its schema has ${digits} digits, of which varve reads up to ${MAX_PRECISION}`,
    );
  const end = 10n ** BigInt(digits);
  const sql = (width: number) => `DECIMAL(${width}, ${places})`;
  // The engine keeps fewer digits than these in 16 bits.
  const column =
    digits > 18
      ? new WordsBuilder(sql(digits), 4)
      : digits > 9
        ? new WordsBuilder(sql(digits), 2)
        : new WordsBuilder(sql(Math.max(digits, 5)), 1);
  const read = (input: AvroInput) => {
    const value = twosComplement(input.bytes, input.take(lengthOf(input)), input.at);
    if (value >= end || value <= -end)
      throw new BinaryFault(`a decimal of it has more than ${digits} digits`);
    if (digits <= 9) column.add(Number(value));
    else if (digits <= 18) column.add64(Number(BigInt.asIntN(32, value)), Number(value >> 32n));
    else {
      const [a, b, c, d] = [0n, 32n, 64n, 96n].map((shift) => Number(BigInt.asIntN(32, value >> shift)));
      column.add128(a!, b!, c!, d!);
    }
  };
  return { column, takesNothing: false, read };
}

function twosComplement(bytes: Buffer, start: number, end: number): bigint {
  const length = end - start;
  if (length === 0) return 0n;
  if (length <= 6) return BigInt(bytes.readIntBE(start, length));
  if (length > 64) throw new BinaryFault('a decimal of it is longer than 64 bytes');
  return BigInt.asIntN(8 * length, BigInt(`0x${bytes.toString('hex', start, end)}`));
}

function timeReader(microsecondsOf: (input: AvroInput) => number): ValueReader {
  const column = new WordsBuilder('TIME', 2);
  const read = (input: AvroInput) => {
    const time = microsecondsOf(input);
    if (!(time >= 0 && time <= MICROSECONDS_A_DAY))
      throw new BinaryFault('a time of day of it is not within a day');
    column.add64(time | 0, Math.floor(time / 2 ** 32));
  };
  return { column, takesNothing: false, read };
}

function ticksReader(sql: string): ValueReader {
  const column = new WordsBuilder(sql, 2);
  const read = (input: AvroInput) => {
    input.long();
    column.add64(input.low, input.high);
  };
  return { column, takesNothing: false, read };
}

/** The engine counts in microseconds, which end in the year 294247. */
function millisecondsReader(sql: string): ValueReader {
  const column = new WordsBuilder(sql, 2);
  const read = (input: AvroInput) => {
    const time = input.count() * 1000;
    if (Number.isSafeInteger(time)) {
      column.add64(time | 0, Math.floor(time / 2 ** 32));
      return;
    }
    const exact = (BigInt(input.high) * 2n ** 32n + BigInt(input.low >>> 0)) * 1000n;
    if (BigInt.asIntN(64, exact) !== exact) throw new BinaryFault('a time of it is beyond the year 294247');
    column.add64(Number(BigInt.asIntN(32, exact)), Number(exact >> 32n));
  };
  return { column, takesNothing: false, read };
}

function uuidReader(): ValueReader {
  const column = new TextBuilder('VARCHAR');
  const read = (input: AvroInput) => {
    const start = input.take(16);
    const hex = input.bytes.toString('hex', start, input.at);
    column.addText(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  };
  return { column, takesNothing: false, read };
}

/** Months, days and milliseconds, of 32 bits each, low bytes first. */
function durationReader(): ValueReader {
  const column = new WordsBuilder('INTERVAL', 4);
  const read = (input: AvroInput) => {
    const start = input.take(12);
    const micros = input.bytes.readUInt32LE(start + 8) * 1000;
    column.add128(
      input.bytes.readInt32LE(start),
      input.bytes.readInt32LE(start + 4),
      micros | 0,
      Math.floor(micros / 2 ** 32),
    );
  };
  return { column, takesNothing: false, read };
}
