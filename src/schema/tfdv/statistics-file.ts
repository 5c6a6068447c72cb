import { STATISTICS_DESCRIPTORS } from './statistics-fields.ts';
import { parseTextProto, printTextProto, type TextMessage } from './text-proto.ts';
import { isTfRecord, readTfRecords, writeTfRecord } from './tfrecord.ts';
import { decodeMessage, encodeMessage } from './wire.ts';

const LIST = 'DatasetFeatureStatisticsList';

/** A DatasetFeatureStatisticsList, with what varve does not know kept. */
export type TfdvStatistics = TextMessage;

/**
 * Reads statistics in any of the forms that TFDV writes: binary, TFRecord (its records as one list), text.
 * @throws VarveError `tfdv-invalid`
 */
export function readStatistics(bytes: Uint8Array, where: string): TfdvStatistics {
  if (isTfRecord(bytes)) {
    const records = readTfRecords(bytes, where).map((record) =>
      decodeMessage(record, LIST, STATISTICS_DESCRIPTORS, where),
    );
    return { fields: records.flatMap((record) => record.fields) };
  }
  const start = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
  if (/^\s*(#[^\n]*\n\s*)*(datasets\b|$)/.test(start) && bytes.length > 0)
    return parseTextProto(Buffer.from(bytes).toString('utf8'), where);
  return decodeMessage(bytes, LIST, STATISTICS_DESCRIPTORS, where);
}

/**
 * Writes statistics in one of the forms that TFDV reads.
 * @throws VarveError `tfdv-invalid` if a field that was read from text, and that varve does not know, cannot be binary
 */
export function writeStatistics(statistics: TfdvStatistics, form: 'binary' | 'tfrecord' | 'pbtxt'): Buffer {
  if (form === 'pbtxt') return Buffer.from(printTextProto(statistics));
  const binary = Buffer.from(encodeMessage(statistics, LIST, STATISTICS_DESCRIPTORS));
  return form === 'binary' ? binary : writeTfRecord(binary);
}
