import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';
import { protoFloatText } from './message.ts';
import { stringBytes, stringScalar, type TextField, type TextMessage } from './text-proto.ts';

/**
 * Protocol buffers' wire format (protobuf.dev/programming-guides/encoding). Messages have the same form as those of the
 * text format; a field without a descriptor is named by its number and keeps its bytes.
 */
export interface FieldType {
  readonly number: number;
  readonly kind: 'string' | 'bytes' | 'double' | 'float' | 'integer' | 'boolean' | 'enum' | 'message';
  /** The message's or enum's name. */
  readonly of?: string;
}

export interface Descriptors {
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldType>>>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

const MAX_DEPTH = 100;
/** Values in one file: those of ten thousand features. Each takes some hundred bytes, however few it had in the file. */
const MAX_VALUES = 5_000_000;

/** @throws VarveError `tfdv-invalid` if bytes are cut, or nested more than 100 deep, or if there are more than five million values */
export function decodeMessage(
  bytes: Uint8Array,
  type: string,
  descriptors: Descriptors,
  where: string,
): TextMessage {
  return new Decoder(descriptors, where).message(bytes, type, 0);
}

class Decoder {
  readonly #descriptors: Descriptors;
  readonly #where: string;
  #counted = 0;
  readonly #names = new Map<string, Map<number, readonly [string, FieldType]>>();

  constructor(descriptors: Descriptors, where: string) {
    this.#descriptors = descriptors;
    this.#where = where;
  }

