import type { FeatureProfile } from '../../profile/model/model.ts';
import { type Axis, type Categories, categories, numericAxis } from '../distributions/axis.ts';
import type { Sizes } from '../measures/sampling.ts';
import type { MeasureName } from '../model.ts';

/** One feature on both sides. */
export class FeaturePair {
  readonly table: string;
  readonly feature: string;
  readonly before: FeatureProfile;
  readonly after: FeatureProfile;
  /** Rows of the table. */
  readonly rows: Sizes;
  /** True if a threshold on key-overlap says that its values name rows or groups of rows, such as users. */
  readonly namesRows: boolean;
  /** True if the schema says that its values are labels, whose rare ones matter. */
  readonly isLabel: boolean;
  #axis: Axis | undefined;
  #categories: Categories | undefined;

  constructor(
    sides: Pick<FeaturePair, 'table' | 'feature' | 'before' | 'after' | 'rows'>,
    roles: { readonly namesRows?: boolean; readonly isLabel?: boolean } = {},
  ) {
    this.table = sides.table;
    this.feature = sides.feature;
    this.before = sides.before;
    this.after = sides.after;
    this.rows = sides.rows;
    this.namesRows = roles.namesRows ?? false;
    this.isLabel = roles.isLabel ?? false;
  }

  /** The two numeric features on one axis; made once, for the measures and for the drawing. */
  get axis(): Axis {
    this.#axis ??= numericAxis(this.before, this.after);
    return this.#axis;
  }

  /** The values of both sides with their counts; made once too. */
  get categories(): Categories {
    this.#categories ??= categories(this.before, this.after);
    return this.#categories;
  }
}

/** What one measure saw in one feature, before anything is decided. */
export interface MeasuredChange {
  readonly name: MeasureName;
  readonly value: number;
  readonly expected?: number;
  readonly errorBound?: number;
  /** Findings of one feature that share `of` rest on one test, which is counted once. Without a test a finding informs. */
  readonly test?: { readonly of: string; readonly pValue: number };
  /** True if sampling noise adds to the value, as to a squared distance or a share of its own; in other values variances add. */
  readonly squared?: boolean;
  /** True if the feature moves on by itself, as clocks and keys do: the change warns and is never called drift. */
  readonly movesByItself?: boolean;
  /** True if the change matters for some readers only, as of a rare value: it warns, below the strength of any drift. */
  readonly warnsOnly?: boolean;
  /** The sentence that tells a person what changed. */
  readonly reason: () => string;
}

/**
 * Counts the independent observations behind so many values of each side: for a feature in a list, the rows that hold the
 * values.
 */
export function independentObservations(pair: FeaturePair, before: number, after: number): Sizes {
  return {
    before: Math.min(before, pair.before.present),
    after: Math.min(after, pair.after.present),
  };
}
