import type { LengthStats } from '../../profile/model/model.ts';
import { quantity } from '../../wording/numbers.ts';
import { lengthAxis } from '../distributions/axis.ts';
import { type FeaturePair, independentObservations, type MeasuredChange } from './finding.ts';
import { cumulativeShareChange } from './numeric.ts';

/** Measures what changed in the lengths of strings, bytes and lists. */
export function lengthFindings(pair: FeaturePair): MeasuredChange[] {
  const { before, after } = pair;
  return [
    ...lengthChange(pair, 'length', before.lengths, after.lengths),
    ...lengthChange(pair, 'valency', before.valency, after.valency),
  ];
}

function lengthChange(
  pair: FeaturePair,
  name: 'length' | 'valency',
  before: LengthStats | undefined,
  after: LengthStats | undefined,
): MeasuredChange[] {
  if (before === undefined || after === undefined) return [];
  const sizes = independentObservations(pair, before.count, after.count);
  if (sizes.before === 0 || sizes.after === 0) return [];
  return [cumulativeShareChange(name, lengthAxis(before, after), sizes, quantity)];
}
