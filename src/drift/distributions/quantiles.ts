import type { FeatureProfile } from '../../profile/model/model.ts';
import { dayAxis } from '../findings/time.ts';
import { type Axis, numericAxis } from './axis.ts';

const DAY_MILLISECONDS = 86_400_000;

/**
 * The values that the shares `levels`, ascending, of a feature's finite values are at or below: exact while all values are listed, else
 * within 0.8 % of the value, and never beyond the least or greatest. Dates in epoch milliseconds, to the day. Undefined if there are none.
 */
export function quantilesOf(feature: FeatureProfile, levels: readonly number[]): number[] | undefined {
  if (feature.time !== undefined) return timeQuantiles(dayAxis(feature.time, feature.time), levels);
  const { min = null, max = null } = feature.numeric ?? {};
  if (min === null || max === null) return undefined;
  const found = levelsOn(numericAxis(feature, feature), levels);
  return found?.map((value) => Math.min(Number(max), Math.max(Number(min), value)));
}

function timeQuantiles(axis: Axis, levels: readonly number[]): number[] | undefined {
  return levelsOn(axis, levels)?.map((day) => day * DAY_MILLISECONDS);
}

function levelsOn({ low, high, before: counts }: Axis, levels: readonly number[]): number[] | undefined {
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total === 0) return undefined;
  const found: number[] = [];
  let reached = 0;
  for (const [cell, count] of counts.entries()) {
    reached += count;
    while (found.length < levels.length && reached >= levels[found.length]! * total)
      found.push((low[cell]! + high[cell]!) / 2);
  }
  return found;
}
