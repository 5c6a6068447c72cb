import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type { FeatureProfile, TableProfile } from '../../src/profile/model/model.ts';
import { instant } from '../../src/schema/time.ts';
import { feature, tableOf } from '../profile/profiling.ts';

/** Files by pyarrow 10 (see fixtures/README.md). What is expected is what pyarrow and, for times, numpy's `datetime64` print of them. */
async function read(name: string): Promise<TableProfile> {
  const absolutePath = fileURLToPath(new URL(`../../fixtures/values/${name}`, import.meta.url));
  const { tables } = await profileFiles([
    { absolutePath, path: name, size: readFileSync(absolutePath).length },
  ]);
  return tables[0]!;
}

const valuesOf = ({ values }: FeatureProfile): Record<string, number> => Object.fromEntries(values.values);

describe('times', () => {
  test.each(['times.arrow', 'times.parquet'])('at their ends are no nulls: %s', async (name) => {
    const table = await read(name);
    const plain = feature(table, 'plain');
    expect(plain).toMatchObject({ present: 4, nulls: 1, engineType: 'TIMESTAMP_NS' });
    // pandas' Timestamp.min and Timestamp.max
    expect(plain.time).toMatchObject({
      min: '1677-09-21T00:12:43.145224193',
      max: '2262-04-11T23:47:16.854775807',
    });
    expect(valuesOf(plain)).toHaveProperty('2023-11-14T22:13:20.123456788', 1);
    const micros = feature(table, 'micros');
    expect(micros).toMatchObject({ present: 4, nulls: 1 });
    expect(micros.time).toMatchObject({
      min: '290309-12-21T19:59:05.224193 (BC)',
      max: '294247-01-10T04:00:54.775807',
    });
    expect(valuesOf(micros)).toHaveProperty('10000-01-01T00:00:00.000000', 1);
    const day = feature(table, 'day');
    expect(day).toMatchObject({ present: 4, nulls: 1 });
    expect(day.time).toMatchObject({ min: '5877642-06-24 (BC)', max: '5881580-07-11' });
    expect(valuesOf(day)).toMatchObject({ '0002-12-31 (BC)': 1, '10000-01-01': 1 });
  });

  test.each(['times.arrow', 'times.parquet'])(
    'of nanoseconds with a zone keep their digits: %s',
    async (name) => {
      const zoned = feature(await read(name), 'zoned');
      expect(zoned).toMatchObject({ present: 4, engineType: 'TIMESTAMP_NS WITH TIME ZONE' });
      expect(valuesOf(zoned)).toEqual({
        '1677-09-21T00:12:43.145224193Z': 1,
        '2023-11-14T22:13:20.123456788Z': 1,
        '2023-11-14T22:13:20.123456789Z': 1,
        '2262-04-11T23:47:16.854775807Z': 1,
      });
    },
  );

  test('are in order across the years 1 and 10000, in merged profiles and in schemas', async () => {
    const days = async (...texts: string[]) => ({
      varveProfile: 1 as const,
      tables: [await tableOf('d.csv', `d\n${texts.join('\n')}\n`)],
    });
    const merged = mergeProfiles([await days('2024-01-01'), await days('12345-06-07', '0999-01-01')]);
    expect(merged.tables[0]!.features[0]!.time).toMatchObject({ min: '0999-01-01', max: '12345-06-07' });
    const inOrder = [
      '5877642-06-24 (BC)',
      '0044-03-15 (BC)',
      '0001-01-01',
      '9999-12-31',
      '10000-01-01',
      '5881580-07-11',
    ];
    const moments = inOrder.map((text) => instant(text)!);
    expect(moments).toEqual([...moments].sort((a, b) => (a < b ? -1 : 1)));
    // 2^31 − 1 days after 1970-01-01, as numpy counts.
    expect(instant('5881580-07-11')).toBe(2_147_483_647n * 86_400_000_000_000n);
    expect(instant('0002-12-31 (BC)')).toBe(-719_529n * 86_400_000_000_000n);
  });

  test('that are infinite are weighed under the names that they are counted by', async () => {
    const csv = 'd,t,w\ninfinity,infinity,1\n2024-01-01,2024-01-01 00:00:00,2\n-infinity,-infinity,4\n';
    const table = await tableOf('i.csv', csv, { weight: 'w' });
    for (const name of ['d', 't']) {
      const { values, weighted } = feature(table, name);
      expect(weighted!.values.map(([value]) => value).sort()).toEqual(
        values.values.map(([value]) => value).sort(),
      );
    }
  });
});

