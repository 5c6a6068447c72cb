import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { mean, standardDeviation } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { FeaturePair, type MeasuredChange } from '../../src/drift/findings/finding.ts';
import { measureChanges } from '../../src/drift/findings/findings.ts';
import {
  chiSquare,
  hellinger,
  kolmogorovSmirnov,
  populationStability,
  wasserstein,
} from '../../src/drift/measures/measures.ts';
import {
  benjaminiHochberg,
  chiSquare95,
  chiSquareTail,
  normalQuantile,
  studentTails,
} from '../../src/drift/measures/tails.ts';
import { jensenShannon, lInfinity, shares } from '../../src/profile/model/distances.ts';
import { allCounts, columnOf, featureOf } from './columns.ts';

interface Fixture {
  tails: { x: number; df: number; p: number }[];
  student: { t: number; df: number; p: number }[];
  numeric: {
    name: string;
    before: number[];
    after: number[];
    kolmogorovSmirnov: number;
    wassersteinNormed: number;
    evidently: { wassersteinNormed: number; kolmogorovSmirnovP: number };
  }[];
  categorical: {
    name: string;
    before: number[];
    after: number[];
    lInfinity: number;
    jensenShannonDistance: number;
    hellinger: number;
    psi: number;
    chiSquare: number;
    chiSquareP: number;
    evidently: { jensenShannonDistance: number; hellinger: number; psi: number };
  }[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/drift/measures.json', import.meta.url), 'utf8'),
) as Fixture;

function pairOf(
  type: 'float' | 'integer' | 'string',
  before: readonly string[],
  after: readonly string[],
): FeaturePair {
  const side = (cells: readonly string[]) => {
    const column = columnOf('v', type, cells);
    return featureOf(column, allCounts(column));
  };
  const rows = { before: before.length, after: after.length };
  return new FeaturePair({ table: '', feature: 'v', before: side(before), after: side(after), rows });
}

function found(findings: readonly MeasuredChange[], name: string): MeasuredChange {
  const finding = findings.find((each) => each.name === name);
  if (finding === undefined) throw new Error(`no ${name}`);
  return finding;
}

describe('over shares', () => {
  test.each(fixture.categorical)('as SciPy and Evidently have them: $name', (expected) => {
    const p = shares(expected.before);
    const q = shares(expected.after);
    expect(lInfinity(p, q).value).toBeCloseTo(expected.lInfinity, 12);
    expect(Math.sqrt(jensenShannon(p, q))).toBeCloseTo(expected.jensenShannonDistance, 10);
    // Evidently's distance is the root of nats.
    const nats = jensenShannon(p, q) * Math.LN2;
    expect(Math.sqrt(nats)).toBeCloseTo(expected.evidently.jensenShannonDistance, 10);
    expect(hellinger(p, q)).toBeCloseTo(expected.hellinger, 10);
    expect(hellinger(p, q)).toBeCloseTo(expected.evidently.hellinger, 10);
    expect(populationStability(p, q)).toBeCloseTo(expected.psi, 10);
    expect(populationStability(p, q)).toBeCloseTo(expected.evidently.psi, 10);
    const { statistic, df } = chiSquare(expected.before, expected.after);
    expect(statistic).toBeCloseTo(expected.chiSquare, 8);
    expect(chiSquareTail(statistic, df)).toBeCloseTo(expected.chiSquareP, 10);
  });

  test('TFDV’s values for the months of flights: carrier 0.037863, dest 0.0452942', () => {
    const counts = (month: number, column: string) => {
      const [header = '', ...lines] = readFileSync(
        new URL(`../../fixtures/tfdv/flights/flights-month${month}.csv`, import.meta.url),
        'utf8',
      )
        .trimEnd()
        .split('\n');
      const at = header.split(',').indexOf(column);
      return lines.map((line) => line.split(',')[at]!);
    };
    const carriers = measureChanges(pairOf('string', counts(1, 'carrier'), counts(7, 'carrier')));
    expect(found(carriers, 'l-infinity').value).toBeCloseTo(0.037863, 6);
    expect(found(carriers, 'l-infinity').reason()).toContain('"UA"');
    const destinations = measureChanges(pairOf('string', counts(1, 'dest'), counts(7, 'dest')));
    expect(found(destinations, 'jensen-shannon').value).toBeCloseTo(0.04529419791263409, 6);
  });

  test('bounds, symmetry and zero for equals', () => {
    const cells = fc.array(fc.nat(1000), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(cells, cells, (first, second) => {
        const length = Math.min(first.length, second.length);
        const p = shares([...first.slice(0, length), 1]);
        const q = shares([...second.slice(0, length), 1]);
        for (const measure of [jensenShannon, hellinger]) {
          expect(measure(p, q)).toBeGreaterThanOrEqual(0);
          expect(measure(p, q)).toBeLessThanOrEqual(1);
          expect(measure(p, q)).toBeCloseTo(measure(q, p), 12);
          expect(measure(p, p)).toBe(0);
        }
        expect(hellinger(p, q) ** 2).toBeLessThanOrEqual(jensenShannon(p, q) + 1e-12);
        expect(kolmogorovSmirnov(p, q).value).toBeGreaterThanOrEqual(lInfinity(p, q).value / 2 - 1e-12);
      }),
    );
  });
});

describe('from profiles, against raw data', () => {
  test.each(fixture.numeric)('Kolmogorov-Smirnov and Wasserstein within their bounds: $name', (expected) => {
    const findings = measureChanges(pairOf('float', expected.before.map(String), expected.after.map(String)));
    const ks = found(findings, 'kolmogorov-smirnov');
    expect(ks.errorBound).toBe(0);
    expect(ks.value).toBeCloseTo(expected.kolmogorovSmirnov, 12);
    const distance = found(findings, 'wasserstein');
    expect(Math.abs(distance.value - expected.wassersteinNormed)).toBeLessThanOrEqual(
      distance.errorBound! + 1e-6,
    );
    expect(Math.abs(distance.value - expected.evidently.wassersteinNormed)).toBeLessThanOrEqual(
      distance.errorBound! + 1e-6,
    );
    // A bound of the p-value, so never below the one that Evidently gives, which is exact or nearly so.
    expect(ks.test!.pValue).toBeGreaterThanOrEqual(expected.evidently.kolmogorovSmirnovP);
    const shift = Math.abs(mean(expected.after) - mean(expected.before));
    const deviation = Math.sqrt(
      (standardDeviation(expected.before) ** 2 + standardDeviation(expected.after) ** 2) / 2,
    );
    expect(found(findings, 'mean-shift').value).toBeCloseTo(shift / deviation, 9);
  });

  test('by buckets, beyond the listed values: within the bounds that they state', () => {
    const before = Array.from({ length: 3000 }, (_, i) => Math.exp(((i * 7919) % 3000) / 700));
    const after = Array.from({ length: 2500 }, (_, i) => Math.exp(((i * 6007) % 2500) / 550));
    const exact = exactDistances(before, after);
    const text = (values: readonly number[]) => values.map((value) => value.toFixed(6));
    const findings = measureChanges(pairOf('float', text(before), text(after)));
    for (const [name, value] of Object.entries(exact)) {
      const finding = found(findings, name);
      expect(finding.errorBound!).toBeGreaterThan(0);
      expect(finding.errorBound!).toBeLessThan(0.05);
      expect(Math.abs(finding.value - value)).toBeLessThanOrEqual(finding.errorBound! + 1e-6);
    }
  });
});

/** From sorted raw data, each value a step of the distribution function. */
function exactDistances(before: readonly number[], after: readonly number[]) {
  const points = [...new Set([...before, ...after])].sort((a, b) => a - b);
  const sharesAt = (values: readonly number[]) => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return points.map((point) => (counts.get(point) ?? 0) / values.length);
  };
  const p = sharesAt(before);
  const q = sharesAt(after);
  return {
    'kolmogorov-smirnov': kolmogorovSmirnov(p, q).value,
    wasserstein: wasserstein(points, p, q) / standardDeviation([...before]),
  };
}

describe('tails', () => {
  test('of chi-square, as SciPy has them', () => {
    for (const { x, df, p } of fixture.tails) expect(chiSquareTail(x, df) / p).toBeCloseTo(1, 7);
  });

  test('of Student’s t, to 2 % where they are not tiny', () => {
    for (const { t, df, p } of fixture.student)
      expect(Math.abs(studentTails(t, df) / p - 1)).toBeLessThan(0.02);
  });

  test('quantiles', () => {
    for (const df of [1, 2, 5, 20, 100]) expect(chiSquareTail(chiSquare95(df), df)).toBeCloseTo(0.05, 2);
    expect(normalQuantile(0.05)).toBeCloseTo(1.959964, 5);
  });

  test('Benjamini-Hochberg: their paper’s example rejects the four smallest at 0.05', () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
      0.759, 1,
    ];
    expect(benjaminiHochberg(p).filter((each) => each <= 0.05)).toHaveLength(4);
  });
});
