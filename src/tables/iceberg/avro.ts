import { createHash } from 'node:crypto';
import avro from 'avsc';

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

/** Read an Avro file that encodeAvro wrote. @throws RangeError for any other */
export function decodeAvro(bytes: Uint8Array): AvroRecords {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error));
  }
}

function decode(bytes: Buffer): AvroRecords {
  const { value, offset } = HEADER.decode(bytes, 0);
  const meta = Object.fromEntries(
    Object.entries((value as { meta: Record<string, Buffer> }).meta).map(([key, text]) => [
      key,
      text.toString(),
    ]),
  );
  const type = typeOf(JSON.parse(meta['avro.schema'] ?? 'null') as object);
  const records: unknown[] = [];
  if (offset >= bytes.length) return { meta, records };
  const count = LONG.decode(bytes, offset);
  let at = LONG.decode(bytes, count.offset).offset;
  for (let index = 0; index < Number(count.value); index++) {
    const record = type.decode(bytes, at);
    if (record.offset < 0) throw new RangeError('it is cut off');
    records.push(record.value);
    at = record.offset;
  }
  return { meta, records };
}

/** Unions hold plain values: each of them is of one type and null. */
function typeOf(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
}
