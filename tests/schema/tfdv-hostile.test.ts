import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { STATISTICS_DESCRIPTORS } from '../../src/schema/tfdv/statistics-fields.ts';
import { readStatistics } from '../../src/schema/tfdv/statistics-file.ts';
import { profileFromStatistics } from '../../src/schema/tfdv/statistics-from.ts';

const { messages } = STATISTICS_DESCRIPTORS;

/** Bytes within a message within a message, down the fields that are named. */
function nested(bytes: Uint8Array, ...names: string[]): Uint8Array {
  let type = 'DatasetFeatureStatisticsList';
  const numbers = names.map((name) => {
    const { number, of = '' } = messages[type]![name]!;
    type = of;
    return number;
  });
  return numbers.reduceRight<Uint8Array>(
    (inner, number) => new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(inner).finish(),
    bytes,
  );
}

const NUMERIC = ['datasets', 'features', 'num_stats'];

describe('statistics of TFDV that hold too much', () => {
  test('a million values where one belongs are read, more than five millions are refused', () => {
    const many = (count: number) => nested(Buffer.alloc(8 * count), ...NUMERIC, 'mean');
    expect(profileFromStatistics(readStatistics(many(1e6), 'a.pb')).tables[0]!.features).toHaveLength(1);
    expect(() => readStatistics(many(5_000_001), 'a.pb')).toThrow(/more than five million values/);
  });

  test('fields of two bytes that nobody knows are counted too, and so are those of text', () => {
    expect(() => readStatistics(Buffer.alloc(10_000_002, Buffer.from([0x78, 1])), 'a.pb')).toThrow(
      /more than five million values/,
    );
    const text = `datasets {\n${'x:1\n'.repeat(5_000_001)}}`;
    expect(() => readStatistics(Buffer.from(text), 'a.pbtxt')).toThrow(/more than five million values/);
  });

  test('a histogram of 300,000 bars whose ends are infinite is read', () => {
    const { number } = messages.Histogram!.buckets!;
    const bars = new BinaryWriter();
    for (let bar = 0; bar < 300_000; bar++)
      bars.tag(number, WireType.LengthDelimited).bytes(new Uint8Array());
    const end = new BinaryWriter()
      .tag(messages.NumericStatistics!.min!.number, WireType.Bit64)
      .double(Number.POSITIVE_INFINITY)
      .finish();
    const bytes = nested(
      Buffer.concat([
        new BinaryWriter()
          .tag(messages.NumericStatistics!.histograms!.number, WireType.LengthDelimited)
          .bytes(bars.finish())
          .finish(),
        end,
      ]),
      ...NUMERIC,
    );
    expect(profileFromStatistics(readStatistics(bytes, 'a.pb')).tables[0]!.features).toHaveLength(1);
  });
});
