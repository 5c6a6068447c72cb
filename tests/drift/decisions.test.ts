import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { compareProfiles } from '../../src/drift/compare.ts';
import { compareHistory } from '../../src/drift/history.ts';
import type { DriftOptions, DriftReport } from '../../src/drift/model.ts';
import { driftWindow } from '../../src/drift/window.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { allCounts, type Column, columnOf, featureOf, profileOf } from './columns.ts';
import { falseAlarms, findings, randomNumbers, readColumns, shifts } from './simulation.ts';

const names = { names: ['before', 'after'] as const };
const schema = JSON.parse(
  readFileSync(new URL('../../schemas/drift-report.schema.json', import.meta.url), 'utf8'),
) as object;
const isReport = new Ajv({ allErrors: true }).compile(schema);

function profile(
  columns: Readonly<Record<string, readonly (string | null)[]>>,
  type: Column['type'] = 'string',
): Profile {
  const features = Object.entries(columns).map(([name, cells]) => {
    const column = columnOf(name, type, cells);
    return featureOf(column, allCounts(column));
  });
  return profileOf(features, Object.values(columns)[0]!.length);
}

function repeated(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([value, count]) => new Array<string>(count).fill(value));
}

function compare(before: Profile, after: Profile, options: Partial<DriftOptions> = {}): DriftReport {
  const report = compareProfiles(before, after, { ...names, ...options });
  isReport(report);
  expect(isReport.errors).toBeNull();
  return report;
}

describe('decisions', () => {
  const before = profile({ carrier: repeated({ AA: 970, UA: 9030 }) });
  const after = profile({ carrier: repeated({ AA: 410, UA: 9590 }) });

  test('a change of share is named in a sentence, with the numbers', () => {
    const report = compare(before, after);
    expect(report.verdict).toBe('drift');
    expect(report.summary).toBe('1 of 1 feature drifted: carrier');
    expect(report.features[0]!.reasons[0]).toBe('share of "AA" fell from 9.7 % to 4.1 %');
    expect(report.features[0]!.strength).toBeGreaterThan(1);
  });

  test('what several measures see is told once, also where one has a clause more', () => {
    const vote = (yea: number) => profile({ vote: repeated({ nay: 4000 - yea, yea }) });
    expect(compare(vote(1200), vote(2060)).features[0]!.reasons).toEqual([
      'share of "yea" rose from 30 % to 51.5 %',
    ]);
    const numbers = (low: number) =>
      profile(
        {
          x: [...Array.from({ length: 5000 }, (_, i) => String(40 + (i % 20))), ...repeated({ '-999': low })],
        },
        'integer',
      );
    const { reasons } = compare(numbers(0), numbers(30)).features[0]!;
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons[0]).toContain('are below 40, the least before; now down to -999');
  });

  test('what chance explains is never as strong as a warning', () => {
    const names = (from: number) =>
      profile({ name: Array.from({ length: 800 }, (_, i) => `user ${1000 + ((i * 7919 + from) % 5003)}`) });
    const report = compare(names(0), names(2600));
    expect(
      report.features[0]!.measures.find(({ name }) => name === 'new-category-share')!.value,
    ).toBeGreaterThan(0.5);
    expect(report).toMatchObject({ verdict: 'none', features: [{ strength: 0.5 }] });
  });

  test('the same change in 100 rows is what sampling gives', () => {
    const few = (aa: number) => profile({ carrier: repeated({ AA: aa, UA: 100 - aa }) });
    expect(compare(few(10), few(4)).verdict).toBe('none');
  });

  test('a tiny change in very many rows is proven, and of no matter', () => {
    const many = (aa: number): Profile => {
      const column = columnOf('carrier', 'string', ['AA', 'UA']);
      return profileOf([featureOf(column, Float64Array.of(aa, 100_000_000 - aa, 0))], 100_000_000);
    };
    const report = compare(many(9_700_000), many(9_750_000));
    const measure = report.features[0]!.measures.find(({ name }) => name === 'l-infinity')!;
    expect(measure.pValue).toBeLessThan(1e-9);
    expect(report.verdict).toBe('none');
  });

  test('one threshold for a feature, another measure, a comparator', () => {
    const report = (options: Partial<DriftOptions>) => compare(before, after, options).verdict;
    expect(
      report({ features: { thresholds: { carrier: { 'l-infinity': 0.2, 'jensen-shannon': 0.2 } } } }),
    ).toBe('none');
    expect(report({ features: { comparators: { carrier: { lInfinity: 0.057 } } } })).toBe('none');
    expect(report({ features: { comparators: { carrier: { lInfinity: 0.055 } } } })).toBe('drift');
    expect(report({ features: { ignore: ['carr*'] } })).toBe('none');
    expect(report({ features: { watch: ['other'] } })).toBe('none');
    expect(() => report({ thresholds: { kolmogorov: 1 } as never })).toThrow(
      /no drift measure called "kolmogorov"/,
    );
    expect(() => report({ thresholds: { psi: -1 } })).toThrow(/is -1/);
  });

  test('what earlier versions differ by is usual', () => {
    expect(compare(before, after, { baseline: [after, before, after] }).verdict).toBe('none');
    expect(compare(before, after, { baseline: [before, before] }).verdict).toBe('drift');
  });

  test('features that are on one side only', () => {
    const two = profile({ a: ['x'], b: ['y'] });
    const one = profile({ a: ['x'] });
    expect(compare(two, one)).toMatchObject({
      verdict: 'drift',
      summary: '1 removed: b',
      removed: [{ feature: 'b' }],
    });
    expect(compare(one, two)).toMatchObject({
      verdict: 'warning',
      summary: '1 added: b',
      added: [{ feature: 'b' }],
    });
  });

  test('no rows, and no rows left', () => {
    const empty = profile({ a: [] });
    expect(compare(empty, empty).verdict).toBe('none');
    expect(compare(profile({ a: ['x', 'y'] }), empty)).toMatchObject({
      verdict: 'drift',
      summary: 'no rows are left of 2',
    });
  });
});

