import { describe, expect, test } from 'vitest';
import { compareProfiles } from '../../src/drift/compare.ts';
import type { DriftOptions, FeatureDrift } from '../../src/drift/model.ts';
import { allCounts, type Column, columnOf, featureOf, profileOf } from './columns.ts';
import { randomNumbers } from './simulation.ts';

/** What changes in few rows: new values by the hundred, rare labels, values far away, other spellings. */

function compare(
  before: readonly (string | null)[],
  after: readonly (string | null)[],
  { type = 'string', ...options }: Partial<DriftOptions> & { type?: Column['type'] } = {},
): FeatureDrift {
  const side = (cells: readonly (string | null)[]) => {
    const column = columnOf('x', type, cells);
    return profileOf([featureOf(column, allCounts(column))], cells.length);
  };
  const report = compareProfiles(side(before), side(after), { names: ['before', 'after'], ...options });
  return report.features[0]!;
}

const repeated = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([value, count]) => new Array<string>(count).fill(value));

function normal(count: number, seed: number): string[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return String(Math.round((50 + 5 * radius * Math.cos(2 * Math.PI * random())) * 1000) / 1000);
  });
}

describe('new values, more than a profile lists', () => {
  const random = randomNumbers(7);
  const sku = (of: number) => `SKU-${Math.floor(random() ** 2 * of)}`;
  const some = () => Array.from({ length: 20_000 }, () => sku(4000));

  test('in 5 % of the rows are drift, and the sentence counts them', () => {
    const after = some().map((value, row) => (row % 20 === 0 ? `NEW-${Math.floor(random() * 300)}` : value));
    const { verdict, reasons } = compare(some(), after);
    expect(verdict).toBe('drift');
    expect(reasons.join('\n')).toMatch(
      /^401 of 4,138 distinct values are new, in at least 2 % of values and about 5\.8 %/m,
    );
  });

  test('that come by chance are none', () => {
    for (let i = 0; i < 20; i++) expect(compare(some(), some()).verdict).toBe('none');
  });

  test('are told if the side before is larger, and if it lists all of its values', () => {
    const few = () => Array.from({ length: 20_000 }, () => sku(900));
    const after = few().map((value, row) => (row % 20 === 0 ? `NEW-${Math.floor(random() * 300)}` : value));
    expect(compare(few(), after).verdict).toBe('drift');
    expect(compare([...some(), ...some()], after).verdict).toBe('drift');
  });
});

describe('a rare value', () => {
  const before = repeated({ ok: 19_900, fraud: 100 });

  test('that triples or vanishes warns, and is drift for a label', () => {
    for (const after of [repeated({ ok: 19_700, fraud: 300 }), repeated({ ok: 20_000 })]) {
      expect(compare(before, after)).toMatchObject({ verdict: 'warning' });
      expect(compare(before, after, { features: { labels: ['x'] } })).toMatchObject({ verdict: 'drift' });
    }
    expect(compare(before, repeated({ ok: 19_700, fraud: 300 })).reasons[0]).toBe(
      'share of "fraud" rose from 0.5 % to 1.5 %, by a factor of 3.0',
    );
  });

  test('in numbers that are labels too', () => {
    const label = { type: 'integer', features: { labels: ['x'] } } as const;
    expect(compare(repeated({ 0: 19_900, 1: 100 }), repeated({ 0: 19_700, 1: 300 }), label).verdict).toBe(
      'drift',
    );
  });

  test('that moves as chance moves it says nothing', () => {
    expect(compare(before, repeated({ ok: 19_880, fraud: 120 })).verdict).toBe('none');
    expect(compare(repeated({ a: 95, b: 5 }), repeated({ a: 90, b: 10 })).verdict).toBe('none');
  });
});

test('values far outside of the old range are named by how far', () => {
  const before = normal(10_000, 1);
  const after = normal(10_000, 2).map((value, row) => (row % 167 === 0 ? '-999' : value));
  const { verdict, reasons } = compare(before, after, { type: 'float' });
  expect(verdict).toBe('drift');
  expect(reasons[0]).toMatch(
    /^0\.6 % of values are below 29\.26, the least before; now down to -999, 210 standard deviations beyond$/,
  );
  expect(compare(before, normal(10_000, 3), { type: 'float' }).verdict).toBe('none');
});

describe('text that is the same but for its spelling', () => {
  const names = ['café', 'crème', 'thé'];
  const rows = Array.from({ length: 3000 }, (_, row) => names[row % 3]!);

  test.each([
    [
      'another Unicode normalization',
      (text: string) => text.normalize('NFD'),
      'in another Unicode normalization',
    ],
    ['another case', (text: string) => text.toUpperCase(), 'in another case'],
    ['other spaces', (text: string) => `${text} `, 'with other spaces around it'],
  ])('in %s is told so', (_, spell, how) => {
    const { verdict, reasons } = compare(
      rows,
      rows.map((text, row) => (row % 10 === 0 ? spell(text) : text)),
    );
    expect(verdict).toBe('drift');
    expect(reasons[0]).toContain('10 % of values are spelled in another way');
    expect(reasons[0]).toContain(how);
  });
});
