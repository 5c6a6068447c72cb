import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePoints } from '../../src/profile/accumulators/text-lengths.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { textDigest, upperOfBytes } from '../../src/profile/hashing/hash.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { feature, folder } from './profiling.ts';

async function parquet(sql: string): Promise<string> {
  const path = join(folder(), 'data.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function profileOf(sql: string): Promise<TableProfile> {
  const absolutePath = await parquet(sql);
  const { tables } = await profileFiles([{ absolutePath, path: 'data.parquet', size: 0 }]);
  return tables[0]!;
}

function viewOf(text: string): { view: DataView; length: number } {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(bytes.length + 4));
  for (const [index, byte] of bytes.entries()) view.setUint8(index, byte);
  return { view, length: bytes.length };
}

describe('texts', () => {
  test('the upper half of the hash is MurmurHash3_x86_32, by its published values', () => {
    const hash = (text: string) => {
      const { view, length } = viewOf(text);
      return upperOfBytes(view, 0, length) >>> 0;
    };
    expect(hash('')).toBe(0);
    expect(hash('hello')).toBe(0x248bfa47);
    expect(hash('Hello, world!')).toBe(0xc0363e43);
    expect(hash('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723);
  });

  test('code points are counted from bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { view, length } = viewOf(text);
        expect(codePoints(view, 0, length)).toBe([...text].length);
      }),
    );
  });

  test('short, long, repeated and missing ones, in any order, are read as they are', async () => {
    const texts = [
      '',
      'x',
      'twelve bytes',
      'thirteen bytes',
      'ü'.repeat(9),
      'long '.repeat(300),
      'y'.repeat(5000),
    ];
    const choice = `CASE i % 9 ${texts.map((text, index) => `WHEN ${index} THEN '${text}'`).join(' ')} END`;
    const { values, nulls, lengths } = feature(
      await profileOf(`SELECT ${choice} AS t FROM range(9000) r(i)`),
      't',
    );
    expect(nulls).toBe(2000);
    expect(lengths).toMatchObject({ min: 0, max: 5000, count: 7000, zeros: 1000 });
    const cut = (text: string) => (text.length > 256 ? `${text.slice(0, 256)}…${textDigest(text)}` : text);
    expect(new Map(values.values)).toEqual(new Map(texts.map((text) => [cut(text), 1000])));
  });
});

describe('numbers', () => {
  test('equal numbers have one hash, whatever type of column holds them', async () => {
    const types = ['SMALLINT', 'BIGINT', 'UBIGINT', 'HUGEINT', 'DECIMAL(9, 2)', 'DECIMAL(38, 5)', 'DOUBLE'];
    const columns = types.map((type, index) => `v::${type} AS c${index}`);
    const small = await profileOf(`SELECT ${columns.join(', ')} FROM (VALUES (0), (7), (1234)) t(v)`);
    expect(new Set(small.features.map(({ distinct }) => distinct.hashes)).size).toBe(1);
    const large = await profileOf('SELECT 9007199254740995 AS a, 9007199254740995::DECIMAL(20, 3) AS b');
    expect(large.features[0]!.distinct).toEqual(large.features[1]!.distinct);
    expect(large.features.map(({ values }) => values.values)).toEqual(
      Array(2).fill([['9007199254740995', 1]]),
    );
  });

  test('decimals and integers beyond 64 bits lose nothing', async () => {
    const wide = '12345678901234567890123456789012.345678';
    const table = await profileOf(`SELECT ${wide}::DECIMAL(38, 6) AS d UNION ALL SELECT -0.5`);
    const { numeric, values } = feature(table, 'd');
    expect([numeric!.min, numeric!.max]).toEqual(['-0.5', wide]);
    const units = 12345678901234567890123456789012345678n;
    expect(numeric!.moments.parts).toEqual([
      { exponent: 0, sum: String(units - 500000n), sumOfSquares: String(units * units + 500000n * 500000n) },
    ]);
    expect(values.values.map(([value]) => value)).toContain(wide);
  });
});

describe('times', () => {
  test('days, hours and texts are those of the calendar, far from now too', async () => {
    const table = await profileOf(`SELECT * FROM (VALUES
      (TIMESTAMP '0044-03-15 (BC) 23:59:59.5', DATE '0044-03-15 (BC)'),
      (TIMESTAMP '1969-12-31 23:00:00', DATE '1969-12-31'),
      (TIMESTAMP '12024-02-29 00:00:00', DATE '12024-02-29'),
      ('infinity'::TIMESTAMP, 'infinity'::DATE)) t(moment, day)`);
    const at = feature(table, 'moment');
    // What has no end is the last moment that there is, and a value.
    expect(at.nulls).toBe(0);
    expect(at.time).toMatchObject({
      min: '0044-03-15T23:59:59.500000 (BC)',
      max: '294247-01-10T04:00:54.775807',
    });
    expect([at.time!.hour[0], at.time!.hour[23]]).toEqual([1, 2]);
    expect(feature(table, 'day').time).toMatchObject({ min: '0044-03-15 (BC)', max: '5881580-07-11' });
    const nanoseconds = feature(
      await profileOf("SELECT '2021-03-04 05:06:07.000000008'::TIMESTAMP_NS AS n"),
      'n',
    );
    expect(nanoseconds.values.values).toEqual([['2021-03-04T05:06:07.000000008', 1]]);
    expect(nanoseconds.time!.hour[5]).toBe(1);
  });
});

test.each([
  ['row groups apart', 'few'],
  ['in one go, where a column has the name of the row number', 'File_Row_Number'],
])('threads that share the columns of a file give the bytes of one: %s', async (_, few) => {
  const path = await parquet(`SELECT i, hash(i) AS h, 'u-' || hash(i + 7) AS token, hash(i) % 50 AS ${few},
    CASE WHEN i % 9 = 0 THEN 5 ELSE i END AS heavy FROM range(600000) r(i)`);
  expect(statSync(path).size).toBeGreaterThan(16 * 1024 * 1024);
  const bin = join(import.meta.dirname, '..', '..', 'bin', 'varve.js');
  const [one, two] = ['1', '2'].map((threads) =>
    spawnSync(process.execPath, [bin, 'profile', path, '--threads', threads, '--json'], {
      maxBuffer: 2 ** 28,
    }),
  );
  expect([one!.status, two!.status]).toEqual([0, 0]);
  expect(Buffer.compare(one!.stdout, two!.stdout)).toBe(0);
  const table = JSON.parse(one!.stdout.toString()).tables[0] as TableProfile;
  expect(feature(table, 'heavy').values.values).toEqual([['5', 66_668]]);
});

test('maps within lists and maps are counted entry by entry', async () => {
  const table = await profileOf(
    "SELECT [MAP {'a': 1, 'b': 2}, MAP {'c': 3}] AS l, MAP {'k': [MAP {'x': 7}]} AS m",
  );
  const counted = table.features.map(({ path, values }) => [path.join('.'), values.values.length]);
  expect(counted).toEqual([
    ['l.[].[].key', 3],
    ['l.[].[].value', 3],
    ['m.[].key', 1],
    ['m.[].value.[].[].key', 1],
    ['m.[].value.[].[].value', 1],
  ]);
});