describe('Arrow', () => {
  test('with names twice, in other letters or missing is read', async () => {
    const { features } = await read('names.arrow');
    expect(features.map(({ path, numeric }) => [path[0], numeric!.max])).toEqual([
      ['a', '0'],
      ['A_1', '1'],
      ['a_2', '2'],
      ['column3', '3'],
      ['column4', '4'],
    ]);
  });

  test('with dictionaries within lists, structs and dictionaries, of any type', async () => {
    const table = await read('dictionaries.arrow');
    expect(valuesOf(feature(table, 'list.[]'))).toEqual({ a: 2, b: 1 });
    expect(valuesOf(feature(table, 'struct.d'))).toEqual({ a: 2, b: 1 });
    expect(valuesOf(feature(table, 'lists.[]'))).toEqual({ a: 3, b: 2 });
    expect(valuesOf(feature(table, 'time'))).toEqual({
      '1970-01-01T00:00:00.000001': 2,
      '1970-01-01T00:00:00.000002': 1,
    });
    expect(feature(table, 'decimal')).toMatchObject({ nulls: 1, numeric: { min: '1.5', max: '2.5' } });
  });

  test('with unions, large lists and spans of time', async () => {
    const table = await read('unions.arrow');
    expect(valuesOf(feature(table, 'sparse'))).toEqual({ 1: 1, 3: 1, b: 1 });
    expect(valuesOf(feature(table, 'dense'))).toEqual({ 1: 1, 3: 1, b: 1 });
    expect(feature(table, 'large.[]')).toMatchObject({ present: 2, count: 1, valency: { min: 0, max: 1 } });
    expect(feature(table, 'span')).toMatchObject({ type: 'integer', nulls: 1, numeric: { max: '2' } });
  });
});

test.each(['lists.arrow', 'lists.parquet'])(
  'lists of maps, and lists in which there is nothing: %s',
  async (name) => {
    const table = await read(name);
    expect(feature(table, 'maps.[].[].key')).toMatchObject({ present: 2, nulls: 1, count: 3 });
    expect(valuesOf(feature(table, 'maps.[].[].value'))).toEqual({ 1: 1, 2: 1, 3: 1 });
    expect(valuesOf(feature(table, 'within.[].value.[].key'))).toEqual({ x: 1 });
    expect(feature(table, 'empty.[]')).toMatchObject({ type: 'unknown', present: 2, count: 0 });
    expect(feature(table, 'deep.[].[]')).toMatchObject({ type: 'unknown', present: 3, count: 0 });
  },
);

test('a struct of fields without names', async () => {
  const { features } = await read('no-names.parquet');
  expect(features.map(({ path, numeric }) => [...path, numeric!.max])).toEqual([
    ['s', 'field0', '1'],
    ['s', ' ', '2'],
  ]);
});

test.each([
  [
    'decimals.arrow',
    /^decimals\.arrow: the column "x" has decimals of 60 digits, of which at most 38 are read$/,
  ],
  [
    'decimals.parquet',
    /^decimals\.parquet: the column "x" has decimals of 60 digits, of which at most 38 are read$/,
  ],
  ['big-endian.arrow', /^big-endian\.arrow: its numbers are in big-endian byte order, which is not read$/],
  ['big-endian.arrows', /^big-endian\.arrows: its numbers are in big-endian byte order/],
  ['no-columns.arrow', /^no-columns\.arrow: it has no columns$/],
  ['no-columns.parquet', /^no-columns\.parquet: it has no columns$/],
])('%s is refused by name', async (name, message) => {
  await expect(read(name)).rejects.toMatchObject({
    code: 'table-unreadable',
    message: expect.stringMatching(message),
    path: name,
  });
});
