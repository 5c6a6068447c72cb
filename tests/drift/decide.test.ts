import { describe, expect, test } from 'vitest';
import {
  decideFeatures,
  type ExaminedFeature,
  type FeatureDecision,
  verdictRank,
} from '../../src/drift/decide.ts';
import type { FeaturePair, MeasuredChange } from '../../src/drift/findings/finding.ts';
import type { DriftOptions, MeasureName } from '../../src/drift/model.ts';

/** Decisions by themselves, at and on both sides of every border. */
const SURE = 1e-9;
const OPTIONS: DriftOptions = { names: ['before', 'after'] };

function finding(value: number, more: Partial<MeasuredChange> = {}): MeasuredChange {
  const name = more.name ?? 'l-infinity';
  return { name, value, test: { of: name, pValue: SURE }, reason: () => `${name} ${value}`, ...more };
}

function examined(
  findings: readonly MeasuredChange[],
  usual: Readonly<Partial<Record<MeasureName, number>>> = {},
): ExaminedFeature {
  const known = new Map(Object.entries(usual) as [MeasureName, number][]);
  return { pair: { feature: 'x' } as FeaturePair, changes: findings, usual: known };
}

function decided(
  findings: readonly MeasuredChange[],
  options: Partial<DriftOptions> = {},
  usual: Readonly<Partial<Record<MeasureName, number>>> = {},
): FeatureDecision {
  return decideFeatures([examined(findings, usual)], { ...OPTIONS, ...options })[0]!;
}

const thresholds = { 'l-infinity': 0.4, 'jensen-shannon': 0.4 };

describe('a measure', () => {
  const verdict = (value: number, more: Partial<MeasuredChange> = {}, usual = {}) =>
    decided([finding(value, more)], { thresholds }, usual).verdict;

  test('speaks of drift from its threshold on, and warns from half of it on', () => {
    expect(verdict(0.4)).toBe('drift');
    expect(verdict(0.399)).toBe('warning');
    expect(verdict(0.2)).toBe('warning');
    expect(verdict(0.199)).toBe('none');
  });

  test('is held against its threshold and what sampling gives: by squares of distances, or as it is', () => {
    const bar = Math.hypot(0.4, 0.3);
    expect(verdict(bar, { expected: 0.3 })).toBe('drift');
    expect(verdict(bar - 1e-9, { expected: 0.3 })).toBe('warning');
    expect(verdict(0.7, { expected: 0.3, squared: true })).toBe('drift');
    expect(verdict(0.7 - 1e-9, { expected: 0.3, squared: true })).toBe('warning');
  });

  test('is held against what is usual among the versions of a baseline, where that is more', () => {
    expect(verdict(0.5, {}, { 'l-infinity': 0.5 })).toBe('drift');
    expect(verdict(0.499, {}, { 'l-infinity': 0.5 })).toBe('none');
    expect(verdict(0.4, {}, { 'l-infinity': 0.3 })).toBe('drift');
    expect(verdict(0.299, {}, { 'l-infinity': 0.3 })).toBe('none');
  });

  test('warns only, where a feature is expected to move', () => {
    expect(verdict(9, { movesByItself: true })).toBe('warning');
    expect(verdict(0.1, { movesByItself: true })).toBe('none');
    // So an alert on a strength of 1 and more is one on drift.
    for (const only of [{ movesByItself: true }, { warnsOnly: true }])
      expect(decided([finding(9, only)], { thresholds })).toMatchObject({
        verdict: 'warning',
        strength: 0.99,
      });
  });

  test('says nothing where chance is not ruled out, and is never as strong as a warning then', () => {
    const by = (pValue: number, falseAlarms?: number) =>
      decided([finding(4, { test: { of: 't', pValue } })], {
        thresholds,
        ...(falseAlarms === undefined ? {} : { falseAlarms }),
      });
    expect(by(0.001)).toMatchObject({ verdict: 'drift', strength: 10 });
    expect(by(0.0011)).toMatchObject({ verdict: 'none', strength: 0.5, reasons: [] });
    expect(by(0.05, 0.05)).toMatchObject({ verdict: 'drift', strength: 10 });
    expect(decided([finding(0.04, { test: { of: 't', pValue: 1 } })], { thresholds }).strength).toBeCloseTo(
      0.1,
    );
  });

  test('informs, where it has no test or its threshold is null', () => {
    const untested = finding(9);
    const { test: _, ...informs } = untested;
    const [measure] = decided([informs], { thresholds }).measures;
    expect(measure).toStrictEqual({ name: 'l-infinity', value: 9, verdict: 'none' });
    const unset = decided([untested], { thresholds: { 'l-infinity': null } });
    expect(unset).toMatchObject({ verdict: 'none', strength: 0 });
    expect(unset.measures).toStrictEqual([{ name: 'l-infinity', value: 9, pValue: SURE, verdict: 'none' }]);
  });

  test('is shown with all that it was decided by', () => {
    const { measures } = decided([finding(0.9, { expected: 0.3, errorBound: 0.01 })], { thresholds });
    expect(measures).toStrictEqual([
      {
        name: 'l-infinity',
        value: 0.9,
        expected: 0.3,
        errorBound: 0.01,
        pValue: SURE,
        threshold: Math.hypot(0.4, 0.3),
        verdict: 'drift',
      },
    ]);
  });
});

