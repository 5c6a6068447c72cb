import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketIndex, bucketLow } from '../../src/profile/accumulators/buckets.ts';
import { meanAndVariance } from '../../src/profile/accumulators/moments.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { decodeProfile, encodeOpenly, encodeProfile } from '../../src/profile/format/encode.ts';
import { distinctCount } from '../../src/profile/hashing/sketch.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type { FeatureProfile, Profile } from '../../src/profile/model/model.ts';
import { dataFiles, feature, folder, tableOf } from './profiling.ts';

/** Writes Parquet by SQL and profiles it. */
async function profileQuery(sql: string, options: { threads?: number } = {}): Promise<Profile> {
  const path = join(folder(), 'data.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`);
  connection.closeSync();
  instance.closeSync();
  return profileFiles([{ absolutePath: path, path: 'data.parquet', size: 0 }], options);
}

const column = (values: readonly (string | number)[]) => `v\n${values.join('\n')}\n`;

describe('numbers', () => {
  test('power sums of 64-bit and wider integers are exact', async () => {
    const values = [9223372036854775807n, -9223372036854775808n, 9007199254740993n, 0n, 5n];
    const rows = values.map((value) => `(${value}::HUGEINT)`).join(', ');
    const profile = await profileQuery(
      `SELECT v::BIGINT AS v, (v * 10000000000000)::DECIMAL(38, 0) AS w, (v + 9223372036854775808)::UBIGINT AS u FROM (VALUES ${rows}) t(v)`,
    );
    const exactly = (all: readonly bigint[]) => ({
      exponent: 0,
      sum: String(all.reduce((a, b) => a + b)),
      sumOfSquares: String(all.reduce((a, b) => a + b * b, 0n)),
    });
    const [narrow, wide, unsigned] = profile.tables[0]!.features as [
      FeatureProfile,
      FeatureProfile,
      FeatureProfile,
    ];
    expect(narrow.numeric!.moments.parts).toEqual([exactly(values)]);
    expect(narrow.numeric!.min).toBe('-9223372036854775808');
    expect(narrow.values.values.map(([text]) => text).sort()).toEqual(values.map(String).sort());
    expect(unsigned.numeric!.moments.parts).toEqual([exactly(values.map((value) => value + 2n ** 63n))]);
    expect(wide.numeric!.moments.parts).toEqual([
      exactly(values.map((value) => value * 10_000_000_000_000n)),
    ]);
  });

  test('decimals keep every digit, short or long', async () => {
    const profile =
      await profileQuery(`SELECT 12345678901234567.89::DECIMAL(19,2) AS long, 1.50::DECIMAL(4,2) AS short,
        0.12345678901234567890::DECIMAL(38,20) AS fine
      UNION ALL SELECT -0.01, -99.99, 1`);
    const fine = feature(profile.tables[0]!, 'fine').numeric!;
    expect([fine.min, fine.max, fine.moments.scale]).toEqual(['0.1234567890123456789', '1', 20]);
    const long = feature(profile.tables[0]!, 'long');
    expect(long).toMatchObject({ type: 'decimal', engineType: 'DECIMAL(19,2)' });
    expect(long.numeric!.moments).toEqual({
      scale: 2,
      parts: [
        {
          exponent: 0,
          sum: String(1234567890123456789n - 1n),
          sumOfSquares: String(1234567890123456789n ** 2n + 1n),
        },
      ],
    });
    const short = feature(profile.tables[0]!, 'short');
    expect([short.numeric!.min, short.numeric!.max]).toEqual(['-99.99', '1.5']);
  });

  test('doubles: the mean and deviation of the values rounded to 33 bits; NaN, infinities and zeros apart', async () => {
    const doubles = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(doubles, async (values) => {
        const texts = [...values.map((value) => value.toExponential()), 'nan', 'inf', '-inf', '-0.0'];
        const { numeric } = feature(await tableOf('a.csv', column(texts)), 'v');
        const all = [...values, 0];
        const mean = all.reduce((a, b) => a + b, 0) / all.length;
        const scale = Math.max(...all.map(Math.abs));
        expect(meanAndVariance(numeric!.moments, all.length)!.mean).toBeCloseTo(
          mean,
          9 - Math.ceil(Math.log10(scale + 1)),
        );
        expect(numeric).toMatchObject({ nan: 1, positiveInfinity: 1, negativeInfinity: 1 });
        const tiny = all.filter((value) => Math.abs(value) < 2 ** -1028).length;
        expect(numeric!.zeros).toBe(tiny);
        expect(Number(numeric!.max)).toBe(Math.max(...all));
        const buckets = new Map<number, number>();
        for (const value of all.filter((each) => each >= 2 ** -1022)) {
          buckets.set(bucketIndex(value), (buckets.get(bucketIndex(value)) ?? 0) + 1);
        }
        const normal = numeric!.positive.filter(([index]) => bucketLow(index) >= 2 ** -1022);
        expect(normal).toEqual([...buckets].sort((a, b) => a[0] - b[0]));
      }),
      { numRuns: 15 },
    );
  });

  test('a bucket begins at its low edge, and is no wider than 1/64 of it', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -1022, max: 2 ** 1022, noNaN: true }), (value) => {
        const index = bucketIndex(value);
        expect(bucketLow(index) <= value && value < bucketLow(index + 1)).toBe(true);
        expect((bucketLow(index + 1) - bucketLow(index)) / bucketLow(index)).toBeLessThanOrEqual(1 / 64);
        const e = Math.floor(index / 64);
        expect(index).toBe(64 * e + Math.floor(64 * (value / 2 ** e - 1)));
      }),
    );
  });
});

