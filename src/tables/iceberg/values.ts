import {
  dateBound,
  decimalOfBytes,
  floatBound,
  integerBound,
  timestampBound,
  unscaledDecimal,
} from '../bound-text.ts';
import type { ColumnType } from '../model.ts';

/**
 * Write a bound as Iceberg does; undefined for what has none. Source: https://iceberg.apache.org/spec/#binary-single-value-serialization
 * @param text as a profile writes values
 */
export function singleValue(type: ColumnType, text: string): Buffer | undefined {
  switch (type.is) {
    case 'byte':
    case 'short':
    case 'integer':
      return int32(Number(text));
    case 'date':
      return int32(Date.parse(`${text}T00:00:00Z`) / 86_400_000);
    case 'long':
      return int64(BigInt(text));
    case 'timestamp':
    case 'timestamp_ntz':
      return int64(microseconds(text));
    case 'float': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(text));
      return bytes;
    }
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(text));
      return bytes;
    }
    case 'decimal':
      return twosComplement(unscaledDecimal(text, type.scale));
    case 'string':
      return Buffer.from(text);
    default:
      return undefined;
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function microseconds(text: string): bigint {
  const [, whole = text, digits = ''] = /^(.*:\d\d)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(digits.padEnd(6, '0'));
}

/** As few bytes as hold it, the highest first. */
function twosComplement(value: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length += 1;
  const hex = BigInt.asUintN(8 * length, value)
    .toString(16)
    .padStart(2 * length, '0');
  return Buffer.from(hex, 'hex');
}

/**
 * Read a bound as Iceberg writes it; undefined for what is none of the type, or may have been rounded. A column that was promoted, such as
 * from int to long, has the bounds of older files in the type that it had.
 * @returns text as a profile writes values
 */
export function typedValue(type: ColumnType, bytes: Buffer): string | undefined {
  switch (type.is) {
    case 'boolean':
      return bytes.length === 1 ? String(bytes[0] !== 0) : undefined;
    case 'integer':
    case 'long':
      return isAsLong(bytes, type.is === 'long') ? integerBound(wholeNumber(bytes), type.is) : undefined;
    case 'date':
      return bytes.length === 4 ? dateBound(bytes.readInt32LE() * DAY_MS) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return bytes.length === 8 ? timestampBound(bytes.readBigInt64LE()) : undefined;
    case 'float':
    case 'double':
      return isAsLong(bytes, type.is === 'double')
        ? floatBound(bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE())
        : undefined;
    case 'decimal':
      return decimalOfBytes(bytes, type.scale);
    case 'string':
      return utf8(bytes);
    default:
      return undefined;
  }
}

const DAY_MS = 86_400_000;

function isAsLong({ length }: Buffer, mayBeEight: boolean): boolean {
  return length === 4 || (mayBeEight && length === 8);
}

function wholeNumber(bytes: Buffer): bigint {
  return bytes.length === 4 ? BigInt(bytes.readInt32LE()) : bytes.readBigInt64LE();
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
