import { createHash } from 'node:crypto';
import avro from 'avsc';
import { AvroInput } from '../../engine/formats/avro/input.ts';

/** Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files */
const MAGIC = Buffer.from('Obj\x01');
const SYNC_BYTES = 16;
const HEADER = avro.Type.forSchema({
  type: 'record',
  name: 'header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'magic', size: MAGIC.length } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'sync', size: SYNC_BYTES } },
  ],
});
const LONG = avro.Type.forSchema('long');

/** Numbers of 64 bits, all of them: the library's own are wrong beyond 2^52. */
const LONG64 = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => exactly(bytes.readBigInt64LE()),
  toBuffer: (value: number | bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: (value: number) => value,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (one: number | bigint, other: number | bigint) => (one < other ? -1 : Number(one > other)),
});

/** A number where that holds all digits. */
export function exactly(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Records of an Avro file, with what its header says beside their schema. */
export interface AvroRecords {
  readonly meta: Readonly<Record<string, string>>;
  readonly records: readonly unknown[];
}

/**
 * Write an Avro file, of one block. What is written is the same each time.
 * @param schema with attributes that Avro does not know, which stay in the header
 */
export function encodeAvro(schema: object, { meta, records }: AvroRecords): Buffer {
  const type = typeOf(schema);
  const bodies = records.map((record) => type.toBuffer(record));
  const body = Buffer.concat(bodies);
  const said = { ...meta, 'avro.schema': JSON.stringify(schema), 'avro.codec': 'null' };
  const sync = createHash('sha256')
    .update(body)
    .update(JSON.stringify(said))
    .digest()
    .subarray(0, SYNC_BYTES);
  const header = HEADER.toBuffer({
    magic: MAGIC,
    meta: Object.fromEntries(Object.entries(said).map(([key, value]) => [key, Buffer.from(value)])),
    sync,
  });
  if (records.length === 0) return header;
  return Buffer.concat([header, LONG.toBuffer(records.length), LONG.toBuffer(body.length), body, sync]);
}

/**
 * Read an Avro file as encodeAvro writes them. It comes from a place to which others may write, so that no number in it is believed before
 * there are bytes for it.
 * @throws RangeError for any other
 */
export function decodeAvro(bytes: Uint8Array): AvroRecords {
  try {
    return decode(new AvroInput(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error));
  }
}

function decode(input: AvroInput): AvroRecords {
  if (!bytesIn(input, MAGIC.length).equals(MAGIC)) throw new RangeError('it is no Avro file');
  const meta: Record<string, string> = {};
  eachItem(input, () => {
    const key = bytesIn(input, input.count()).toString();
    meta[key] = bytesIn(input, input.count()).toString();
  });
  bytesIn(input, SYNC_BYTES);
  const schema: unknown = JSON.parse(meta['avro.schema'] ?? 'null');
  const records: unknown[] = [];
  if (input.at === input.bytes.length) return { meta, records };
  const count = input.count();
  // The length of the block says nothing that its records do not.
  input.count();
  input.expect(count, false);
  for (let index = 0; index < count; index++) records.push(valueIn(input, schema));
  return { meta, records };
}

function bytesIn(input: AvroInput, length: number): Buffer {
  const start = input.take(length);
  return input.bytes.subarray(start, start + length);
}

/** Read lists and maps, which come in blocks, of which the last is empty; a negative count stands before the length of its block. */
function eachItem(input: AvroInput, read: () => void): void {
  for (let count = input.count(); count !== 0; count = input.count()) {
    if (count < 0) input.count();
    input.expect(Math.abs(count), false);
    for (let index = 0; index < Math.abs(count); index++) read();
  }
}

/** Read a value of the types that manifests have. */
function valueIn(input: AvroInput, schema: unknown): unknown {
  if (Array.isArray(schema)) {
    const branch: unknown = schema[input.count()];
    if (branch === undefined) throw unknownType(schema);
    return valueIn(input, branch);
  }
  const {
    type = schema,
    fields,
    items,
  } = (typeof schema === 'object' && schema !== null ? schema : { type: schema }) as {
    type?: unknown;
    fields?: unknown;
    items?: unknown;
  };
  switch (type) {
    case 'null':
      return null;
    case 'int':
    case 'long':
      input.long();
      return exactly((BigInt(input.high) << 32n) | BigInt(input.low >>> 0));
    case 'bytes':
      return bytesIn(input, input.count());
    case 'string':
      return bytesIn(input, input.count()).toString();
    case 'array': {
      const all: unknown[] = [];
      eachItem(input, () => all.push(valueIn(input, items)));
      return all;
    }
    case 'record': {
      if (!Array.isArray(fields)) throw unknownType(schema);
      const entries = (fields as { name: string; type: unknown }[]).map(
        (field) => [field.name, valueIn(input, field.type)] as const,
      );
      return Object.fromEntries(entries);
    }
    default:
      throw unknownType(schema);
  }
}

function unknownType(schema: unknown): RangeError {
  return new RangeError(
    `it has the type ${String(JSON.stringify(schema)).slice(0, 100)}, which no manifest has`,
  );
}

/** Unions hold plain values: each of them is of one type and null. */
function typeOf(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false, registry: { long: LONG64 } });
}
