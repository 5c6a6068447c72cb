import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAvro, encodeAvro, exactly } from '../../../src/tables/iceberg/avro.ts';
import { singleValue } from '../../../src/tables/iceberg/values.ts';

test('decimals take as few bytes as hold them, the highest first', () => {
  const decimal = { is: 'decimal', precision: 38, scale: 2 } as const;
  expect(singleValue(decimal, '14.20')?.toString('hex')).toBe('058c');
  expect(singleValue(decimal, '-0.05')?.toString('hex')).toBe('fb');
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), (unscaled) => {
      const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(3, '0');
      const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
      const bytes = singleValue(decimal, text)!;
      expect(BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`))).toBe(unscaled);
    }),
  );
});

test('times are microseconds, before 1970 too', () => {
  const timestamp = { is: 'timestamp' } as const;
  expect(singleValue(timestamp, '1969-12-31T23:59:59.999999')?.readBigInt64LE()).toBe(-1n);
  expect(singleValue(timestamp, '1970-01-01T00:00:00')?.readBigInt64LE()).toBe(0n);
  expect(singleValue({ is: 'date' }, '1969-12-31')?.readInt32LE()).toBe(-1);
});

const SCHEMA = {
  type: 'record',
  name: 'r',
  fields: [
    { name: 'a', type: 'long', 'field-id': 1 },
    { name: 'b', type: ['null', 'bytes'], default: null, 'field-id': 2 },
  ],
};

test('what is written to an Avro file is read again, and the same each time', () => {
  const record = fc.record({
    a: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exactly),
    b: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  });
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const bytes = encodeAvro(SCHEMA, { meta: { content: 'data' }, records });
      expect(encodeAvro(SCHEMA, { meta: { content: 'data' }, records })).toEqual(bytes);
      const { meta, records: read } = decodeAvro(bytes);
      expect(meta).toMatchObject({ content: 'data', 'avro.codec': 'null' });
      expect(read.map((one) => ({ ...(one as object) }))).toEqual(records);
    }),
  );
});

test('other bytes are no Avro file', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(() => decodeAvro(bytes)).toThrow(RangeError);
    }),
  );
});
