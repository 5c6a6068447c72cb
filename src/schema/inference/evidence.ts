/**
 * Inference: what a careful person would write into a schema, from the profile of a sample. It may not know rows, files, nor how a schema is
 * written down.
 */

import type { FeatureProfile, FeatureType } from '../../profile/model/model.ts';
import { type Bin, finestCells } from '../distances.ts';
import { compareDecimals } from '../format/exact.ts';
import type { FeatureSchema } from '../model.ts';
import { allListed } from '../rules/rule.ts';

/** What all profiles of one feature bear out together. */
export interface Evidence {
  readonly profiles: readonly FeatureProfile[];
  /** The types that occur; `unknown` is not among them. */
  readonly types: ReadonlySet<FeatureType>;
  /** Values that are not null, of all profiles. */
  readonly count: number;
  /** How often each value occurs, if every profile lists all of its values. */
  readonly values?: ReadonlyMap<string, number>;
}

/** Facts that go into the schema of a feature, each with the sentence that says why. */
export interface Inferred {
  readonly facts: Partial<FeatureSchema>;
  readonly reasons: readonly string[];
}

export const NOTHING: Inferred = { facts: {}, reasons: [] };

export function inferred(facts: Partial<FeatureSchema>, ...reasons: readonly string[]): Inferred {
  return { facts, reasons };
}

/** Puts together what several inferences say; none of them gives a fact that another gives. */
export function together(...parts: readonly Inferred[]): Inferred {
  return {
    facts: Object.assign({}, ...parts.map(({ facts }) => facts)),
    reasons: parts.flatMap(({ reasons }) => reasons),
  };
}

/** @param profiles those of one feature, at least one, none of type `unknown` */
export function evidenceOf(profiles: readonly FeatureProfile[]): Evidence {
  const values = profiles.every(allListed) ? sumCounts(profiles) : undefined;
  return {
    profiles,
    types: new Set(profiles.map(({ type }) => type)),
    count: profiles.reduce((total, profile) => total + profile.count - profile.nullElements, 0),
    ...(values && { values }),
  };
}

function sumCounts(profiles: readonly FeatureProfile[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [value, count] of profiles.flatMap(({ values }) => values.values))
    counts.set(value, (counts.get(value) ?? 0) + count);
  return counts;
}

/** The least and the greatest finite number, exact; undefined where a profile is not of numbers, or has none. */
export function exactSpan({
  profiles,
}: Evidence): { readonly min: string; readonly max: string } | undefined {
  const ends = profiles.map(({ numeric }) => numeric).filter((each) => each !== undefined);
  const mins = ends.flatMap(({ min }) => min ?? []).sort(compareDecimals);
  const maxes = ends.flatMap(({ max }) => max ?? []).sort(compareDecimals);
  if (ends.length < profiles.length || mins.length === 0) return undefined;
  return { min: mins[0]!, max: maxes.at(-1)! };
}

/** The finite numbers of all profiles as cells, ascending; cells of different profiles may overlap. */
export function numericCells({ profiles }: Evidence): Bin[] {
  return profiles.flatMap((profile) => finestCells(profile) ?? []).sort((a, b) => a.low - b.low);
}
