import { crc32, deflateRawSync } from 'node:zlib';

/** Bytes as Avro encodes values; the schema says which is which. */
export const avro = {
  long(value: bigint | number): Buffer {
    let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    const bytes: number[] = [];
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    return Buffer.from([...bytes, Number(left)]);
  },
  text(value: string | Uint8Array): Buffer {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([avro.long(bytes.length), bytes]);
  },
  double(value: number): Buffer {
    return Buffer.from(Float64Array.of(value).buffer);
  },
  float(value: number): Buffer {
    return Buffer.from(Float32Array.of(value).buffer);
  },
  list(...items: readonly Uint8Array[]): Buffer {
    return items.length === 0
      ? Buffer.from([0])
      : Buffer.concat([avro.long(items.length), ...items, Buffer.from([0])]);
  },
};

export const SYNC = Buffer.from('0123456789abcdef');

/** The head of an object container file. */
export function avroHead(schema: unknown, codec?: string): Buffer {
  const entries = {
    'avro.schema': typeof schema === 'string' ? schema : JSON.stringify(schema),
    ...(codec && { 'avro.codec': codec }),
  };
  const pairs = Object.entries(entries).map(([key, value]) =>
    Buffer.concat([avro.text(key), avro.text(value)]),
  );
  return Buffer.concat([Buffer.from('Obj\x01'), avro.list(...pairs), SYNC]);
}

/** A block of so many records as it lies in the file. */
export function avroBlock(
  records: bigint | number,
  content: Uint8Array,
  length: bigint | number = content.length,
): Buffer {
  return Buffer.concat([avro.long(records), avro.long(length), content, SYNC]);
}

/** A file of one block. */
export function avroFile(
  schema: unknown,
  records: readonly Uint8Array[],
  codec?: 'null' | 'deflate' | 'snappy',
): Buffer {
  const content = Buffer.concat(records);
  const packed =
    codec === 'deflate' ? deflateRawSync(content) : codec === 'snappy' ? snapped(content) : content;
  return Buffer.concat([avroHead(schema, codec), avroBlock(records.length, packed)]);
}

/** As snappy has bytes that it does not compress: literals of up to 60 bytes, then their checksum. */
function snapped(content: Buffer): Buffer {
  const parts = [varint(content.length)];
  for (let at = 0; at < content.length; at += 60) {
    const literal = content.subarray(at, at + 60);
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([...parts, checksum]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}

/** A schema of a record with these fields. */
export function recordOf(fields: Readonly<Record<string, unknown>>): object {
  return {
    type: 'record',
    name: 'Row',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  };
}
