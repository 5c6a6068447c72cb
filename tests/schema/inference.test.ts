import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FeatureType } from '../../src/profile/model/model.ts';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { type InferOptions, inferSchema } from '../../src/schema/infer.ts';
import type { FeatureSchema } from '../../src/schema/model.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { type Cell, profileOf } from './profile-of.ts';

/** Fractions in [0, 1) that are spread evenly, in an order that looks like chance (Weyl's sequence). */
const spread = (count: number) => Array.from({ length: count }, (_, index) => (index * 0.6180339887) % 1);

/** About normal, from sums of twelve evenly spread fractions. */
function bell(count: number, mean: number, deviation: number): number[] {
  const steps = [
    0.618, 0.7548, 0.5698, 0.8191, 0.6711, 0.5497, 0.8566, 0.7338, 0.6287, 0.5385, 0.8812, 0.7766,
  ];
  return Array.from({ length: count }, (_, index) => {
    const sum = steps.reduce((total, step) => total + (((index + 1) * (step + Math.sqrt(2))) % 1), 0);
    return Math.round((mean + (sum - 6) * deviation) * 1000) / 1000;
  });
}

function inferredOf(cells: readonly Cell[], options: InferOptions = {}, type?: FeatureType): FeatureSchema {
  const schema = inferSchema([profileOf({ x: cells }, type === undefined ? {} : { x: type })], options);
  return schema.tables[0]!.features[0]!;
}

const repeated = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([value, count]) => new Array<string>(count).fill(value));
const repeatedNumbers = (counts: Readonly<Record<string, number>>) => repeated(counts).map(Number);

describe('a closed list of values', () => {
  test('is inferred from text if no value is rare', () => {
    expect(inferredOf(repeated({ AA: 40, DL: 30, UA: 3 })).domain).toEqual(['AA', 'DL', 'UA']);
  });

  test('is open by the share of values that a sample with single ones has not met', () => {
    const { domain, minDomainMass } = inferredOf(repeated({ AA: 300, DL: 200, UA: 1 }));
    expect(domain).toEqual(['AA', 'DL', 'UA']);
    expect(minDomainMass).toBeGreaterThan(0.95);
    expect(minDomainMass).toBeLessThan(0.995);
  });

  test('is not inferred where single values show that others are likely', () => {
    const names = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`name ${index}`, 1]));
    const feature = inferredOf(repeated({ Ann: 40, Bob: 30, ...names }), { explain: true });
    expect(feature.domain).toBeUndefined();
    expect(feature.comment).toContain('no domain: 30 values once and 0 twice');
  });

  test('is never certain of a text that has one value only', () => {
    expect(inferredOf(repeated({ USA: 2000 })).minDomainMass).toBe(0.995);
    expect(inferredOf(repeated({ USA: 20 })).domain).toBeUndefined();
  });

  test('of 0 and 1 is a label', () => {
    expect(inferredOf(repeatedNumbers({ 0: 90, 1: 10 }))).toMatchObject({ boolean: {} });
  });

  test('is inferred from whole numbers that are classes, and not from counts that fade out', () => {
    expect(inferredOf(repeatedNumbers({ 1: 50, 2: 40, 3: 120 }))).toMatchObject({
      domain: ['1', '2', '3'],
      categorical: true,
    });
    expect(inferredOf(repeatedNumbers({ 0: 120, 1: 60, 2: 20, 3: 6 })).domain).toBeUndefined();
  });

  test('of years is none, and their range goes on', () => {
    const { domain, range } = inferredOf(repeatedNumbers({ 1999: 50, 2000: 40, 2008: 120 }));
    expect(domain).toBeUndefined();
    expect(range).toEqual({ min: '1989', max: '2018' });
  });
});