describe('keys', () => {
  const ids = (from: number, to: number) =>
    profile({ id: Array.from({ length: to - from }, (_, i) => String(from + i)) }, 'integer');

  test('running numbers that run on warn, and leak where they overlap', () => {
    expect(compare(ids(0, 1000), ids(1000, 2000)).verdict).toBe('warning');
    expect(compare(ids(0, 1000), ids(1000, 2000), { disjointKeys: true }).verdict).toBe('warning');
    const leak = compare(ids(0, 1000), ids(900, 1900), { disjointKeys: true });
    expect(leak.verdict).toBe('drift');
    expect(leak.features[0]!.reasons[0]).toMatch(/^10 % of the keys/);
  });

  test('what a leak is estimated at holds the truth, and says how far off it can be', () => {
    const leak = compare(ids(0, 100_000), ids(99_700, 119_700), { disjointKeys: true });
    const measure = leak.features[0]!.measures.find(({ name }) => name === 'key-overlap')!;
    expect(measure.errorBound).toBeGreaterThan(0.004);
    expect(Math.abs(measure.value - 0.015)).toBeLessThan(measure.errorBound!);
    expect(leak.features[0]!.reasons[0]).toMatch(/ of 20,000 rows occur among the 100,000 /);
  });

  test('users that repeat are compared where a threshold asks for it; with no key at all, nothing is claimed', () => {
    const users = (from: number, to: number) =>
      profile({ user: Array.from({ length: 1000 }, (_, i) => `u${from + (i % (to - from))}`) });
    expect(() => compare(users(0, 200), users(150, 250), { disjointKeys: true })).toThrow(/nearly every row/);
    const features = { thresholds: { user: { 'key-overlap': 0.001 } } };
    const leak = compare(users(0, 200), users(150, 250), { disjointKeys: true, features });
    expect(leak.features[0]!.reasons.join()).toContain('50 % of the keys');
    expect(leak.verdict).toBe('drift');
    expect(compare(users(200, 400), users(400, 600), { disjointKeys: true, features }).verdict).toBe(
      'warning',
    );
  });

  test('a key that repeats is no key', () => {
    const twice = profile({ id: Array.from({ length: 1000 }, (_, i) => String(i % 500)) }, 'integer');
    expect(compare(ids(0, 1000), twice).features[0]!.reasons.join()).toContain(
      'distinct values fell from 1,000 to 500',
    );
  });
});

