/**
 * Rules: one file a kind of constraint, which finds violations and can relax the constraint to fit. They may not know
 * how a schema is written, nor read data: a RowChecker does.
 */

import type { FeatureProfile, TableProfile } from '../../profile/model/model.ts';
import type { FeatureSchema, Schema } from '../model.ts';

/** A feature of a schema beside the same feature of a profile; the feature is there in at least one row. */
export interface Subject {
  readonly schema: Schema;
  readonly table: TableProfile;
  readonly feature: FeatureSchema;
  readonly profile: FeatureProfile;
}

export interface Violation {
  readonly kind: string;
  readonly severity?: 'error' | 'warning';
  readonly short: string;
  readonly description: string;
  readonly expected: string;
  readonly observed: string;
  /** Which rows are at fault, where a row expression can say so. */
  readonly failing?: string;
  /** As RowQuery has it. */
  readonly repeated?: readonly string[];
  /** What to show of such a row, if it is not the feature itself. */
  readonly shown?: string;
  /** Set where the profile cannot tell, to why: the finding stands only if rows fail. */
  readonly undecided?: string;
  /** The fraction of rows that may fail before an undecided finding stands; 0 if absent. */
  readonly allowed?: number;
}

/**
 * One constraint: `check` says where data breaks it, `relax` gives the nearest feature that the data satisfies (the same
 * object if it is satisfied already, or where the profile cannot tell).
 */
export interface Rule {
  check(subject: Subject): readonly Violation[];
  relax(subject: Subject): FeatureSchema;
}

/** The values a profile lists, without those that were cut and so are not known in full. */
export function wholeValues({ values }: FeatureProfile): readonly (readonly [string, number])[] {
  const cut = new Set(values.cut);
  return values.values.filter((_, at) => !cut.has(at));
}

/** True if every value is listed as it is, so that nothing about values is unknown. */
export function allListed(profile: FeatureProfile): boolean {
  return profile.values.exact && profile.values.cut === undefined;
}

export function totalCount(values: readonly (readonly [string, number])[]): number {
  return values.reduce((total, [, count]) => total + count, 0);
}

/** The feature without some of its constraints. */
export function without(feature: FeatureSchema, ...keys: readonly (keyof FeatureSchema)[]): FeatureSchema {
  return Object.fromEntries(
    Object.entries(feature).filter(([key]) => !keys.includes(key as keyof FeatureSchema)),
  ) as unknown as FeatureSchema;
}
