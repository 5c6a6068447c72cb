import { asBuffer } from '../../base/as-buffer.ts';
import { maskedCrc32c } from '../../base/crc32c.ts';
import { VarveError } from '../../errors.ts';

/**
 * True if bytes begin with a whole record head, which no protocol buffer of statistics does. In TFRecord files
 * (tensorflow.org/tutorials/load_data/tfrecord) each record is its length as a 64-bit number, a masked CRC-32C of the length, the bytes,
 * and a masked CRC-32C of the bytes.
 */
export function isTfRecord(bytes: Uint8Array): boolean {
  const buffer = asBuffer(bytes);
  return buffer.length >= 16 && buffer.readUInt32LE(8) === maskedCrc32c(buffer.subarray(0, 8));
}

/** @throws VarveError `tfdv-invalid` if a record is cut or its checksum is wrong */
export function readTfRecords(bytes: Uint8Array, where: string): Buffer[] {
  const buffer = asBuffer(bytes);
  const records: Buffer[] = [];
  for (let at = 0; at < buffer.length; ) {
    if (buffer.length - at < 16) throw damaged(where, records.length);
    const end = at + 12 + Number(buffer.readBigUInt64LE(at));
    const length = buffer.subarray(at, at + 8);
    if (end + 4 > buffer.length || buffer.readUInt32LE(at + 8) !== maskedCrc32c(length))
      throw damaged(where, records.length);
    const record = buffer.subarray(at + 12, end);
    if (buffer.readUInt32LE(end) !== maskedCrc32c(record)) throw damaged(where, records.length);
    records.push(record);
    at = end + 4;
  }
  return records;
}

function damaged(where: string, record: number): VarveError {
  return new VarveError('tfdv-invalid', `${where}: record ${record + 1} of the TFRecord file is damaged.`, {
    remedy: 'Copy or generate the file again.',
    path: where,
  });
}

export function writeTfRecord(record: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(record.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc32c(record));
  return Buffer.concat([head, record, tail]);
}