describe('time', () => {
  const hours = (days: readonly number[], each: number) =>
    profile(
      {
        at: days.flatMap((day) =>
          Array.from({ length: each }, (_, i) =>
            new Date(day * 86_400_000 + ((i * 7) % 24) * 3_600_000).toISOString(),
          ),
        ),
      },
      'timestamp',
    );
  const days = Array.from({ length: 60 }, (_, i) => 16_000 + i);

  test('a period that moves on warns; a gap is drift', () => {
    const next = hours(
      days.map((day) => day + 60),
      24,
    );
    expect(compare(hours(days, 24), next).verdict).toBe('warning');
    const holed = hours(
      days.filter((day) => day < 16_020 || day > 16_027),
      24,
    );
    const report = compare(hours(days, 24), holed);
    expect(report.verdict).toBe('drift');
    expect(report.features[0]!.reasons.join()).toContain('(8 days); before, the longest gap was 0 days');
  });

  test('hours that stay away', () => {
    const column = (each: number) => hours(days, each);
    expect(
      compare(column(24), column(3)).features[0]!.measures.find(({ name }) => name === 'hour-share')!.verdict,
    ).toBe('drift');
  });
});

describe('series and windows', () => {
  const month = (aa: number) =>
    profile({ carrier: repeated({ AA: aa, UA: 10_000 - aa }), other: repeated({ x: 10_000 }) });

  test('a series names the step at which a feature moved', () => {
    const versions = [900, 905, 2000].map((aa, i) => ({ name: `v${i + 1}`, profile: month(aa) }));
    const series = compareHistory(versions);
    expect(series.steps.map(({ verdict }) => verdict)).toEqual(['none', 'drift']);
    expect(series.features[0]).toMatchObject({
      feature: 'carrier',
      steps: [{ verdict: 'none' }, { verdict: 'drift' }],
    });
    expect(() => compareHistory(versions.slice(0, 1))).toThrow(RangeError);
  });

  test('a window holds what changed and nothing else', () => {
    const window = driftWindow(compareProfiles(month(900), month(2000), names), 3);
    expect(window).toMatchObject({ varveDriftWindow: 1, window: 3, rows: 10_000, verdict: 'drift' });
    expect(window.features.map(({ feature }) => feature)).toEqual(['carrier']);
  });
});

describe('on real flights', () => {
  const columns = readColumns(new URL('../../fixtures/flights-sample.csv', import.meta.url).pathname);

  test('halves of one table raise no alarm', () => {
    for (const n of [100, 500]) expect(falseAlarms(columns, n, 15, n)).toMatchObject({ alarms: 0 });
  });

  test.each(shifts)('found: $name', (shift) => {
    const rows = columns[0]!.codes.length;
    const { found } = findings(columns, shift, Math.min(20_000, rows * 5), 3, 7);
    expect(found).toBe(3);
  });

  test('the same profiles give the same report, whatever the order of calls', () => {
    const random = randomNumbers(5);
    const cells = Array.from({ length: 3000 }, () => String(Math.floor(random() * 2000)));
    const one = profile({ a: cells }, 'integer');
    const two = profile({ a: cells.map((cell) => String(Number(cell) + 40)) }, 'integer');
    const report = JSON.stringify(compare(one, two));
    compare(two, one);
    expect(JSON.stringify(compare(one, two))).toBe(report);
  });
});
