import type { LengthStats } from '../../profile/model/model.ts';
import { quantity } from '../../wording/numbers.ts';
import { lengthAxis } from '../distributions/axis.ts';
import { independent, type MeasuredChange, type Pair } from './finding.ts';
import { orderFinding } from './numeric.ts';

/** What changed in the lengths of strings and bytes, and of lists. */
export function lengthFindings(pair: Pair): MeasuredChange[] {
  const { before, after } = pair;
  return [
    ...between(pair, 'length', before.lengths, after.lengths),
    ...between(pair, 'valency', before.valency, after.valency),
  ];
}

function between(
  pair: Pair,
  name: 'length' | 'valency',
  before: LengthStats | undefined,
  after: LengthStats | undefined,
): MeasuredChange[] {
  if (before === undefined || after === undefined) return [];
  const sizes = independent(pair, before.count, after.count);
  if (sizes.before === 0 || sizes.after === 0) return [];
  return [orderFinding(name, lengthAxis(before, after), sizes, quantity)];
}
