import { distinctCount, HASH_END } from '../hashing/sketch.ts';
import type { FeatureProfile } from './model.ts';

/** How many different values there are. */
export interface DistinctValues {
  readonly count: number;
  /** Whether that is counted or proven; else it is an estimate with a standard error of 1/√k of the sketch. */
  readonly exact: boolean;
}

/**
 * Different values of a feature. An estimate is never more than what is known exactly allows: the number of values, and of whole numbers
 * the range that they lie in.
 */
export function distinctValues(feature: FeatureProfile): DistinctValues {
  const { values, distinct } = feature;
  if (values.exact) return { count: values.values.length, exact: true };
  const total = feature.count - feature.nullElements;
  if (distinct.theta === HASH_END) return { count: distinctCount(distinct), exact: true };
  if (values.bound <= 1 && values.values.length === 0) return { count: total, exact: true };
  return { count: Math.min(distinctCount(distinct), total, rangeSize(feature)), exact: false };
}

/** How many whole numbers lie between the least and the greatest, both included. */
function rangeSize({ type, numeric }: FeatureProfile): number {
  if (type !== 'integer' || numeric === undefined || numeric.min === null || numeric.max === null)
    return Number.POSITIVE_INFINITY;
  return Number(BigInt(numeric.max) - BigInt(numeric.min) + 1n);
}
