import { createHash } from 'node:crypto';
import avro from 'avsc';
import { asBuffer } from '../../base/as-buffer.ts';
import { parseShallow } from '../../base/json.ts';
import { codecOf } from '../../engine/formats/avro/codecs.ts';
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
 * Read an Avro file. It comes from a place to which others may write, so that no number in it is believed before there are bytes for it.
 * @throws RangeError if it is none, or has types that no file of Iceberg has
 */
export function decodeAvro(bytes: Uint8Array): AvroRecords {
  const { meta, records } = openAvro(bytes);
  return { meta, records: [...records] };
}

/** As decodeAvro, for files that may expand to many records: these are read one after the other. */
export function openAvro(bytes: Uint8Array): {
  readonly meta: AvroRecords['meta'];
  readonly records: Iterable<unknown>;
} {
  const input = new AvroInput(asBuffer(bytes));
  const meta = asRangeError(() => headOf(input));
  return { meta, records: recordsIn(input, meta) };
}

function headOf(input: AvroInput): Record<string, string> {
  if (!bytesIn(input, MAGIC.length).equals(MAGIC)) throw new RangeError('it is no Avro file');
  const meta: Record<string, string> = {};
  eachItem(input, () => {
    const key = bytesIn(input, input.count()).toString();
    meta[key] = bytesIn(input, input.count()).toString();
  });
  return meta;
}

function* recordsIn(input: AvroInput, meta: AvroRecords['meta']): Generator<unknown> {
  const { codec, schema, sync } = asRangeError(() => ({
    codec: codecOf(meta['avro.codec'] ?? 'null'),
    schema: parseShallow(meta['avro.schema'] ?? 'null'),
    sync: bytesIn(input, SYNC_BYTES),
  }));
  while (input.at < input.bytes.length) {
    const { count, block } = asRangeError(() => ({
      count: input.count(),
      block: new AvroInput(codec(bytesIn(input, input.count()))),
    }));
    asRangeError(() => block.expect(count, false));
    for (let index = 0; index < count; index++) yield asRangeError(() => valueIn(block, schema));
    asRangeError(() => {
      if (!bytesIn(input, SYNC_BYTES).equals(sync)) throw new RangeError('a block does not end as blocks do');
    });
  }
}

function asRangeError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error));
  }
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

/** Read a value of the types that manifests have: in those of others, columns of any type may part a table. */
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
    values,
    size,
  } = (typeof schema === 'object' && schema !== null ? schema : { type: schema }) as {
    type?: unknown;
    fields?: unknown;
    items?: unknown;
    values?: unknown;
    size?: unknown;
  };
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return bytesIn(input, 1)[0] === 1;
    case 'float':
      return bytesIn(input, 4).readFloatLE();
    case 'double':
      return bytesIn(input, 8).readDoubleLE();
    case 'fixed':
      return bytesIn(input, Number(size));
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
    case 'map': {
      const all: (readonly [string, unknown])[] = [];
      eachItem(input, () => {
        const key = bytesIn(input, input.count()).toString();
        all.push([key, valueIn(input, values)]);
      });
      return Object.fromEntries(all);
    }
    case 'record': {
      if (!Array.isArray(fields)) throw unknownType(schema);
      const entries = (fields as { name: string; type: unknown }[]).map(
        (field) => [field.name, valueIn(input, field.type)] as const,
      );
      return Object.fromEntries(entries);
    }
    default:
      // A type within a type, such as {"type": {"type": "record", …}}.
      if (typeof type === 'object' && type !== null) return valueIn(input, type);
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