  message(bytes: Uint8Array, type: string, depth: number): TextMessage {
    if (depth > MAX_DEPTH) this.#fail('it is nested more than 100 deep');
    const known = this.#fieldsOf(type);
    const fields: TextField[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, raw] = this.#read(() => {
        const [number, wire] = reader.tag();
        return [number, rawOf(reader, wire)] as const;
      });
      const [name, field] = known.get(number) ?? [String(number), undefined];
      for (const value of this.#values(raw, field, depth)) {
        const isKnown = value !== undefined;
        fields.push({ name: isKnown ? name : String(number), value: isKnown ? value : unknown(raw) });
      }
    }
    return { fields };
  }

  #fieldsOf(type: string): Map<number, readonly [string, FieldType]> {
    const found = this.#names.get(type);
    if (found !== undefined) return found;
    const made = new Map(
      Object.entries(this.#descriptors.messages[type] ?? {}).map(([name, field]) => [
        field.number,
        [name, field] as const,
      ]),
    );
    this.#names.set(type, made);
    return made;
  }

  /** One value, more where numbers are packed; undefined if the bytes do not fit the descriptor. */
  #values(raw: Raw, field: FieldType | undefined, depth: number): (string | TextMessage | undefined)[] {
    this.#count(1);
    if (field === undefined) return [undefined];
    if (typeof raw === 'bigint') return [varintText(raw, field, this.#descriptors)];
    const { wire, bytes } = raw;
    if (field.kind === 'double' || field.kind === 'float') {
      this.#count(bytes.length / 8);
      return floats(bytes, wire, field.kind);
    }
    if (wire !== WireType.LengthDelimited) return [undefined];
    if (field.kind === 'message') return [this.message(bytes, field.of as string, depth + 1)];
    if (field.kind === 'string' || field.kind === 'bytes') return [stringScalar(bytes)];
    const packed: (string | undefined)[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      this.#count(1);
      const value = this.#read(() => BigInt(reader.uint64()));
      packed.push(varintText(value, field, this.#descriptors));
    }
    return packed;
  }

  #count(values: number): void {
    this.#counted += values;
    if (this.#counted > MAX_VALUES) this.#fail('it holds more than five million values');
  }

  /** The reader says that bytes are cut, or of no known type, by an error of its own. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #fail(what: string): never {
    throw new VarveError('tfdv-invalid', `${this.#where}: not a protocol buffer of statistics: ${what}.`, {
      remedy: 'Is the file whole, and written by TensorFlow Data Validation?',
      path: this.#where,
    });
  }
}

type Raw = bigint | { readonly wire: WireType; readonly bytes: Buffer };

/** @throws Error if bytes are cut */
function rawOf(reader: BinaryReader, wire: WireType): Raw {
  if (wire === WireType.Varint) return BigInt(reader.uint64());
  const fixed = wire === WireType.Bit64 ? 8 : wire === WireType.Bit32 ? 4 : undefined;
  if (fixed === undefined && wire !== WireType.LengthDelimited)
    throw new Error(`wire type ${wire} is not known`);
  const from = reader.pos;
  const bytes = fixed === undefined ? reader.bytes() : reader.skip(wire);
  if (bytes.length < (fixed ?? 0)) throw new Error(`a number is cut at byte ${from}`);
  return { wire, bytes: asBuffer(bytes) };
}

function varintText(value: bigint, field: FieldType, { enums }: Descriptors): string | undefined {
  if (field.kind === 'boolean') return value === 0n ? 'false' : 'true';
  if (field.kind === 'enum')
    return enums[field.of as string]?.[Number(value)] || String(BigInt.asIntN(64, value));
  return field.kind === 'integer' ? String(BigInt.asIntN(64, value)) : undefined;
}

function floats(bytes: Buffer, wire: WireType, kind: 'double' | 'float'): (string | undefined)[] {
  const size = kind === 'double' ? 8 : 4;
  if (bytes.length % size !== 0 || (wire !== WireType.LengthDelimited && bytes.length !== size))
    return [undefined];
  return Array.from({ length: bytes.length / size }, (_, index) =>
    protoFloatText(
      kind === 'double' ? bytes.readDoubleLE(index * 8) : shortFloat(bytes.readFloatLE(index * 4)),
    ),
  );
}

/** The shortest decimal that gives the same 32-bit float. */
function shortFloat(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Writes an unknown field as protocol buffers print it: a number, 8 or 16 hexadecimal digits, or a string. */
function unknown(raw: Raw): string {
  if (typeof raw === 'bigint') return String(raw);
  if (raw.wire === WireType.LengthDelimited) return stringScalar(raw.bytes);
  const value = raw.wire === WireType.Bit64 ? raw.bytes.readBigUInt64LE() : BigInt(raw.bytes.readUInt32LE());
  return `0x${value.toString(16).padStart(raw.bytes.length * 2, '0')}`;
}

/** @throws VarveError `tfdv-invalid` if a field by name has no descriptor, or its value is of another kind */
export function encodeMessage(message: TextMessage, type: string, descriptors: Descriptors): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, value } of message.fields) {
    const known = descriptors.messages[type]?.[name];
    const isWritten =
      known === undefined ? writeUnknown(writer, name, value) : writeKnown(writer, known, value, descriptors);
    if (!isWritten)
      throw new VarveError('tfdv-invalid', `The field \`${name}\` of ${type} cannot be written as binary.`, {
        remedy: 'Write text (pbtxt), which keeps fields that varve does not know.',
      });
  }
  return writer.finish();
}

/** Writes a field of the descriptor; false if its value is of another kind. */
function writeKnown(
  writer: BinaryWriter,
  { number, kind, of = '' }: FieldType,
  value: string | TextMessage,
  descriptors: Descriptors,
): boolean {
  if (kind === 'message') {
    if (typeof value === 'string') return false;
    writer.tag(number, WireType.LengthDelimited).bytes(encodeMessage(value, of, descriptors));
    return true;
  }
  if (typeof value !== 'string') return false;
  if (kind === 'string' || kind === 'bytes')
    writer.tag(number, WireType.LengthDelimited).bytes(stringBytes(value));
  else if (kind === 'double') writer.tag(number, WireType.Bit64).double(floatOf(value));
  // protobuf-es refuses finite numbers beyond a 32-bit float, which others write as infinite.
  else if (kind === 'float') writer.tag(number, WireType.Bit32).float(Math.fround(floatOf(value)));
  else return writeInteger(writer, number, integerOf(kind, value, descriptors.enums[of]));
  return true;
}

function integerOf(
  kind: FieldType['kind'],
  value: string,
  names: readonly string[] = [],
): bigint | undefined {
  const index = kind === 'enum' ? names.indexOf(value) : -1;
  if (index >= 0) return BigInt(index);
  if (kind === 'boolean') return value === 'true' ? 1n : 0n;
  if (!/^-?(\d+|0x[0-9a-f]+)$/i.test(value)) return undefined;
  return value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value);
}

function writeInteger(writer: BinaryWriter, number: number, value: bigint | undefined): boolean {
  if (value === undefined) return false;
  writer.tag(number, WireType.Varint).uint64(BigInt.asUintN(64, value));
  return true;
}

function floatOf(text: string): number {
  if (/^-?inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text.replace(/f$/i, ''));
}

/** Writes a field that is named by its number, in the form that `unknown` gave it; false if it is in none. */
function writeUnknown(writer: BinaryWriter, name: string, value: string | TextMessage): boolean {
  const number = /^\d{1,9}$/.test(name) ? Number(name) : 0;
  if (number === 0 || typeof value !== 'string') return false;
  if (/^["']/.test(value)) writer.tag(number, WireType.LengthDelimited).bytes(stringBytes(value));
  else if (/^\d+$/.test(value)) return writeInteger(writer, number, BigInt(value));
  else if (/^0x[0-9a-f]{16}$/.test(value)) writer.tag(number, WireType.Bit64).fixed64(BigInt(value));
  else if (/^0x[0-9a-f]{8}$/.test(value)) writer.tag(number, WireType.Bit32).fixed32(Number(value));
  else return false;
  return true;
}
