import { describe, expect, test } from 'vitest';
import type { DriftOptions } from '../../src/drift/model.ts';
import { isCompared, thresholdsOf } from '../../src/drift/thresholds.ts';

const OPTIONS: DriftOptions = { names: ['before', 'after'] };

/** As docs/drift.md says them: whoever changes one changes what every report says. */
const DEFAULTS = {
  'l-infinity': 0.04,
  'jensen-shannon': 0.01,
  hellinger: null,
  psi: null,
  'chi-square': null,
  'kolmogorov-smirnov': 0.1,
  wasserstein: null,
  'mean-shift': 0.15,
  'null-share': 0.01,
  'null-element-share': 0.01,
  'non-finite-share': 0.01,
  'new-category-share': 0.01,
  'respelled-share': 0.005,
  'share-ratio': Math.LN2,
  'distinct-count': 0.2,
  type: 1,
  'out-of-range-share': 0.01,
  'out-of-range-distance': 10,
  length: 0.1,
  valency: 0.1,
  'position-mean-shift': 0.15,
  'position-spread': 0.4,
  'position-missing-share': 0.01,
  'weekday-share': 0.05,
  'hour-share': 0.05,
  'time-gap': 0.05,
  'period-overlap': null,
  'key-overlap': null,
};

describe('thresholds', () => {
  test('are the defaults, those for all, those of the feature: the last that is given', () => {
    expect(thresholdsOf('x', OPTIONS)).toEqual(DEFAULTS);
    const given: DriftOptions = {
      ...OPTIONS,
      thresholds: { type: 2, length: 3 },
      features: { thresholds: { x: { length: null } } },
    };
    expect(thresholdsOf('x', given)).toEqual({ ...DEFAULTS, type: 2, length: null });
    expect(thresholdsOf('y', given)).toEqual({ ...DEFAULTS, type: 2, length: 3 });
  });

  test('of keys that are to be disjoint', () => {
    expect(thresholdsOf('x', { ...OPTIONS, disjointKeys: true })).toEqual({
      ...DEFAULTS,
      'key-overlap': 0.001,
    });
    const own = { ...OPTIONS, disjointKeys: true, thresholds: { 'key-overlap': 0.5 } };
    expect(thresholdsOf('x', own)['key-overlap']).toBe(0.5);
  });

  test('that name no measure are refused with the names of all', () => {
    const options = { ...OPTIONS, thresholds: { lenght: 1 } } as DriftOptions;
    expect(() => thresholdsOf('x', options)).toThrow(
      expect.objectContaining({
        code: 'measure-unknown',
        message: expect.stringContaining('"lenght"'),
        remedy: `Name one of ${Object.keys(DEFAULTS).join(', ')}.`,
      }),
    );
  });

  test('that are no number above 0 are refused', () => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1', true, undefined]) {
      const options = {
        ...OPTIONS,
        features: { thresholds: { x: { length: value } } },
      } as unknown as DriftOptions;
      expect(() => thresholdsOf('x', options), String(value)).toThrow(
        expect.objectContaining({
          code: 'threshold-invalid',
          message: expect.stringContaining(String(value)),
          remedy: expect.stringContaining('null'),
        }),
      );
    }
    expect(thresholdsOf('x', { ...OPTIONS, thresholds: { length: 1e-300 } }).length).toBe(1e-300);
  });
});

describe('features to compare', () => {
  const compared = (name: string, features: DriftOptions['features'] = {}) =>
    isCompared(name, { ...OPTIONS, features });

  test('are all but those to ignore, or those to watch of them', () => {
    expect(isCompared('x', OPTIONS)).toBe(true);
    expect(compared('x')).toBe(true);
    expect(compared('x', { ignore: ['x'] })).toBe(false);
    expect(compared('x', { ignore: ['y', 'x'] })).toBe(false);
    expect(compared('x', { ignore: ['y'] })).toBe(true);
    expect(compared('x', { watch: ['y', 'x'] })).toBe(true);
    expect(compared('x', { watch: ['y', 'z'] })).toBe(false);
    expect(compared('x', { watch: ['x'], ignore: ['x'] })).toBe(false);
    expect(compared('Stryker was here', { watch: [] })).toBe(true);
  });

  test.each([
    ['fare', 'fare', true],
    ['fare', 'fares', false],
    ['fare', 'a fare', false],
    ['', '', true],
    ['', 'fare', false],
    ['*', 'fare', true],
    ['*', '', true],
    ['f*', 'fare', true],
    ['f*', 'a fare', false],
    ['*e', 'fare', true],
    ['*e', 'fares', false],
    ['*f', 'fare', false],
    ['f*e', 'fare', true],
    ['fa*re', 'fare', true],
    ['far*are', 'fare', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['f*a*e', 'fare', true],
    ['f*x*e', 'fare', false],
    ['f*r*a*e', 'fare', false],
    ['f*a*r*e', 'fare', true],
    ['*a*a*', 'a', false],
    ['*a*a*', 'banana', true],
    ['*an*an*', 'bana', false],
    ['a*bc*c', 'abc', false],
    ['a*bc*c', 'abcc', true],
    ['*a*', 'a', true],
  ])('%j means %j: %s', (pattern, name, means) => {
    expect(compared(name, { watch: [pattern] })).toBe(means);
    expect(compared(name, { ignore: [pattern] })).toBe(!means);
  });
});
