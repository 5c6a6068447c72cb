import type { FeatureProfile } from '../../profile/model/model.ts';
import { finestCells, quantileOf } from '../distances.ts';
import { compareDecimals } from '../format/exact.ts';
import { amount, between } from '../phrases.ts';
import type { Rule, Subject, Violation } from './rule.ts';

/** Bounds the median: a column in another unit, or another column, is seen by it whatever its single values are. */
export const MEDIAN_RULE: Rule = {
  check(subject) {
    const median = subject.feature.median === undefined ? undefined : medianOf(subject.profile);
    if (median === undefined || isWithin(median, subject)) return [];
    return [finding(subject, median)];
  },
  relax(subject) {
    const { feature } = subject;
    if (MEDIAN_RULE.check(subject).length === 0) return feature;
    const found = medianOf(subject.profile)!;
    const { min, max } = feature.median!;
    return {
      ...feature,
      median: {
        ...(min !== undefined && { min: compareDecimals(String(found), min) < 0 ? String(found) : min }),
        ...(max !== undefined && { max: compareDecimals(String(found), max) > 0 ? String(found) : max }),
      },
    };
  },
};

/** The median of the finite numbers, within 0.8 % where the profile does not list all of them; undefined without any. */
export function medianOf(profile: FeatureProfile): number | undefined {
  if (profile.numeric === undefined) return undefined;
  const cells = finestCells(profile)!.sort((a, b) => a.low - b.low);
  const median = quantileOf(cells, 0.5);
  return Number.isFinite(median) ? median : undefined;
}

function isWithin(median: number, { feature }: Subject): boolean {
  const { min, max } = feature.median!;
  const text = String(median);
  return (
    (min === undefined || compareDecimals(text, min) >= 0) &&
    (max === undefined || compareDecimals(text, max) <= 0)
  );
}

function finding({ feature }: Subject, median: number): Violation {
  const expected = `a median ${between(feature.median!)}`;
  return {
    kind: 'MEDIAN_OUT_OF_RANGE',
    short: 'Median out of range',
    description: `The median is ${amount(median)}, where ${expected} is expected: half of all values lie beyond.`,
    expected,
    observed: `a median of ${amount(median)}`,
  };
}
