import { Field, FixedSizeList, Float64, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/engine/duckdb.ts';
import { meanAndVariance } from '../../src/profile/accumulators/moments.ts';
import { PositionAccumulator } from '../../src/profile/accumulators/position-accumulator.ts';
import { profileTable } from '../../src/profile/dataset/profile-table.ts';
import { decodeProfile, encodeOpenly, encodeProfile } from '../../src/profile/format/encode.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type { PositionStats, Profile, TableProfile } from '../../src/profile/model/model.ts';
import { isOutdated, profileOf } from '../../src/profile/model/tables.ts';
import { avro, avroFile } from '../support/avro.ts';
import { example, tfRecords } from '../support/proto.ts';
import { feature, tableOf } from './profiling.ts';

/** What numpy gives of each column of an array of lists: count, min, max, mean, variance. */
const ROWS = [
  [1, -2.5, 0],
  [3, 4.5, 0],
  [8, 1, 0.5],
];
const FIGURES = [
  [3, 1, 8, 4, 26 / 3],
  [3, -2.5, 4.5, 1, 49 / 6],
  [3, 0, 0.5, 1 / 6, 1 / 18],
];

function figures(positions: readonly PositionStats[] | undefined) {
  return positions?.map(({ count, min, max, moments }) => {
    const found = meanAndVariance(moments, count);
    return [count, min, max, found?.mean, found?.variance];
  });
}

function linesOf(name: string, lists: readonly unknown[]): Promise<TableProfile> {
  return tableOf(name, `${lists.map((v) => JSON.stringify({ v })).join('\n')}\n`);
}

async function positions(...lists: readonly unknown[]) {
  return figures(feature(await linesOf('a.jsonl', lists), 'v.[]').positions);
}

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine([]);
});
afterAll(() => engine.close());

async function ofSql(rows: string): Promise<TableProfile> {
  await engine.connection.run(`CREATE OR REPLACE TABLE lists AS ${rows}`);
  const source = { relation: 'lists', columns: await engine.describe('lists') };
  return profileTable(engine, source, { name: '', threads: [] });
}

describe('lists of one length have figures of each position', () => {
  const close = (found: ReturnType<typeof figures>) => {
    expect(found).toHaveLength(FIGURES.length);
    for (const [at, row] of FIGURES.entries())
      for (const [i, value] of row.entries()) expect(found![at]![i]).toBeCloseTo(value, 9);
  };

  test('in JSON', async () => close(await positions(...ROWS)));

  test('in Avro', async () => {
    const schema = {
      type: 'record',
      name: 'r',
      fields: [{ name: 'v', type: { type: 'array', items: 'double' } }],
    };
    const bytes = avroFile(
      schema,
      ROWS.map((row) => avro.list(...row.map(avro.double))),
    );
    close(figures(feature(await tableOf('a.avro', bytes), 'v.[]').positions));
  });

  test('in TFRecord', async () => {
    const bytes = tfRecords(...ROWS.map((v) => example({ v })));
    close(figures(feature(await tableOf('a.tfrecord', bytes), 'v.[]').positions));
  });

  test('in Arrow', async () => {
    const type = new FixedSizeList(3, new Field('item', new Float64()));
    const bytes = tableToIPC(new Table({ v: vectorFromArray(ROWS, type) }), 'file');
    close(figures(feature(await tableOf('a.arrow', bytes), 'v.[]').positions));
  });

  test('as arrays, decimals and integers wider than 64 bits of the engine', async () => {
    const lists = ROWS.map((row) => `([${row}])`).join(', ');
    for (const type of ['DOUBLE[3]', 'DECIMAL(38, 20)[]', 'DECIMAL(4, 1)[3]'])
      close(
        figures(feature(await ofSql(`SELECT v::${type} AS v FROM (VALUES ${lists}) t(v)`), 'v.[]').positions),
      );
    const wide = await ofSql(`SELECT [170141183460469231731687303715884105727::HUGEINT, 0] AS v`);
    expect(figures(feature(wide, 'v.[]').positions)![0]!.slice(0, 3)).toEqual([1, 2 ** 127, 2 ** 127]);
  });

  test('also of fields of structs and of lists within lists, by the innermost list', async () => {
    const table = await ofSql(
      `SELECT [{x: i, y: 'a'}, {x: -i, y: 'b'}] AS s, [[i], [i + 1]] AS one, [[i, 1], [i, 2]] AS two FROM range(4) t(i)`,
    );
    expect(figures(feature(table, 's.[].x').positions)).toEqual([
      [4, 0, 3, 1.5, 1.25],
      [4, -3, 0, -1.5, 1.25],
    ]);
    expect(feature(table, 's.[].y').positions).toBeUndefined();
    expect(feature(table, 'one.[].[]').positions).toBeUndefined();
    expect(figures(feature(table, 'two.[].[]').positions)).toEqual([
      [8, 0, 3, 1.5, 1.25],
      [8, 1, 2, 1.5, 0.25],
    ]);
  });

  test('null lists and null elements leave the others in their places', async () => {
    expect(await positions([1, 2], null, [null, 4], [5, null])).toEqual([
      [2, 1, 5, 3, 4],
      [2, 2, 4, 3, 1],
    ]);
    expect(await positions([1, null], [1, null])).toEqual([
      [2, 1, 1, 1, 0],
      [0, null, null, undefined, undefined],
    ]);
  });
});

