import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactDecimal, unscaledDecimal } from '../../src/tables/bound-text.ts';
import { orderOf } from '../../src/tables/order.ts';
import { typeOf } from '../../src/tables/parquet/columns.ts';
import { decimalOf, readRawBounds } from '../../src/tables/parquet/decimal-bounds.ts';
import { readFooter } from '../../src/tables/parquet/footer.ts';
import { writeParquet } from '../support/parquet.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-decimals-'));
const file = join(folder, 'd.parquet');
const LONG = '12345678901234567890123456789012345.67';
beforeAll(async () => {
  await writeParquet({
    [file]: `SELECT * FROM (VALUES
      (1.25::DECIMAL(4,2), 99999999999999.9999::DECIMAL(18,4), ${LONG}::DECIMAL(38,2), NULL::DECIMAL(38,2), 18446744073709551615::UBIGINT),
      (-0.05, -99999999999999.9998, -${LONG}, NULL, 0)) t(small, medium, large, none, unsigned)`,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the bounds of decimals of any length are exact', async () => {
  const bytes = readFileSync(file);
  const { bounds } = await readFooter(
    async (at, length) => bytes.subarray(at, at + length),
    bytes.length,
    file,
  );
  const told = Object.fromEntries(bounds.map(({ path, min, max }) => [path[0], [min, max]]));
  expect(told).toMatchObject({
    small: ['-0.05', '1.25'],
    medium: ['-99999999999999.9998', '99999999999999.9999'],
    large: [`-${LONG}`, LONG],
    none: [undefined, undefined],
  });
  // Bytes of unsigned numbers would be read as negative ones.
  expect([undefined, '18446744073709551615']).toContain(told.unsigned![1]);
});

test('and they are compared digit by digit', () => {
  const order = orderOf({ is: 'decimal' });
  expect(order('99999999999999.9998', '99999999999999.9999')).toBeLessThan(0);
  expect(order('-99999999999999.9999', '-99999999999999.9998')).toBeLessThan(0);
  expect(order('1.5', '1.50')).toBe(0);
  expect(order('10', '9.99')).toBeGreaterThan(0);
});

test('text and number are each the other', () => {
  for (const [unscaled, scale, text] of [
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [0n, 0, '0'],
    [-120n, 1, '-12.0'],
    [10n ** 37n, 38, `0.1${'0'.repeat(37)}`],
  ] as const) {
    expect(exactDecimal(unscaled, scale)).toBe(text);
    expect(unscaledDecimal(text, scale)).toBe(unscaled);
  }
});

test('what is no decimal, and what is no footer, bounds nothing', () => {
  const one = Uint8Array.of(1, 0, 0, 0);
  expect(decimalOf(one, 'INT32', 0)).toBe('1');
  expect(decimalOf(one, 'INT64', 0)).toBeUndefined();
  expect(decimalOf(one, 'FIXED_LEN_BYTE_ARRAY', 0)).toBe('16777216');
  expect(decimalOf(new Uint8Array(17), 'BYTE_ARRAY', 0)).toBeUndefined();
  expect(decimalOf(new Uint8Array(0), 'BYTE_ARRAY', 0)).toBeUndefined();
  expect(decimalOf(undefined, 'INT32', 0)).toBeUndefined();
  expect(readRawBounds(Uint8Array.of(0))).toEqual([]);
  expect(() => readRawBounds(Uint8Array.of(0x19))).toThrow(RangeError);
});

test('a scale that no number has makes no text of as many digits', () => {
  for (const [precision, scale] of [
    [9, 400_000_000],
    [9, -5],
    [0, 0],
    [5000, 2],
  ] as const) {
    const element = { name: 'd', type: 'INT32', converted_type: 'DECIMAL', precision, scale } as const;
    expect(typeOf({ element, children: [], count: 1, path: ['d'] })).toEqual({
      is: 'other',
      name: `DECIMAL(${precision},${scale})`,
    });
  }
});
