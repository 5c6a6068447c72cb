import { endOfFile, firstBytes } from '../../source-file.ts';

const MAGIC = 'ARROW1';
/** Behind the footer of a file: its length, and the magic. */
const TRAILER_BYTES = 4 + MAGIC.length;
/** As many bytes as hold the schema of thousands of columns; of a larger one nothing is said here. */
const MAX_SCHEMA_BYTES = 16 * 1024 * 1024;
/** The first bytes of a stream, which hold the beginning of its first message: its schema. */
const START_BYTES = 64 * 1024;
const CONTINUATION = 0xffffffff;

/** Places of fields in the tables Footer, Message and Schema. @see https://github.com/apache/arrow/tree/main/format */
const FOOTER_SCHEMA = 1;
const MESSAGE_HEADER = 2;
const SCHEMA_ENDIANNESS = 0;
const BIG = 1;

/**
 * Whether Arrow IPC, file or stream, says that its numbers are big-endian. apache-arrow does not look at it, and would read them
 * byte-swapped. What is no Arrow is not big-endian.
 * @see https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 */
export function isBigEndian(path: string): boolean {
  try {
    const isFile = firstBytes(path, MAGIC.length).toString('latin1') === MAGIC;
    return isFile ? isBig(footerOf(path), FOOTER_SCHEMA) : isBig(firstMessageOf(path), MESSAGE_HEADER);
  } catch {
    return false;
  }
}

/** A flatbuffer: its root table is where its first four bytes say. */
type Flatbuffer = DataView;

function footerOf(path: string): Flatbuffer {
  const length = endOfFile(path, TRAILER_BYTES).readInt32LE();
  if (length > MAX_SCHEMA_BYTES) throw new RangeError('the footer is too large');
  return viewOf(endOfFile(path, length + TRAILER_BYTES));
}

function firstMessageOf(path: string): Flatbuffer {
  const start = firstBytes(path, START_BYTES);
  return viewOf(start.subarray(start.readUInt32LE() === CONTINUATION ? 8 : 4));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function isBig(view: Flatbuffer, schemaField: number): boolean {
  const field = fieldOf(view, view.getUint32(0, true), schemaField);
  if (field === undefined) return false;
  const endianness = fieldOf(view, field + view.getUint32(field, true), SCHEMA_ENDIANNESS);
  return endianness !== undefined && view.getInt16(endianness, true) === BIG;
}

/** Where a field of a table stands; undefined if it has its default. @see https://flatbuffers.dev/internals/#tables */
function fieldOf(view: Flatbuffer, table: number, field: number): number | undefined {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * field;
  if (slot >= view.getUint16(vtable, true)) return undefined;
  const offset = view.getUint16(vtable + slot, true);
  return offset === 0 ? undefined : table + offset;
}
