import { VarveError } from '../errors.ts';
import type { DriftOptions, MeasureName, Thresholds } from './model.ts';

/**
 * The value from which each measure speaks of drift. docs/design/drift.md gives the reason for each. A measure with
 * `null` informs, since another measure of the same change decides.
 */
const DEFAULT_THRESHOLDS: Readonly<Record<MeasureName, number | null>> = {
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

/** The share of common keys from which two splits leak. */
const LEAKAGE_THRESHOLD = 0.001;

/** The thresholds of one feature: its own, else those for all, else the defaults. */
export function thresholdsOf(feature: string, options: DriftOptions): Record<MeasureName, number | null> {
  return {
    ...DEFAULT_THRESHOLDS,
    ...(options.disjointKeys ? { 'key-overlap': LEAKAGE_THRESHOLD } : {}),
    ...checkThresholds(options.thresholds),
    ...checkThresholds(options.features?.thresholds?.[feature]),
  };
}

/** Thresholds come from files that people write. */
function checkThresholds(thresholds: Thresholds | undefined): Thresholds {
  for (const [name, value] of Object.entries(thresholds ?? {})) {
    if (!(name in DEFAULT_THRESHOLDS)) {
      throw new VarveError('measure-unknown', `there is no drift measure called "${name}"`, {
        remedy: `Name one of ${Object.keys(DEFAULT_THRESHOLDS).join(', ')}.`,
      });
    }
    if (value !== null && !(typeof value === 'number' && value > 0 && Number.isFinite(value))) {
      throw new VarveError('threshold-invalid', `the drift threshold of "${name}" is ${String(value)}`, {
        remedy: 'Give a number above 0, or null so that the measure only informs.',
      });
    }
  }
  return thresholds ?? {};
}

/** Tells whether the report speaks of this feature. */
export function isCompared(feature: string, options: DriftOptions): boolean {
  const { ignore = [], watch = [] } = options.features ?? {};
  if (ignore.some((pattern) => matches(pattern, feature))) return false;
  return watch.length === 0 || watch.some((pattern) => matches(pattern, feature));
}

/** `*` stands for any characters. Linear in the length of both for one star, quadratic at worst. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const tail = rest.pop()!;
  if (!name.startsWith(head) || !name.endsWith(tail)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - tail.length;
}