describe('a feature', () => {
  test('has the gravest verdict, then the greatest strength, first', () => {
    const { verdict, strength, reasons, measures } = decided(
      [
        finding(0.3),
        finding(0.41, { name: 'jensen-shannon' }),
        finding(4, { name: 'length', movesByItself: true }),
        finding(0.8, { name: 'type' }),
        finding(0, { name: 'valency' }),
      ],
      { thresholds: { ...thresholds, length: 0.1, type: 0.4 } },
    );
    expect(verdict).toBe('drift');
    expect(strength).toBeCloseTo(2);
    expect(measures.map(({ name }) => name)).toEqual([
      'type',
      'jensen-shannon',
      'length',
      'l-infinity',
      'valency',
    ]);
    expect(reasons).toEqual(['type 0.8', 'jensen-shannon 0.41', 'length 4', 'l-infinity 0.3']);
  });

  test('of which nothing was measured has not changed', () => {
    expect(decided([])).toEqual({ verdict: 'none', strength: 0, reasons: [], measures: [] });
  });

  test('has a threshold of its own', () => {
    const features = { thresholds: { x: { 'l-infinity': 2 } } };
    expect(decided([finding(1)], { thresholds, features }).verdict).toBe('warning');
  });
});

describe('all features together', () => {
  test('more tests ask for more proof; findings that share a test count it once', () => {
    const shared = { of: 'one', pValue: 0.0004 };
    const proven = (others: number, own: readonly MeasuredChange[]) =>
      decideFeatures(
        [
          examined(own),
          ...Array.from({ length: others }, () => examined([finding(0, { test: { of: 't', pValue: 1 } })])),
        ],
        { ...OPTIONS, thresholds },
      )[0]!.verdict;
    const two = [finding(1, { test: shared }), finding(1, { name: 'jensen-shannon', test: shared })];
    expect(proven(0, two)).toBe('drift');
    expect(proven(1, two)).toBe('drift');
    expect(proven(2, two)).toBe('none');
  });

  test('each has the p-value of its own test', () => {
    const pValues = [0.01, 0.02, 0.03];
    const decisions = decideFeatures(
      pValues.map((pValue) => examined([finding(1, { test: { of: 't', pValue } })])),
      OPTIONS,
    );
    expect(decisions.map(({ measures }) => measures[0]!.pValue)).toEqual([0.03, 0.03, 0.03]);
    const apart = decideFeatures(
      [1e-9, 1].map((pValue) => examined([finding(1, { test: { of: 't', pValue } })])),
      OPTIONS,
    );
    expect(apart.map(({ measures }) => measures[0]!.pValue)).toEqual([2e-9, 1]);
  });
});

describe('a comparator of TFDV', () => {
  const by = (value: number, comparator: object, name: MeasureName = 'l-infinity') =>
    decided([finding(value, { name, test: { of: 't', pValue: 1 } })], {
      features: { comparators: { x: comparator } },
    });

  test('speaks of drift above its threshold, whatever chance gives', () => {
    expect(by(0.2, { lInfinity: 0.1 })).toMatchObject({ verdict: 'drift', strength: 2 });
    expect(by(0.1, { lInfinity: 0.1 })).toMatchObject({ verdict: 'none', strength: 1 });
    expect(by(0.2, { jensenShannon: 0.1 }, 'jensen-shannon')).toMatchObject({ verdict: 'drift' });
  });

  test('of 0 lets nothing pass', () => {
    expect(by(1e-12, { lInfinity: 0 })).toMatchObject({ verdict: 'drift', strength: 1e6 });
    expect(by(0, { lInfinity: 0 })).toMatchObject({ verdict: 'none', strength: 0 });
  });

  test('says nothing of measures that it does not name', () => {
    expect(by(9, { jensenShannon: 0.1 })).toStrictEqual({
      verdict: 'none',
      strength: 0,
      reasons: [],
      measures: [{ name: 'l-infinity', value: 9, verdict: 'none' }],
    });
    expect(by(0.2, { lInfinity: 0.1 }).measures).toEqual([
      { name: 'l-infinity', value: 0.2, threshold: 0.1, verdict: 'drift' },
    ]);
  });
});

test('verdicts are ranked', () => {
  expect([verdictRank('none'), verdictRank('warning'), verdictRank('drift')]).toEqual([0, 1, 2]);
});