describe('the ends of numbers', () => {
  test('a share goes from 0 to 1, a percentage to 100', () => {
    expect(inferredOf(spread(500)).range).toEqual({ min: '0', max: '1' });
    expect(inferredOf(spread(500).map((share) => Math.round(share * 1000) / 10)).range).toEqual({
      min: '0',
      max: '100',
    });
  });

  test('no negative in a sample that fades out towards 0 is no proof that there are none', () => {
    const temperatures = bell(182, 12, 4.5).filter((each) => each >= 0);
    expect(Math.min(...temperatures)).toBeGreaterThanOrEqual(0);
    expect(Number(inferredOf(temperatures).range?.min)).toBeLessThan(0);
  });

  test('many zeros, or one side that is several times as wide, are', () => {
    expect(inferredOf([...bell(200, 20, 3), ...new Array<number>(40).fill(0)]).range?.min).toBe('0');
    expect(inferredOf(spread(300).map((share) => -Math.log(1 - share) * 100)).range?.min).toBe('0');
  });

  test('a value that many have and none passes is an end', () => {
    expect(inferredOf(spread(400).map((share) => Math.floor(share * 24))).range).toEqual({
      min: '0',
      max: '23',
    });
  });

  test('far from 0, the least number is near the data', () => {
    const { range } = inferredOf(bell(300, 1000, 8));
    expect(Number(range?.min)).toBeGreaterThan(500);
    expect(Number(range?.max)).toBeLessThan(2000);
  });

  test('running numbers have no greatest one, and no value twice', () => {
    expect(inferredOf(Array.from({ length: 50 }, (_, index) => index + 1))).toMatchObject({
      unique: true,
      range: { min: '1' },
    });
  });

  test('the middle is bounded, which finds another unit', async () => {
    const heights = bell(300, 170, 8);
    const schema = inferSchema([profileOf({ x: heights })]);
    for (const factor of [10, 0.1]) {
      const data = profileOf({ x: heights.map((each) => each * factor) }, { x: 'float' });
      const { anomalies } = await validateProfile(data, schema, { name: 'x', schemaName: 'x' });
      expect(anomalies.map(({ kind }) => kind)).toContain('MEDIAN_OUT_OF_RANGE');
    }
  });

  test('a few numbers tell nothing', () => {
    expect(inferredOf([1, 5, 9]).range).toBeUndefined();
  });
});

test('codes without a repetition are unique, and names are not', () => {
  const codes = Array.from({ length: 150 }, (_, index) => `N${100 + index}UA`);
  expect(inferredOf(codes)).toMatchObject({ unique: true, length: { min: 6, max: 6 } });
  expect(inferredOf(codes.map((code) => `Ann ${code}`)).unique).toBeUndefined();
});

test('a period has room at both ends', () => {
  const days = Array.from({ length: 60 }, (_, index) =>
    new Date(Date.UTC(2013, 0, 1 + index)).toISOString().slice(0, 10),
  );
  expect(inferredOf(days, {}, 'date')).toMatchObject({
    unique: true,
    range: { min: '2003-01-01', max: '2023-12-31' },
  });
  expect(inferredOf(days, { strict: true }, 'date').range).toEqual({ min: '2013-01-01', max: '2013-03-01' });
});

test('nulls may be a few more than in the sample', () => {
  const cells = spread(400).map((share, index) => (index % 20 === 0 ? null : share));
  expect(inferredOf(cells).presence).toEqual({ minFraction: 0.8, minCount: 1 });
  expect(inferredOf(cells, { strict: true }).presence).toEqual({ minFraction: 0.95, minCount: 1 });
});

test('a strict schema allows only what was there', () => {
  expect(inferredOf(bell(100, 0, 1), { strict: true }).range?.max).toBe(String(Math.max(...bell(100, 0, 1))));
  expect(inferredOf(repeated({ AA: 30, DL: 1 }), { strict: true }).domain).toEqual(['AA', 'DL']);
});

test('an explained schema says above each feature why its constraints are there', () => {
  const profile = profileOf({
    carrier: repeated({ AA: 40, DL: 30 }),
    hour: spread(70).map((share) => Math.floor(share * 24)),
  });
  const text = stringifySchema(inferSchema([profile], { explain: true }));
  expect(text).toMatch(
    /# presence: no null in 70 rows\n +# domain: 70 values are 2 different ones.*\n +carrier:/,
  );
  expect(stringifySchema(parseSchema(text, 'x'))).toBe(text);
});

describe('law: the schema that is inferred from tables accepts each of them', () => {
  const size = 120;
  const some = (cell: fc.Arbitrary<Cell>) => fc.array(cell, { minLength: size, maxLength: size });
  const column = fc.oneof(
    some(fc.double({ noDefaultInfinity: true, noNaN: true })),
    some(fc.double({ min: 0, max: 1, noNaN: true })),
    some(fc.integer({ min: -3, max: 3 })),
    some(fc.nat(100)),
    some(fc.maxSafeInteger()),
    some(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })),
    some(fc.option(fc.integer({ min: 1900, max: 2100 }))),
    some(fc.constantFrom('AA', 'DL', 'UA', '')),
    some(fc.string({ maxLength: 12 })),
    some(fc.oneof(fc.constant(0), fc.double({ min: 1e-300, max: 1e300, noNaN: true }))),
    fc
      .integer({ min: 0, max: 1e6 })
      .map((first) => Array.from({ length: size }, (_, index) => first + index)),
  );

  test.each([[false], [true]])('strict: %s', async (strict) => {
    await fc.assert(
      fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 3 }), async (columns) => {
        const profiles = columns.map((x) => profileOf({ x }));
        const text = stringifySchema(inferSchema(profiles, { strict, explain: true }));
        const schema = parseSchema(text, 'x');
        expect(stringifySchema(schema)).toBe(text);
        for (const profile of profiles)
          expect((await validateProfile(profile, schema, { name: 'x', schemaName: 'x' })).anomalies).toEqual(
            [],
          );
      }),
      { numRuns: 150 },
    );
  });
});
