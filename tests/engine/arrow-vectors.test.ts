import {
  Bool,
  type Data,
  type DataType,
  DateDay,
  Dictionary,
  DurationMillisecond,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeUtf8,
  makeData,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint16,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAppender } from '../../src/engine/chunks/append.ts';
import { type Engine, openEngine } from '../../src/engine/duckdb.ts';
import { arrowColumn } from '../../src/engine/formats/arrow/values.ts';
import { vectorWriter } from '../../src/engine/formats/arrow/vectors.ts';
import { seededRandom } from '../support/random.ts';

/** More than two of the engine's chunks, and an end within a byte of the bits that say what is null. */
const ROWS = 2 * 2048 + 13;

const TEXTS = ['', 'short', 'a text that is too long to lie in its row', 'ü€😀', 'z'.repeat(300)];
const FIXED = {
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  int64: new Int64(),
  uint16: new Uint16(),
  uint64: new Uint64(),
  float32: new Float32(),
  float64: new Float64(),
  bool: new Bool(),
  duration: new DurationMillisecond(),
  micros: new TimestampMicrosecond(),
  zoned: new TimestampMicrosecond('UTC'),
  nanos: new TimestampNanosecond(),
} as const;
const BOUNDED = { time: new TimeMicrosecond(), day: new DateDay() } as const;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine([], {});
});
afterAll(() => engine.close());

/** The rows as text, once as vectors brought them and once as values did. */
async function bothWays(data: Data): Promise<[string[], string[]]> {
  const column = arrowColumn(data.type);
  const read = column.reader(data);
  const written: string[][] = [];
  for (const writer of [vectorWriter(data), undefined]) {
    await engine.query(`CREATE OR REPLACE TABLE t (i INTEGER, x ${column.sql})`);
    const appender = await openAppender(engine, 't');
    appender.append(data.length, (row, at) => (at === 0 ? row : read(row)), [undefined, writer]);
    appender.close();
    const rows = await engine.connection.runAndReadAll(
      "SELECT coalesce(x::VARCHAR, 'null') FROM t ORDER BY i",
    );
    written.push(rows.getRowsJS().map(([text]) => String(text)));
  }
  expect(vectorWriter(data)).toBeDefined();
  return written as [string[], string[]];
}

function withNulls(type: DataType, bytes: Uint8Array, bits: Uint8Array): Data {
  const nullCount = Array.from({ length: ROWS }, (_, row) => ((bits[row >> 3]! >> (row & 7)) & 1) ^ 1).reduce(
    (sum, isNull) => sum + isNull,
    0,
  );
  const { ArrayType } = type as unknown as { ArrayType: new (buffer: ArrayBufferLike) => never };
  return makeData({
    type,
    length: ROWS,
    nullCount,
    nullBitmap: bits,
    data: new ArrayType(bytes.buffer),
  } as never);
}

/** The same in each run: the engine cannot write, as text, the times of the first day that nanoseconds reach. */
const random = seededRandom(1);
const randomBytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));

const bitsOf = {
  none: new Uint8Array(1024).fill(255),
  all: new Uint8Array(1024),
  some: randomBytes(1024),
};

test.each(Object.entries(FIXED))('a column of %s moves as it lies', async (_, type) => {
  for (const bits of Object.values(bitsOf)) {
    const [moved, read] = await bothWays(withNulls(type, randomBytes(8 * 5000), bits));
    expect(moved).toEqual(read);
  }
});

test.each(Object.entries(BOUNDED))('a column of %s moves as it lies', async (_, type) => {
  const values = Array.from({ length: 5000 }, (__, row) => row * 17);
  const typed = type instanceof DateDay ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
  const [moved, read] = await bothWays(
    withNulls(type, new Uint8Array(typed.buffer), new Uint8Array(1024).fill(0xb7)),
  );
  expect(moved).toEqual(read);
});

test.each([
  new Utf8(),
  new LargeUtf8(),
  new Dictionary(new Utf8(), new Int16()),
  new Dictionary(new LargeUtf8(), new Int32()),
])('texts of %s move as they lie', async (type) => {
  for (const step of [1, 7, 4096]) {
    const values = Array.from({ length: ROWS }, (_, row) =>
      row % step === step - 1 && row % 2 === 0
        ? null
        : `${TEXTS[row % TEXTS.length]}${row % 3 === 0 ? row : ''}`,
    );
    const [moved, read] = await bothWays(vectorFromArray(values, type as Utf8).data[0]!);
    expect(moved).toEqual(read);
    expect(moved).toEqual(values.map((value) => value ?? 'null'));
  }
});

test('what is no UTF-8 comes with replacement characters, whichever way', async () => {
  const { data } = vectorFromArray(['ab', null, 'cd', 'a text of more than twelve bytes'], new Utf8());
  data[0]!.values[1] = 0xff;
  data[0]!.values[4] = 0xff;
  const [moved, read] = await bothWays(data[0]!);
  expect(moved).toEqual(['a\ufffd', 'null', 'cd', '\ufffd text of more than twelve bytes']);
  expect(moved).toEqual(read);
});

test('an index that is in no dictionary is not moved', () => {
  const { data } = vectorFromArray(['a', 'b'], new Dictionary(new Utf8(), new Int32()));
  (data[0]!.values as Int32Array)[1] = 7;
  expect(vectorWriter(data[0]!)).toBeUndefined();
});
