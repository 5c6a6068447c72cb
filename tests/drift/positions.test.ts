import { describe, expect, test } from 'vitest';
import { compareProfiles } from '../../src/drift/compare.ts';
import { boundedMeanShiftP, boundedMeansP } from '../../src/drift/measures/sampling.ts';
import { PositionAccumulator } from '../../src/profile/accumulators/position-accumulator.ts';
import type { FeatureProfile, PositionStats, Profile } from '../../src/profile/model/model.ts';
import { randomNumbers } from './simulation.ts';

const DIMENSIONS = 16;

/** Standard normal numbers, by Box and Muller. */
function normals(seed: number): () => number {
  const random = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function positionsOf(lists: readonly (readonly number[])[]): PositionStats[] {
  const accumulator = new PositionAccumulator(lists[0]!.length);
  for (const list of lists)
    accumulator.add(
      new Int32Array(Float64Array.from(list).buffer),
      list.length,
      Float64Array.from(list, (_, at) => at),
    );
  return accumulator.stats();
}

/** Lists alone: what else a profile has of them would tell of the whole. */
function profileOf(lists: readonly (readonly number[])[]): Profile {
  const [length, present] = [lists[0]!.length, lists.length];
  const valency = {
    count: present,
    min: length,
    max: length,
    sum: String(length * present),
    zeros: 0,
    buckets: [],
  };
  const feature: FeatureProfile = {
    path: ['embedding', '[]'],
    type: 'float',
    engineType: 'FLOAT',
    present,
    nulls: 0,
    count: length * present,
    nullElements: 0,
    valency,
    positions: positionsOf(lists),
    values: { exact: false, values: [], bound: 0 },
    distinct: { k: 8192, theta: 2 ** 48, hashes: '' },
  };
  return { varveProfile: 4, tables: [{ name: '', rows: present, features: [feature] }] };
}

function embeddings(
  n: number,
  seed: number,
  change: (value: number, at: number) => number = (value) => value,
) {
  const next = normals(seed);
  return Array.from({ length: n }, () => Array.from({ length: DIMENSIONS }, (_, at) => change(next(), at)));
}

function drift(before: readonly number[][], after: readonly number[][]) {
  const report = compareProfiles(profileOf(before), profileOf(after), { names: ['a', 'b'] });
  return report.features[0]!;
}

describe('a single position of 16', () => {
  test('that moves by two standard deviations is drift, named by its position', () => {
    for (const n of [100, 1000]) {
      const found = drift(
        embeddings(n, 1),
        embeddings(n, 2, (value, at) => (at === 7 ? value + 2 : value)),
      );
      expect(found.verdict).toBe('drift');
      expect(found.reasons[0]).toMatch(
        /^mean at position 7 of 0 to 15 rose by [12]\.?\d* standard deviations \(\S+ → \S+\)$/,
      );
      expect(found.measures[0]).toMatchObject({ name: 'position-mean-shift', threshold: expect.any(Number) });
    }
  });

  test('that no longer varies, or varies twice as much, is drift by its spread', () => {
    const still = drift(
      embeddings(1000, 1),
      embeddings(1000, 2, (value, at) => (at === 3 ? 0 : value)),
    );
    expect(still.reasons).toEqual([
      expect.stringMatching(/^standard deviation at position 3 of 0 to 15 fell from \S+ to 0$/),
    ]);
    const wide = drift(
      embeddings(1000, 1),
      embeddings(1000, 2, (value, at) => (at === 0 ? 2 * value : value)),
    );
    expect(wide.verdict).toBe('drift');
    expect(wide.reasons[0]).toMatch(/^standard deviation at position 0 of 0 to 15 rose from/);
  });

  test('that has no numbers any more is drift', () => {
    const found = drift(
      embeddings(300, 1),
      embeddings(300, 2, (value, at) => (at === 15 ? Number.NaN : value)),
    );
    expect(found.reasons).toEqual([
      'share of lists without a number at position 15 of 0 to 15 rose from 0 % to 100 %',
    ]);
  });
});

test('positions that moved beside the one that moved most are named, up to five', () => {
  const found = drift(
    embeddings(1000, 1),
    embeddings(1000, 2, (value, at) => (at > 3 && at < 12 ? value + at / 4 : value)),
  );
  expect(found.reasons[0]).toMatch(
    /^mean at position 11 of 0 to 15 rose .*; also at 10, 9, 8, 7, 6 and 2 more$/,
  );
});

test('one constant in place of another is drift', () => {
  const found = drift(
    embeddings(100, 1, () => 1),
    embeddings(100, 2, (_, at) => (at === 2 ? 3 : 1)),
  );
  expect(found.reasons).toEqual(['mean at position 2 of 0 to 15 rose by 2 standard deviations (1 → 3)']);
});

test('lists of another length, or of which a side has counted no positions, are not compared by position', () => {
  const one = profileOf(embeddings(100, 1));
  const shorter = profileOf(embeddings(100, 1).map((list) => list.slice(1)));
  const names = (after: Profile) =>
    compareProfiles(one, after, { names: ['a', 'b'] }).features[0]!.measures.map(({ name }) => name);
  expect(names(shorter).filter((name) => name.startsWith('position'))).toEqual([]);
  expect(names(one).filter((name) => name.startsWith('position'))).toHaveLength(3);
});

describe('chance', () => {
  /** Shapes on which a test that assumes normal values would cry wolf. */
  const shapes: Readonly<Record<string, (normal: number) => number>> = {
    normal: (z) => z,
    'heavy tails': (z) => z ** 5,
    'one in a hundred': (z) => (z > 2.33 ? 1 : 0),
    skewed: (z) => Math.exp(2 * z),
  };

  test.each(Object.entries(shapes))('raises no alarm: %s', (_, shape) => {
    for (let seed = 0; seed < 40; seed++) {
      const n = [50, 200, 800][seed % 3]!;
      const found = drift(
        embeddings(n, 2 * seed + 1, shape),
        embeddings(seed % 2 === 0 ? n : 2 * n, 2 * seed + 2, shape),
      );
      expect([seed, found.verdict]).toEqual([seed, 'none']);
    }
  });

  test('is bounded from above: the exact p-value of all splits is never larger', () => {
    const random = randomNumbers(5);
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 10 }, () => random() ** (1 + (round % 7)));
      const sizes = { before: 3 + (round % 5), after: 7 - (round % 5) };
      const splits = splitsOf(values, sizes.before);
      const mean = values.reduce((a, b) => a + b) / 10;
      const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / 10;
      const reach = Math.max(...values.map((value) => Math.abs(value - mean)));
      const [before, after] = splits[round % splits.length]!;
      const asFar = splits.filter(([b, a]) => Math.abs(a - b) >= Math.abs(after - before) - 1e-12).length;
      const exact = asFar / splits.length;
      expect(boundedMeanShiftP(after - before, { variance, reach }, sizes)).toBeGreaterThanOrEqual(exact);
      const onSide = splits.filter(([b, a]) =>
        after > before ? a - b >= after - before - 1e-12 : b - a >= before - after - 1e-12,
      );
      expect(boundedMeansP(before, after, sizes)).toBeGreaterThanOrEqual(onSide.length / splits.length);
    }
  });
});

/** The means of both sides of every split of 10 values. */
function splitsOf(values: readonly number[], first: number): [number, number][] {
  const found: [number, number][] = [];
  for (let mask = 0; mask < 2 ** values.length; mask++) {
    const left = values.filter((_, at) => mask & (1 << at));
    if (left.length !== first) continue;
    const right = values.filter((_, at) => !(mask & (1 << at)));
    const mean = (side: readonly number[]) => side.reduce((a, b) => a + b, 0) / side.length;
    found.push([mean(left), mean(right)]);
  }
  return found;
}
