import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionOf } from '../../src/drift/distributions/distribution.ts';
import { distributionOverTime } from '../../src/drift/distributions/over-time.ts';
import { quantilesOf } from '../../src/drift/distributions/quantiles.ts';
import { FeaturePair } from '../../src/drift/findings/finding.ts';
import type { Distribution } from '../../src/drift/model.ts';
import type { FeatureProfile } from '../../src/profile/model/model.ts';
import { allCounts, type Column, columnOf, featureOf } from './columns.ts';

type Histogram = Extract<Distribution, { edges: readonly number[] }>;

function profiled(type: Column['type'], cells: readonly (string | number)[]): FeatureProfile {
  const column = columnOf('x', type, cells.map(String));
  return featureOf(column, allCounts(column));
}

function drawn(type: Column['type'], before: readonly (string | number)[], after = before): Histogram {
  const rows = { before: before.length, after: after.length };
  const sides = { before: profiled(type, before), after: profiled(type, after) };
  return distributionOf(new FeaturePair({ table: '', feature: 'x', ...sides, rows })) as Histogram;
}

function widths(edges: readonly number[]): number[] {
  return edges.slice(1).map((edge, at) => Number((edge - edges[at]!).toPrecision(9)));
}

function numbers(count: number, from = 0, step = 1): number[] {
  return Array.from({ length: count }, (_, at) => from + at * step);
}

/** How much the inner bins of a histogram differ. */
function unevenness({ after }: Histogram): number {
  const inner = after.slice(1, -1);
  return Math.max(...inner) / Math.min(...inner);
}

describe('a histogram', () => {
  it('has a bin a value of few whole numbers', () => {
    const { edges, after, step } = drawn('integer', [1, 2, 2, 3]);
    expect([edges, after, step]).toEqual([[1, 2, 3, 4], [0.25, 0.5, 0.25], 1]);
  });

  it.each([
    ['whole numbers', 'integer', numbers(366, 1)],
    ['whole numbers of a float column', 'float', numbers(366, 1)],
    ['ids, more than are listed', 'integer', numbers(20_000, 1)],
    ['ids far from zero', 'integer', numbers(20_000, 30_000)],
    ['values with a decimal', 'float', numbers(37, 43).map((one) => (one / 10).toFixed(1))],
    ['multiples of 50', 'integer', numbers(100, 100, 50)],
    [
      'times written as hours and minutes',
      'integer',
      numbers(720, 0, 2).map((one) => Math.floor(one / 60) * 100 + (one % 60)),
    ],
  ] as const)('of evenly spread %s is even', (_, type, cells) => {
    const found = drawn(type, cells);
    expect(found.edges.length).toBeLessThanOrEqual(41);
    expect(found.edges.length).toBeGreaterThan(8);
    expect(unevenness(found)).toBeLessThan(1.05);
  });

  it('has inner bins of one round width, and ends where the data ends', () => {
    const { edges } = drawn('integer', numbers(2359, 1));
    expect(edges[0]).toBe(1);
    expect(edges.at(-1)).toBe(2360);
    expect(new Set(widths(edges).slice(1, -1))).toEqual(new Set([100]));
  });

  it('gives what lies far beyond a bin of its own, up to the extremes', () => {
    const cells = [...numbers(1000).map((at) => at % 50), 4000];
    const { edges, after } = drawn('integer', cells);
    expect(edges.at(-1)).toBe(4001);
    expect(after.at(-1)).toBeCloseTo(1 / 1001, 6);
    expect(edges.at(-2)! - edges[0]!).toBeLessThan(60);
  });

  it('of dates has days, weeks or months', () => {
    const day = (at: number): string =>
      new Date(Date.UTC(2013, 0, 1 + at)).toISOString().replace('000Z', '000000Z');
    const days = (count: number) =>
      widths(drawn('timestamp', numbers(count).map(day)).edges).map((one) => one / 864e5);
    expect(new Set(days(30))).toEqual(new Set([1]));
    expect(new Set(days(365).slice(1, -1))).toEqual(new Set([14]));
    const yearly = numbers(12).map((at) => `${1970 + at}-01-01T00:00:00.000000Z`);
    expect(unevenness(drawn('timestamp', yearly))).toBeCloseTo(1, 6);
    const years = days(3650).slice(1, -1);
    expect(years.every((one) => one >= 181 && one <= 184)).toBe(true);
  });

  it('is whole, ascending and finite for whatever numbers', () => {
    const value = fc.oneof(
      fc.double({ min: -1e100, max: 1e100, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.integer(),
      fc.integer({ min: 0, max: 50 }),
    );
    const cells = fc.array(value, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(cells, cells, (before, after) => {
        const { edges, ...sides } = drawn('float', before, after);
        expect(edges.every(Number.isFinite)).toBe(true);
        expect(edges.every((edge, at) => at === 0 || edge > edges[at - 1]!)).toBe(true);
        expect(edges.length).toBeLessThanOrEqual(41);
        for (const side of [sides.before, sides.after]) {
          expect(side).toHaveLength(edges.length - 1);
          expect(side.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
        }
        expect(edges[0]).toBeLessThanOrEqual(Math.min(...before, ...after));
        expect(edges.at(-1)).toBeGreaterThanOrEqual(Math.max(...before, ...after));
      }),
    );
  });
});

describe('quantiles', () => {
  it('are those of the listed values, and never beyond the extremes', () => {
    expect(quantilesOf(profiled('integer', numbers(101)), [0.25, 0.5, 0.75])).toEqual([25, 50, 75]);
    const [low, high] = quantilesOf(profiled('integer', numbers(5000, 1_000_001)), [0, 1])!;
    expect(low).toBeGreaterThanOrEqual(1_000_001);
    expect(high).toBeLessThanOrEqual(1_005_000);
  });
});

describe('a distribution over time', () => {
  it('has quantiles of numbers, and a gap for a version without them', () => {
    const found = distributionOverTime([profiled('integer', [1, 2, 3]), undefined, profiled('integer', [5])]);
    expect(found).toMatchObject({ kind: 'numeric', quantiles: [[1, 1, 2, 3, 3], null, [5, 5, 5, 5, 5]] });
  });

  it('has the shares of the values that are most frequent in all versions', () => {
    const found = distributionOverTime([profiled('string', ['a', 'a', 'b']), profiled('string', ['c'])]);
    expect(found).toEqual({
      kind: 'categorical',
      labels: ['c', 'a', 'b'],
      shares: [
        [0, 2 / 3, 1 / 3],
        [1, 0, 0],
      ],
    });
  });

  it('is none where the type changed', () => {
    expect(distributionOverTime([profiled('string', ['a']), profiled('integer', [1])])).toBeUndefined();
  });
});
