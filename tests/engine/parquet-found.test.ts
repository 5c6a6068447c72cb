import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { profileDirectory } from '../../src/profile/dataset/profile-directory.ts';
import { distinctValues } from '../../src/profile/model/distinct-values.ts';
import { directReader } from '../../src/profile/reading/direct-reader.ts';
import { dataFiles, feature, folder, tableOf } from '../profile/profiling.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/parquet');
const profiled = (name: string) =>
  tableOf(`${name}.parquet`, readFileSync(join(FIXTURES, `${name}.parquet`)));

describe('Parquet as it is found is read right, or refused in a sentence by name', () => {
  test.each([
    ['lz4-raw', 'i', 'integer', ['1', '2', '3']],
    ['split-floats', 'f', 'float', ['-0.25', '1.5', '2.5']],
    ['split-floats', 'g', 'float', ['-0.25', '1.5', '2.5']],
    ['variant', 'v', 'string', ['1', '[1, 2]', 'x']],
    ['int96', 'at', 'timestamp', ['2024-01-01T00:00:00.000000', '2024-01-01T20:34:56.123456']],
    ['int96', 'list.[]', 'timestamp', ['2024-01-01T00:00:00.000000', '2024-01-01T20:34:56.123456']],
  ])('%s: %s', async (file, name, type, values) => {
    const found = feature(await profiled(file), name);
    expect([found.type, found.values.values.map(([value]) => value).sort()]).toEqual([type, values]);
  });

  test('times of day in nanoseconds are what they are', async () => {
    const { time, values, distinct } = feature(await profiled('time-nanoseconds'), 'at');
    expect([time?.min, time?.max, time?.hour[23]]).toEqual(['00:00:00', '23:59:59.999999999', 1]);
    expect(values.values.map(([value]) => value).sort()).toEqual([
      '00:00:00',
      '00:00:00.000000001',
      '00:00:00.000000999',
      '23:59:59.999999999',
    ]);
    expect(distinct).toBeDefined();
  });

  test('equal times are one value, whatever their unit', async () => {
    const times = { ns: 'TIME_NS', us: 'TIME' } as const;
    const files = await Promise.all(
      Object.entries(times).map(async ([name, type]) => {
        const path = join(folder(), `${name}.parquet`);
        const connection = await (await DuckDBInstance.create(':memory:')).connect();
        await connection.run(
          `COPY (SELECT '10:00:00.5'::${type} AS at, 1 AS n) TO '${path}' (FORMAT parquet)`,
        );
        return [`${name}.parquet`, readFileSync(path)] as const;
      }),
    );
    const { tables } = await profileDirectory(dataFiles(Object.fromEntries(files)), directReader);
    expect(tables[0]!.rows).toBe(2);
    const at = feature(tables[0]!, 'at');
    expect([at.values.values, distinctValues(at).count]).toEqual([[['10:00:00.5', 2]], 1]);
  });

  test.each([
    ['lz4', 'it is compressed by LZ4, which varve does not read', /lz4_raw or none/],
    [
      'split-integers',
      'a column of it is written in the encoding BYTE_STREAM_SPLIT, which varve reads of floating-point numbers alone',
      /another encoding/,
    ],
    ['map-without-values', 'it has a map without values, which varve does not read', /a list of its keys/],
    [
      'variant-without-value',
      'it has a Variant column of a form that varve does not read',
      /columns of plain types/,
    ],
    // The engine made 226414 BC of the year 290000.
    [
      'int96-far',
      'the column "at" has times of Parquet\'s old type INT96 outside of the years 1 to 9999, which are not read',
      /timestamps of microseconds/,
    ],
    [
      'int96-in-list',
      'the column "list.[]" has times of Parquet\'s old type INT96 outside of the years 1 to 9999, which are not read',
      /timestamps of microseconds/,
    ],
  ])('%s', async (file, reason, remedy) => {
    await expect(profiled(file)).rejects.toMatchObject({
      code: 'table-unreadable',
      path: `${file}.parquet`,
      message: `${file}.parquet: ${reason}`,
      remedy: expect.stringMatching(remedy),
    });
  });
});
