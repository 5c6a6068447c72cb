/** As many bytes as hold the beginning of the first message, which is the schema. */
export const SCHEMA_BYTES = 64 * 1024;

const FILE_MAGIC = 'ARROW1';
const FILE_HEAD_BYTES = 8;
const CONTINUATION = 0xffffffff;
/** The fields' places in the tables Message and Schema. */
const MESSAGE_HEADER = 2;
const SCHEMA_ENDIANNESS = 0;
const BIG = 1;

/**
 * Whether Arrow IPC says that its numbers are big-endian. apache-arrow does not look at it, and would read them byte-swapped.
 * @param start the first bytes of a file or stream; what is no Arrow is not big-endian
 * @see https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
 */
export function isBigEndian(start: Uint8Array): boolean {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const isFile = Buffer.from(start.subarray(0, FILE_MAGIC.length)).toString('latin1') === FILE_MAGIC;
  try {
    const at = isFile ? FILE_HEAD_BYTES : 0;
    const message = at + (view.getUint32(at, true) === CONTINUATION ? 8 : 4);
    const header = fieldOf(view, message + view.getUint32(message, true), MESSAGE_HEADER);
    if (header === undefined) return false;
    const endianness = fieldOf(view, header + view.getUint32(header, true), SCHEMA_ENDIANNESS);
    return endianness !== undefined && view.getInt16(endianness, true) === BIG;
  } catch {
    return false;
  }
}

/** Where a field of a table stands; undefined if it has its default. @see https://flatbuffers.dev/internals/#tables */
function fieldOf(view: DataView, table: number, field: number): number | undefined {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * field;
  if (slot >= view.getUint16(vtable, true)) return undefined;
  const offset = view.getUint16(vtable + slot, true);
  return offset === 0 ? undefined : table + offset;
}
