import { constants, gunzipSync, inflateSync } from 'node:zlib';
import { firstBytes } from '../../source-file.ts';
import { type RecordKind, recordKindOf } from './record-kind.ts';
import { HEAD_BYTES, isGzip, isRecordHead, isZlib } from './records.ts';

/** Enough to tell a message by its first fields. Compressed, a kilobyte becomes a megabyte at most. */
const LOOKED_AT_BYTES = 4096;

/**
 * Tells what a file's first record is, by its beginning. An empty record tells nothing and counts as an Example.
 * @returns undefined if the file does not begin with a record, or with one of another kind
 */
export function kindOfFirstRecord(absolutePath: string): RecordKind | undefined {
  const bytes = decompressed(firstBytes(absolutePath, LOOKED_AT_BYTES));
  if (!isRecordHead(bytes)) return undefined;
  const length = bytes.readUInt32LE(4) * 2 ** 32 + bytes.readUInt32LE(0);
  return recordKindOf(bytes, HEAD_BYTES, HEAD_BYTES + length);
}

function decompressed(start: Buffer): Buffer {
  if (isRecordHead(start)) return start;
  // The beginning of a stream is no whole one.
  const partly = { finishFlush: constants.Z_SYNC_FLUSH };
  try {
    if (isGzip(start)) return gunzipSync(start, partly);
    return isZlib(start) ? inflateSync(start, partly) : start;
  } catch {
    return start;
  }
}