test.each([
  ['of several lengths', [[1, 2], [3]]],
  ['of one element', [[1], [2]]],
  [
    'of texts',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['of more than 2,048 elements', [new Array(2049).fill(1)]],
])('lists %s have none', async (_, lists) => {
  expect(await positions(...lists)).toBeUndefined();
});

describe('the accumulator', () => {
  const statsOf = (values: readonly number[]) => {
    const accumulator = new PositionAccumulator(1);
    const words = new Int32Array(Float64Array.from(values).buffer);
    accumulator.add(words, values.length, new Float64Array(values.length));
    return accumulator.stats()[0]!;
  };

  test('takes extremes, and leaves out what is not finite', () => {
    const values = [Number.MAX_VALUE, 5e-324, -0, Number.NaN, Infinity, -Infinity];
    const { count, min, max, moments } = statsOf(values);
    expect([count, min, max]).toEqual([3, 0, Number.MAX_VALUE]);
    expect(Object.is(min, 0)).toBe(true);
    expect(meanAndVariance(moments, count)!.mean / (Number.MAX_VALUE / 3)).toBeCloseTo(1, 8);
  });

  test('is exact for what has 33 bits, whatever the order', () => {
    const number = fc.integer({ min: -(2 ** 32), max: 2 ** 32 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, fc.integer({ min: -60, max: 60 })), { minLength: 1 }),
        (pairs) => {
          const values = pairs.map(([whole, power]) => whole * 2 ** power);
          const found = statsOf(values);
          expect(statsOf(values.toReversed())).toEqual(found);
          const unit = (value: number) => BigInt(value * 2 ** 60);
          const sums = found.moments.parts.map(({ exponent, sum }) => BigInt(sum) << BigInt(exponent + 200));
          const exact = values.reduce((total, value) => total + unit(value), 0n);
          expect(sums.reduce((a, b) => a + b, 0n) >> 140n).toBe(exact);
        },
      ),
    );
  });

  test('counts exactly beyond the rows whose sums doubles hold', () => {
    const { count, moments } = statsOf(new Array(2 ** 19 + 3).fill(2 ** 33 - 1));
    expect(moments.parts).toEqual([
      {
        exponent: -8,
        sum: String((2n ** 33n - 1n) * BigInt(count) * 2n ** 8n),
        sumOfSquares: String((2n ** 33n - 1n) ** 2n * BigInt(count) * 2n ** 16n),
      },
    ]);
  });
});

describe('profiles of parts', () => {
  const element = fc.option(fc.oneof(fc.integer(), fc.float({ noNaN: true, noDefaultInfinity: true })), {
    freq: 5,
  });
  const lists = fc.array(fc.oneof(fc.constant(null), fc.array(element, { minLength: 3, maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  });

  test('merge into those of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(lists, lists, async (a, b) => {
        const [left, right] = [await linesOf('a.jsonl', a), await linesOf('b.jsonl', b)];
        const whole = profileOf([await linesOf('c.jsonl', [...a, ...b])]);
        const of = (profile: Profile) =>
          profile.tables[0]!.features.map(({ path, positions: found }) => ({ path, found }));
        expect(of(mergeProfiles([profileOf([left]), profileOf([right])]))).toEqual(of(whole));
        expect(of(mergeProfiles([profileOf([right]), profileOf([left])]))).toEqual(of(whole));
      }),
      { numRuns: 12 },
    );
  });

  test('with other lengths have no positions, and none come back', async () => {
    const two = profileOf([await linesOf('a.jsonl', [[1, 2]])]);
    const three = profileOf([await linesOf('b.jsonl', [[1, 2, 3]])]);
    const merged = mergeProfiles([two, three]);
    expect([two.varveProfile, merged.varveProfile]).toEqual([4, 1]);
    expect(feature(merged.tables[0]!, 'v.[]').positions).toBeUndefined();
    expect(feature(mergeProfiles([merged, two]).tables[0]!, 'v.[]').positions).toBeUndefined();
    expect(isOutdated(merged)).toBe(false);
  });
});

describe('the format', () => {
  test('is 4, which an earlier varve refuses by its number, and reads back to the same bytes', async () => {
    const profile = profileOf([await linesOf('a.jsonl', ROWS)]);
    const open = Buffer.from(encodeOpenly(profile));
    expect(open.toString('latin1')).toMatch(/^\{"tables":.*"varveProfile":4\}\n/);
    expect(decodeProfile(open, 'here')).toEqual(profile);
    const packed = encodeProfile(profile);
    expect(encodeProfile(decodeProfile(packed, 'here'))).toEqual(packed);
    const forged = Buffer.from(
      open.toString('latin1').replace('"varveProfile":4', '"varveProfile":2'),
      'latin1',
    );
    expect(() => decodeProfile(forged, 'here')).toThrow(/\.positions is unknown/);
  });

  test('without positions, as an earlier varve wrote it, is outdated, and merges into one without', async () => {
    const profile = profileOf([await linesOf('a.jsonl', ROWS)]);
    const tables = profile.tables.map((table) => ({
      ...table,
      features: table.features.map(({ positions: _, ...rest }) => rest),
    }));
    const old = profileOf(tables);
    expect([old.varveProfile, isOutdated(old), isOutdated(profile)]).toEqual([1, true, false]);
    expect(mergeProfiles([old, profile]).varveProfile).toBe(1);
  });
});
