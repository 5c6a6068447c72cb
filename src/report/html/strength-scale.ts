import { scaleLog } from 'd3-scale';

/** Strengths beyond these are drawn alike: a twentieth of the way to drift, and fifty times it. */
const least = 0.05;
const most = 50;

/** Heights, 0 to 1, of strengths: logarithmic, as far up as the strongest of them, and at least to twice the threshold of drift, which is 1. */
export function strengthScale(strengths: readonly number[]): (strength: number) => number {
  const strongest = strengths.reduce((top, strength) => Math.max(top, Math.min(most, strength)), 2);
  const height = scaleLog([least, strongest], [0, 1]).clamp(true);
  return (strength) => height(Math.max(least, strength));
}
