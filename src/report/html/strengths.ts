import { scaleLog } from 'd3-scale';
import type { Verdict } from '../../drift/model.ts';
import { magnitude } from '../../wording/numbers.ts';
import type { Markup } from '../markup.ts';
import { gradeOf } from '../phrases.ts';
import { strata } from './strata.ts';

/** Strengths beyond these are drawn alike: a twentieth of the way to drift, and fifty times it. */
const MIN_STRENGTH = 0.05;
const MAX_STRENGTH = 50;

/** Heights, 0 to 1, of strengths: logarithmic, as far up as the strongest of them, and at least to twice the threshold of drift, which is 1. */
export function strengthScale(strengths: readonly number[]): (strength: number) => number {
  const strongest = strengths.reduce((top, strength) => Math.max(top, Math.min(MAX_STRENGTH, strength)), 2);
  const height = scaleLog([MIN_STRENGTH, strongest], [0, 1]).clamp(true);
  return (strength) => height(Math.max(MIN_STRENGTH, strength));
}

export interface Strength {
  readonly name: string;
  readonly strength: number;
  readonly verdict: Verdict;
}

/** A layer a feature, of which the card has the id `ids` and its place. */
export function strengthStrata(
  strengths: readonly Strength[],
  ids: string,
  height: (strength: number) => number,
  caption: string,
): Markup {
  const layers = strengths.map(({ name, strength, verdict }, place) => ({
    title: `${name}: ${magnitude(strength)}`,
    id: `${ids}${place}`,
    height: height(strength),
    tone: gradeOf(verdict),
  }));
  return strata(layers, caption, height(1));
}