describe('merging', () => {
  const cell = fc.oneof(
    fc.integer({ min: -1000, max: 1000 }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `${value.toExponential()}`),
    fc.constant(''),
  );
  const row = fc.tuple(cell, fc.stringMatching(/^[a-zé☃]{0,12}$/), fc.integer({ min: 0, max: 40_000 }));
  const text = (rows: readonly (readonly [string, string, number])[]) =>
    rows.map(([n, s, d]) => `${n},"${s}",${new Date(d * 86_400_000).toISOString().slice(0, 10)}`).join('\n');

  test('profile(A ∪ B) is the merge of the profiles of A and B, to the bit', async () => {
    const head = 'n,s,d\n0.5,"x",2020-01-01\n';
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 50 }), fc.array(row, { maxLength: 50 }), async (a, b) => {
        const [first, second, whole] = await Promise.all(
          [
            head + text(a),
            head + text(b),
            `${head}${text(a)}${a.length > 0 ? '\n' : ''}0.5,"x",2020-01-01\n${text(b)}`,
          ].map((content) => profileFiles(dataFiles({ 'a.csv': content }), { threads: 1 })),
        );
        expect(mergeProfiles([first!, second!])).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  test('beyond every cap, counters and sketches merge to the bit, and bounds hold', async () => {
    const rows = (from: number, to: number) =>
      `SELECT CASE WHEN i % 10 = 0 THEN 7 ELSE i END AS id, i * 0.37 AS x, 'v' || (i % 3000) AS s,
        TIMESTAMP '2001-01-01' + to_hours(i) AS t, [i, i % 5, NULL] AS l FROM range(${from}, ${to}) r(i)`;
    const [a, b, whole] = await Promise.all([
      profileQuery(rows(0, 30_000)),
      profileQuery(rows(20_000, 70_000)),
      profileQuery(`${rows(0, 30_000)} UNION ALL ${rows(20_000, 70_000)}`),
    ]);
    const merged = mergeProfiles([a, b]);
    const counters = ({ tables }: Profile) => tables[0]!.features.map(({ values: _, ...rest }) => rest);
    expect(counters(merged)).toEqual(counters(whole));
    const truth = new Map(feature(whole.tables[0]!, 's').values.values);
    const listed = feature(merged.tables[0]!, 'id').values;
    expect(listed.values[0]).toEqual(['7', 8001]);
    const { values, bound } = feature(merged.tables[0]!, 's').values;
    for (const [value, count] of values) {
      const most = truth.get(value) ?? 0;
      expect(most >= count && most <= count + bound).toBe(true);
    }
  });

  test('numbers widen; other types must agree', async () => {
    const profiles = await Promise.all(
      [column([1, 2]), column([1.5]), column(['x'])].map((content) =>
        profileFiles(dataFiles({ 'a.csv': content })),
      ),
    );
    const numbers = mergeProfiles(profiles.slice(0, 2)).tables[0]!.features[0]!;
    expect(numbers).toMatchObject({ type: 'float', numeric: { min: '1', max: '2' } });
    expect(meanAndVariance(numbers.numeric!.moments, 3)!.mean).toBe(1.5);
    expect(() => mergeProfiles(profiles)).toThrow(/v is float in some files and string in others/);
  });
});

describe('many distinct values', () => {
  const sql = `SELECT 'user-' || (CASE WHEN i % 20 = 0 THEN 1 ELSE i END) AS name, i AS id FROM range(1500000) r(i)`;

  test('distinct within 2 %, heavy hitters exact, the rest bounded, whatever the thread count', async () => {
    const [one, two] = [await profileQuery(sql, { threads: 1 }), await profileQuery(sql, { threads: 2 })];
    expect(Buffer.compare(encodeProfile(one), encodeProfile(two))).toBe(0);
    const [name, id] = one.tables[0]!.features as [FeatureProfile, FeatureProfile];
    expect(Math.abs(distinctCount(name.distinct) / 1_425_000 - 1)).toBeLessThan(0.02);
    expect(Math.abs(distinctCount(id.distinct) / 1_500_000 - 1)).toBeLessThan(0.02);
    expect(name.values.values).toEqual([['user-1', 75_001]]);
    expect(name.values.bound).toBeLessThan(100);
    expect(id.values).toMatchObject({ exact: false, values: [] });
  });

  test('the hash is the format’s own: these values do not change', async () => {
    const table = await tableOf('a.csv', 'i,s,f\n42,snow ☃,0.1\n');
    expect(table.features.map(({ distinct }) => distinct.hashes)).toEqual(hashesOfFormat1);
  });
});

/** Of 42, `snow ☃` and 0.1. A change makes every sketch ever written incomparable. */
const digestOfFormat3 = '2ab36922d80013911436b14eb4f96f9d6e4d527fffa96e8dbec952c06a3932ed';
const hashesOfFormat1 = ['zreGxPXRAw==', '8f2I3qqOJw==', '2M/xl7a9Og=='];

describe('bytes', () => {
  test('a profile reads back as it was written', async () => {
    const profile = await profileQuery(
      `SELECT i % 7 AS a, [i, NULL] AS l, {'b': i * 1.5, 'c': 'x' || i} AS s, TIME '01:00:00' AS t, '\\xAA'::BLOB AS y FROM range(100) r(i)`,
    );
    const bytes = encodeProfile(profile);
    expect(decodeProfile(bytes, 'x')).toEqual(profile);
    expect(Buffer.compare(encodeProfile(decodeProfile(bytes, 'x')), bytes)).toBe(0);
  });

  test('a profile in format 1 reads as the same one in format 3', async () => {
    const profile = await profileQuery("SELECT i, 'x' || i % 3000 AS s, i / 7 AS f FROM range(5000) r(i)");
    const read = decodeProfile(encodeOpenly(profile), 'x');
    expect(read).toEqual(profile);
    expect(Buffer.compare(encodeProfile(read), encodeProfile(profile))).toBe(0);
  });

  test('hashes that follow from the listed values are not stored, whatever their type', async () => {
    const every = `SELECT i AS whole, i::DOUBLE / 7 AS f, (i / 8)::DECIMAL(9, 3) AS d, i > 20 AS b, 'snow ☃ ' || i AS s,
      DATE '1969-12-01' + i::INTEGER AS day, TIMESTAMP '1969-12-31 23:59:30.25' + to_microseconds(i * 700001) AS at,
      (2 ** 60)::BIGINT + i AS large FROM range(60) r(i)`;
    const profile = await profileQuery(every);
    const body = inflateRawSync(encodeProfile(profile).subarray('{"varveProfile":3}\n'.length));
    const line = body.indexOf('\n') + 1;
    expect(body.length).toBe(line);
    const read = decodeProfile(encodeProfile(profile), 'x').tables[0]!.features;
    expect(read.map(({ distinct }) => distinct.hashes)).toEqual(
      profile.tables[0]!.features.map(({ distinct }) => distinct.hashes),
    );
    // Of many values, the sketch has hashes that no list has.
    const many = await profileQuery('SELECT i FROM range(5000) r(i)');
    expect(encodeProfile(many).length).toBeGreaterThan(20_000);
  });

  test('the compressed bytes are the format’s own: they do not change with the compressor', async () => {
    const profile = await profileQuery("SELECT i, 'name ' || i % 40 AS s, i / 7 AS f FROM range(200) r(i)");
    expect(createHash('sha256').update(encodeProfile(profile)).digest('hex')).toBe(digestOfFormat3);
  });

  test('the profile of a small table is smaller than the table', async () => {
    const csv = readFileSync(new URL('../../fixtures/flights-sample.csv', import.meta.url), 'utf8');
    const [header, ...rows] = csv.trimEnd().split('\n');
    for (const size of [50, 1000]) {
      const text = `${[header, ...rows.slice(0, size)].join('\n')}\n`;
      const bytes = encodeProfile({ varveProfile: 1, tables: [await tableOf('a.csv', text)] });
      expect(bytes.length / text.length).toBeLessThan(size === 50 ? 0.9 : 0.3);
    }
  });

  test('what cannot be decompressed, or swells, is refused', async () => {
    const header = Buffer.from('{"varveProfile":3}\n');
    const packed = (text: string | Buffer) => Buffer.concat([header, deflateRawSync(text)]);
    expect(() => decodeProfile(Buffer.concat([header, Buffer.from('no')]), 'here')).toThrow(/decompressed/);
    expect(() => decodeProfile(packed(Buffer.alloc(300 * 2 ** 20)), 'here')).toThrow(/decompressed/);
    expect(() => decodeProfile(packed('{"varveProfile":1'), 'here')).toThrow(/not JSON/);
    const stored = encodeOpenly(await profileQuery('SELECT i FROM range(3000) r(i)'));
    const text = Buffer.from(stored.subarray(0, stored.indexOf(10))).toString();
    const without = text.replace(/"hashes":\d+/, '"hashes":null');
    expect(() => decodeProfile(packed(`${without}\n`), 'here')).toThrow(/values are all listed/);
    const other = encodeProfile(await profileQuery("SELECT TIME '01:00:00' AS t"));
    const body = inflateRawSync(other.subarray(header.length)).toString('latin1');
    const line = body.slice(0, body.indexOf('\n')).replace(/"hashes":\d+/, '"hashes":null');
    const lacking = decodeProfile(packed(`${line}\n`), 'here');
    expect(() => lacking.tables[0]!.features[0]!.distinct.hashes).toThrow(/lacks a sketch/);
  });

  test('hostile bytes are refused, and say where they are wrong', async () => {
    const stored = Buffer.from(encodeOpenly(await profileQuery('SELECT 1.5 AS a')));
    const line = stored.indexOf('\n') + 1;
    const sketches = stored.subarray(line);
    const profile = JSON.parse(stored.subarray(0, line).toString());
    const at = (path: string, value: unknown) => {
      const copy = structuredClone(profile);
      const keys = path.split('.');
      const last = keys.pop()!;
      // biome-ignore lint/suspicious/noExplicitAny: the shape is what is being damaged
      (keys.reduce((object: any, key) => object[key], copy) as Record<string, unknown>)[last] = value;
      return () => decodeProfile(Buffer.concat([Buffer.from(`${JSON.stringify(copy)}\n`), sketches]), 'here');
    };
    expect(at('varveProfile', 5)).toThrow(/format 5/);
    expect(at('tables.0.rows', -1)).toThrow(/tables\[0\]\.rows is not a count/);
    expect(at('tables.0.extra', 1)).toThrow(/extra is unknown/);
    expect(at('tables.0.features.0.distinct.hashes', sketches.length - 1)).toThrow(/sketches have 7 bytes/);
    expect(at('tables.0.features.0.distinct.hashes', 1e6)).toThrow(/length/);
    const cut = decodeProfile(Buffer.concat([stored.subarray(0, -1), Buffer.from([0xff])]), 'here');
    expect(() => cut.tables[0]!.features[0]!.distinct.hashes).toThrow(/here is not a profile: .*cut/);
    expect(
      at('tables.0.features.0.numeric.moments.parts', [{ exponent: 1e9, sum: '1', sumOfSquares: '1' }]),
    ).toThrow(/exponent/);
    expect(at('tables.0.features.0.numeric.positive', [2, 1, 1, 1])).toThrow(/buckets/);
    expect(at('tables.0.features.0.values.counts', [])).toThrow(/as many values as counts/);
    expect(at('tables.0.features.0.time', { dayWidth: 3 })).toThrow(/damaged|missing|power/);
    expect(() => decodeProfile(Buffer.from('{"varveProfile":1'), 'here')).toThrow(/not JSON/);
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => decodeProfile(Buffer.from(text), 'here')).toThrow(/here/);
      }),
    );
  });
});
