import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readThriftStruct } from '../../src/base/thrift-compact.ts';
import { isCutByContent, type ReadAt } from '../../src/store/chunking/parquet-pages.ts';
import { parquetOfPages } from '../support/thrift-parquet.ts';

const reading =
  (bytes: Buffer): ReadAt =>
  async (offset, length) =>
    bytes.subarray(Math.max(0, offset), Math.max(0, offset + length));
const isCut = (columns: readonly (readonly number[])[]): Promise<boolean> => {
  const bytes = parquetOfPages(columns);
  return isCutByContent(reading(bytes), bytes.length);
};

/** Rows of pages as pyarrow 26 cuts a column of integers: by content, or at 20,000 rows. */
const BY_CONTENT = [20_000, 20_000, 18_539, 20_000, 20_000, 20_000, 16_415, 20_000, 14_072, 9_001, 4_000];
const BY_ROWS = [...new Array<number>(10).fill(20_000), 1_234];
/** Texts fill a page after some batches. */
const BY_BYTES = [...new Array<number>(20).fill(18_432), 17_409, 18_432, 11];

test('pages are cut by content where they end at odd rows in every column', async () => {
  expect(await isCut([BY_CONTENT, BY_CONTENT.toReversed()])).toBe(true);
  expect(await isCut([BY_ROWS, BY_BYTES])).toBe(false);
  expect(await isCut([BY_BYTES])).toBe(false);
  expect(await isCut([BY_CONTENT, BY_ROWS])).toBe(false);
  // A column of a page or two says nothing; a file of such columns neither.
  expect(await isCut([BY_CONTENT, [77_777, 3]])).toBe(true);
  expect(await isCut([[77_777, 3], [80_000]])).toBe(false);
  expect(await isCut([])).toBe(false);
});

test('whatever the bytes are, the answer is yes or no', async () => {
  const bytes = parquetOfPages([BY_CONTENT]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 20 }),
      fc.nat(bytes.length),
      async (changes, length) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) changed[at] = value;
        for (const hostile of [changed, changed.subarray(0, length)])
          expect(typeof (await isCutByContent(reading(hostile), hostile.length))).toBe('boolean');
      },
    ),
  );
});

test('a struct of Thrift that ends early, nests without end or claims more than there is throws a RangeError', () => {
  expect(readThriftStruct(Uint8Array.from([0x15, 0x03, 0x18, 0x01, 0x61, 0x00]))).toEqual({
    struct: { 1: -2, 2: new Uint8Array([0x61]) },
    end: 6,
  });
  for (const bytes of [[0x15], [0x18, 0x7f], [0x19, 0xfc, 0xff, 0xff, 0x03], new Array(100).fill(0x1c)])
    expect(() => readThriftStruct(Uint8Array.from(bytes))).toThrow(RangeError);
});
