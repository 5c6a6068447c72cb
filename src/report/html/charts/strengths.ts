import { scaleLog } from 'd3-scale';
import { movesByItself } from '../../phrases.ts';
import type { SeriesStep } from '../../series.ts';

/** Strengths beyond these are drawn alike: a twentieth of the way to drift, and fifty times it. */
const MIN_STRENGTH = 0.05;
const MAX_STRENGTH = 50;

export type Height = (strength: number) => number;

/** Heights, 0 to 1, of strengths: logarithmic, as far up as the strongest of them, and at least to twice the threshold of drift, which is 1. */
export function strengthScale(strengths: readonly number[]): Height {
  const strongest = strengths.reduce((top, strength) => Math.max(top, Math.min(MAX_STRENGTH, strength)), 2);
  const height = scaleLog([MIN_STRENGTH, strongest], [0, 1]).clamp(true);
  return (strength) => height(Math.max(MIN_STRENGTH, strength));
}

/** A warning does not tower over drift: what moves on by itself is drawn up to the threshold. */
export function drawnStrength(step: SeriesStep): number {
  return movesByItself(step) ? 1 : step.strength;
}
