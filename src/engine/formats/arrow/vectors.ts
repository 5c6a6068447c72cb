import { type Data, DataType, DateUnit, Precision, TimeUnit } from 'apache-arrow';
import type { VectorWriter } from '../../chunks/append.ts';
import { CHUNK_ROWS } from '../../chunks/chunk.ts';
import { TextBuilder } from '../../chunks/column-builders.ts';

/**
 * Gives a way to move a batch's column into the engine as it lies, which takes a fraction of the time that an object for each value takes.
 * Undefined where Arrow lays values out otherwise than the engine does: those are read one by one.
 * @see https://arrow.apache.org/docs/format/Columnar.html#fixed-size-primitive-layout
 */
export function vectorWriter(data: Data): VectorWriter | undefined {
  const { type } = data;
  if (data.offset !== 0) return undefined;
  const width = widthOf(type);
  if (width !== undefined) return fixedWidth(data, width);
  if (DataType.isBool(type)) return booleans(data);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return texts(data, (row) => row, data);
  if (DataType.isDictionary(type)) return dictionaryTexts(data);
  return undefined;
}

/** The bytes of a value that both lay out in the same way; undefined for all other types. */
function widthOf(type: DataType): number | undefined {
  if (DataType.isInt(type)) return type.bitWidth / 8;
  if (DataType.isFloat(type)) return WIDTH_OF_FLOAT[type.precision];
  if (DataType.isDuration(type)) return 8;
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 4 : undefined;
  if (!DataType.isTime(type) && !DataType.isTimestamp(type)) return undefined;
  return type.unit === TimeUnit.MICROSECOND || type.unit === TimeUnit.NANOSECOND ? 8 : undefined;
}

const WIDTH_OF_FLOAT: Readonly<Record<number, number>> = { [Precision.SINGLE]: 4, [Precision.DOUBLE]: 8 };

function fixedWidth(data: Data, width: number): VectorWriter | undefined {
  const { buffer, byteOffset } = data.values as Uint8Array<ArrayBuffer>;
  if (!(buffer instanceof ArrayBuffer)) return undefined;
  return (vector, start, count, engine) => {
    engine.copy_data_to_vector(vector, 0, buffer, byteOffset + start * width, count * width);
    copyValidity(data, vector, start, count, engine);
  };
}

/** A bit a value in Arrow, a byte in the engine. */
function booleans(data: Data): VectorWriter {
  const bits = data.values as Uint8Array;
  const bytes = new Uint8Array(CHUNK_ROWS);
  return (vector, start, count, engine) => {
    for (let row = 0; row < count; row++) {
      const at = start + row;
      bytes[row] = (bits[at >> 3]! >> (at & 7)) & 1;
    }
    engine.copy_data_to_vector(vector, 0, bytes.buffer, 0, count);
    copyValidity(data, vector, start, count, engine);
  };
}

/**
 * @param indexOf the place of a row's text among those that `of` holds
 * @param of the column that has the texts: the rows themselves, or a dictionary
 */
function texts(rows: Data, indexOf: (row: number) => number, of: Data): VectorWriter {
  const { buffer, byteOffset, byteLength } = of.values as Uint8Array;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const edge = edgesOf(of);
  const builder = new TextBuilder('VARCHAR');
  return (vector, start, count, engine) => {
    for (let row = start; row < start + count; row++) {
      const index = indexOf(row);
      if (rows.getValid(row) && of.getValid(index)) builder.add(bytes, edge(index), edge(index + 1));
      else builder.addNull();
    }
    if (!builder.isUtf8)
      decodeInto(builder, count, (row) => {
        const index = indexOf(start + row);
        const isNull = !rows.getValid(start + row) || !of.getValid(index);
        return isNull ? null : bytes.toString('utf8', edge(index), edge(index + 1));
      });
    builder.moveTo(vector, engine);
  };
}

/** What is no UTF-8 stands there with replacement characters, as it does wherever Arrow's own readers meet it. */
function decodeInto(builder: TextBuilder, rows: number, textOf: (row: number) => string | null): void {
  builder.clear();
  for (let row = 0; row < rows; row++) {
    const text = textOf(row);
    if (text === null) builder.addNull();
    else builder.addText(text);
  }
}

/** A function from a text to where its bytes begin; those of the text before end there. */
function edgesOf({ valueOffsets }: Data): (index: number) => number {
  const offsets = valueOffsets as Int32Array | BigInt64Array;
  return offsets instanceof BigInt64Array ? (index) => Number(offsets[index]) : (index) => offsets[index]!;
}

function dictionaryTexts(data: Data): VectorWriter | undefined {
  const [only, ...more] = data.dictionary?.data ?? [];
  const isText = only !== undefined && (DataType.isUtf8(only.type) || DataType.isLargeUtf8(only.type));
  if (!isText || more.length > 0 || only.offset !== 0) return undefined;
  const indices = data.values as Int32Array | BigInt64Array;
  // Whoever asks for a place that is not there reads value by value, and is told.
  for (let row = 0; row < data.length; row++) {
    if (data.getValid(row) && !(Number(indices[row]) >= 0 && Number(indices[row]) < only.length))
      return undefined;
  }
  return texts(data, (row) => (data.getValid(row) ? Number(indices[row]) : 0), only);
}

/** Scratch, valid until the next call. */
const VALID = new Uint8Array(CHUNK_ROWS / 8);

/** Both have a bit a row, low bits first, set where there is a value. Chunks begin at whole bytes. */
function copyValidity(
  data: Data,
  vector: Parameters<VectorWriter>[0],
  start: number,
  count: number,
  engine: Parameters<VectorWriter>[3],
): void {
  const { nullBitmap } = data;
  if (data.nullCount === 0 || nullBitmap === undefined || nullBitmap.length === 0) return;
  VALID.fill(0).set(nullBitmap.subarray(start >> 3, (start + count + 7) >> 3));
  engine.vector_ensure_validity_writable(vector);
  engine.copy_data_to_vector_validity(vector, 0, VALID.buffer, 0, Math.ceil(count / 64) * 8);
}
