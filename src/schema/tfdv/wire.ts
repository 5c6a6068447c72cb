import { VarveError } from '../../errors.ts';
import { floatText } from './message.ts';
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

const greatestDepth = 100;

/** @throws VarveError `tfdv-invalid` where bytes are cut, or nested more than 100 deep */
export function decodeMessage(
  bytes: Uint8Array,
  type: string,
  descriptors: Descriptors,
  where: string,
): TextMessage {
  return new Decoder(descriptors, where).message(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    type,
    0,
  );
}

class Decoder {
  readonly #descriptors: Descriptors;
  readonly #where: string;
  readonly #names = new Map<string, Map<number, readonly [string, FieldType]>>();

  constructor(descriptors: Descriptors, where: string) {
    this.#descriptors = descriptors;
    this.#where = where;
  }

  message(bytes: Buffer, type: string, depth: number): TextMessage {
    if (depth > greatestDepth) this.#fail('it is nested more than 100 deep');
    const known = this.#fieldsOf(type);
    const fields: TextField[] = [];
    for (let at = 0; at < bytes.length; ) {
      const [key, afterKey] = this.#varint(bytes, at);
      const number = Number(key >> 3n);
      const [raw, end] = this.#raw(bytes, afterKey, Number(key & 7n));
      at = end;
      const [name, field] = known.get(number) ?? [String(number), undefined];
      fields.push(
        ...this.#values(raw, field, depth).map((value) => ({
          name: value === undefined ? String(number) : name,
          value: value ?? unknown(raw),
        })),
      );
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

  #varint(bytes: Buffer, start: number): [bigint, number] {
    let value = 0n;
    for (let at = start; at < bytes.length && at < start + 10; at++) {
      const byte = bytes[at] as number;
      value |= BigInt(byte & 127) << BigInt(7 * (at - start));
      if (byte < 128) return [BigInt.asUintN(64, value), at + 1];
    }
    return this.#fail('a number is cut');
  }

  #raw(bytes: Buffer, at: number, wire: number): [Raw, number] {
    if (wire === 0) {
      const [value, end] = this.#varint(bytes, at);
      return [value, end];
    }
    const [length, start] = wire === 2 ? this.#varint(bytes, at) : [wire === 1 ? 8n : 4n, at];
    if (wire !== 1 && wire !== 2 && wire !== 5) this.#fail(`wire type ${wire} is not known`);
    const end = start + Number(length);
    if (end > bytes.length) this.#fail('a field is longer than what holds it');
    return [{ wire, bytes: bytes.subarray(start, end) }, end];
  }

  /** One value, more where numbers are packed; undefined where the bytes do not fit the descriptor. */
  #values(raw: Raw, field: FieldType | undefined, depth: number): (string | TextMessage | undefined)[] {
    if (field === undefined) return [undefined];
    if (typeof raw === 'bigint') return [varintText(raw, field, this.#descriptors)];
    const { wire, bytes } = raw;
    if (field.kind === 'double' || field.kind === 'float') return floats(bytes, wire, field.kind);
    if (wire !== 2) return [undefined];
    if (field.kind === 'message') return [this.message(bytes, field.of as string, depth + 1)];
    if (field.kind === 'string' || field.kind === 'bytes') return [stringScalar(bytes)];
    const packed: (string | undefined)[] = [];
    for (let at = 0; at < bytes.length; ) {
      const [value, end] = this.#varint(bytes, at);
      packed.push(varintText(value, field, this.#descriptors));
      at = end;
    }
    return packed;
  }

  #fail(what: string): never {
    throw new VarveError('tfdv-invalid', `${this.#where}: not a protocol buffer of statistics: ${what}.`, {
      remedy: 'Is the file whole, and written by TensorFlow Data Validation?',
      path: this.#where,
    });
  }
}

type Raw = bigint | { readonly wire: number; readonly bytes: Buffer };

function varintText(value: bigint, field: FieldType, { enums }: Descriptors): string | undefined {
  if (field.kind === 'boolean') return value === 0n ? 'false' : 'true';
  if (field.kind === 'enum')
    return enums[field.of as string]?.[Number(value)] || String(BigInt.asIntN(64, value));
  return field.kind === 'integer' ? String(BigInt.asIntN(64, value)) : undefined;
}

function floats(bytes: Buffer, wire: number, kind: 'double' | 'float'): (string | undefined)[] {
  const size = kind === 'double' ? 8 : 4;
  if (bytes.length % size !== 0 || (wire !== 2 && bytes.length !== size)) return [undefined];
  return Array.from({ length: bytes.length / size }, (_, index) =>
    floatText(kind === 'double' ? bytes.readDoubleLE(index * 8) : shortFloat(bytes.readFloatLE(index * 4))),
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

/** As protocol buffers print unknown fields: a number, 8 or 16 hexadecimal digits, or a string. */
function unknown(raw: Raw): string {
  if (typeof raw === 'bigint') return String(raw);
  if (raw.wire === 2) return stringScalar(raw.bytes);
  const value = raw.wire === 1 ? raw.bytes.readBigUInt64LE() : BigInt(raw.bytes.readUInt32LE());
  return `0x${value.toString(16).padStart(raw.bytes.length * 2, '0')}`;
}

/** @throws VarveError `tfdv-invalid` where a field by name has no descriptor, or its value is of another kind */
export function encodeMessage(message: TextMessage, type: string, descriptors: Descriptors): Buffer {
  const parts: Buffer[] = [];
  for (const { name, value } of message.fields) {
    const known = descriptors.messages[type]?.[name];
    const bytes = known === undefined ? encodeUnknown(name, value) : encodeKnown(known, value, descriptors);
    if (bytes === undefined)
      throw new VarveError('tfdv-invalid', `The field \`${name}\` of ${type} cannot be written as binary.`, {
        remedy: 'Write text (pbtxt), which keeps fields that varve does not know.',
      });
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function encodeKnown(
  { number, kind, of = '' }: FieldType,
  value: string | TextMessage,
  descriptors: Descriptors,
): Buffer | undefined {
  if (kind === 'message')
    return typeof value === 'string' ? undefined : tagged(number, 2, encodeMessage(value, of, descriptors));
  if (typeof value !== 'string') return undefined;
  if (kind === 'string' || kind === 'bytes') return tagged(number, 2, stringBytes(value));
  if (kind === 'double' || kind === 'float') return floatBytes(number, kind, value);
  const index = kind === 'enum' ? (descriptors.enums[of] ?? []).indexOf(value) : -1;
  if (index >= 0) return tagged(number, 0, varint(BigInt(index)));
  if (kind === 'boolean') return tagged(number, 0, varint(value === 'true' ? 1n : 0n));
  return /^-?(\d+|0x[0-9a-f]+)$/i.test(value) ? tagged(number, 0, varint(toBigInt(value))) : undefined;
}

function toBigInt(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

function floatBytes(number: number, kind: 'double' | 'float', text: string): Buffer {
  const value = /^-?inf/i.test(text)
    ? text.startsWith('-')
      ? -Infinity
      : Infinity
    : Number(text.replace(/f$/i, ''));
  const bytes = Buffer.alloc(kind === 'double' ? 8 : 4);
  if (kind === 'double') bytes.writeDoubleLE(value);
  else bytes.writeFloatLE(value);
  return tagged(number, kind === 'double' ? 1 : 5, bytes);
}

function encodeUnknown(name: string, value: string | TextMessage): Buffer | undefined {
  const number = /^\d{1,9}$/.test(name) ? Number(name) : undefined;
  if (number === undefined || typeof value !== 'string') return undefined;
  if (/^["']/.test(value)) return tagged(number, 2, stringBytes(value));
  if (/^\d+$/.test(value)) return tagged(number, 0, varint(BigInt(value)));
  const fixed = Buffer.from((/^0x((?:[0-9a-f]{8}){1,2})$/.exec(value)?.[1] ?? '') as string, 'hex').reverse();
  return fixed.length === 0 ? undefined : tagged(number, fixed.length === 8 ? 1 : 5, fixed);
}

function tagged(number: number, wire: number, bytes: Buffer): Buffer {
  const key = varint((BigInt(number) << 3n) | BigInt(wire));
  return Buffer.concat(wire === 2 ? [key, varint(BigInt(bytes.length)), bytes] : [key, bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
