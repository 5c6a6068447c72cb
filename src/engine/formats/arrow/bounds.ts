import { type Data, DataType, type FixedSizeBinary, type FixedSizeList } from 'apache-arrow';
import { BinaryFault } from '../binary-fault.ts';

/** Rows of a batch that has nothing but columns without bytes, as nulls are: what a few bytes may make of themselves. */
const MAX_ROWS_OF_NOTHING = 2 ** 24;

/**
 * Refuses a column of a batch that says it has more values than its buffers hold, or parts of them more than once: a few
 * bytes would otherwise become gigabytes while they are read.
 * @see https://arrow.apache.org/docs/format/Columnar.html#physical-memory-layout
 */
export function assertBacked(data: Data): void {
  const { type, length } = data;
  if (length > mostValues(data))
    throw new BinaryFault(`a column says it has ${length} values, and has fewer`);
  if (hasOffsets(type)) assertOrdered(data.valueOffsets, length, endOf(data));
  if (isView(type) && viewedBytes(data) > MAX_VIEWED_BYTES)
    throw new BinaryFault('the texts of a column show the same bytes again and again');
  for (const child of data.children) assertBacked(child);
  if (DataType.isDictionary(type)) for (const part of data.dictionary?.data ?? []) assertBacked(part);
}

/** What the texts of one batch may be together: more of them than a batch can hold repeat the same bytes. */
const MAX_VIEWED_BYTES = 2 ** 31;
/** A length, then the text itself or where it is. */
const VIEW_BYTES = 16;

function isView(type: DataType): boolean {
  return DataType.isUtf8View(type) || DataType.isBinaryView(type);
}

function viewedBytes({ values, length }: Data): number {
  const views = values as Uint8Array;
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  let bytes = 0;
  for (let row = 0; row < length; row++) bytes += view.getUint32(row * VIEW_BYTES, true);
  return bytes;
}

/** As many values as the buffers have room for; those of lists and texts are told by their offsets. */
function mostValues(data: Data): number {
  const { type } = data;
  if (DataType.isNull(type)) return MAX_ROWS_OF_NOTHING;
  if (hasOffsets(type)) return Math.max(0, (data.valueOffsets?.length ?? 0) - 1);
  if (DataType.isStruct(type)) {
    const { children } = data;
    return children.length === 0 ? MAX_ROWS_OF_NOTHING : Math.min(...children.map((child) => child.length));
  }
  if (DataType.isFixedSizeList(type)) {
    const { listSize } = type as FixedSizeList;
    return listSize === 0 ? MAX_ROWS_OF_NOTHING : (data.children[0]?.length ?? 0) / listSize;
  }
  if (DataType.isUnion(type)) return data.typeIds?.length ?? 0;
  const bytes = (data.values as ArrayBufferView | undefined)?.byteLength ?? 0;
  return bytes / bytesOf(type);
}

function bytesOf(type: DataType): number {
  if (isView(type)) return VIEW_BYTES;
  if (DataType.isBool(type)) return 1 / 8;
  if (DataType.isDictionary(type)) return type.indices.bitWidth / 8;
  if (DataType.isFixedSizeBinary(type)) return (type as FixedSizeBinary).byteWidth;
  if (DataType.isDecimal(type)) return type.bitWidth / 8;
  const { ArrayType, stride } = type as { ArrayType?: { BYTES_PER_ELEMENT?: number }; stride?: number };
  return (ArrayType?.BYTES_PER_ELEMENT ?? 1) * (stride ?? 1);
}

function hasOffsets(type: DataType): boolean {
  return (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type) ||
    isList(type)
  );
}

function isList(type: DataType): boolean {
  return DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type);
}

/** The values or bytes that offsets may point to. */
function endOf(data: Data): number {
  return isList(data.type)
    ? (data.children[0]?.length ?? 0)
    : ((data.values as ArrayBufferView | undefined)?.byteLength ?? 0);
}

function assertOrdered(offsets: Data['valueOffsets'] | BigInt64Array, count: number, end: number): void {
  let before = 0;
  for (let index = 0; index <= count; index++) {
    const offset = Number(offsets[index] ?? 0);
    if (offset < before || offset > end) throw new BinaryFault('the offsets of a column are out of order');
    before = offset;
  }
}
