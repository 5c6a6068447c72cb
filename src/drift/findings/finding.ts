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
  /** Whether a threshold on the overlap of its keys says that it names rows or groups of rows, such as users. */
  readonly namesRows: boolean;
  #axis: Axis | undefined;
  #categories: Categories | undefined;

  constructor(of: Pick<FeaturePair, 'table' | 'feature' | 'before' | 'after' | 'rows'>, namesRows = false) {
    this.table = of.table;
    this.feature = of.feature;
    this.before = of.before;
    this.after = of.after;
    this.rows = of.rows;
    this.namesRows = namesRows;
  }

  /** Of two numeric features; made once, for the measures and for the drawing. */
  get axis(): Axis {
    this.#axis ??= numericAxis(this.before, this.after);
    return this.#axis;
  }

  /** Likewise, of values. */
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
  /** Whether the value is a squared distance, to which sampling adds; in others variances add. */
  readonly squared?: boolean;
  /** For features that move on by themselves, as clocks and keys do: the finding warns and is never called drift. */
  readonly movesByItself?: boolean;
  /** The sentence that tells a person what changed. */
  readonly reason: () => string;
}

/** Independent observations behind `before` and `after` values: the rows that hold them where the feature is in a list. */
export function independentObservations(pair: FeaturePair, before: number, after: number): Sizes {
  return {
    before: Math.min(before, pair.before.present),
    after: Math.min(after, pair.after.present),
  };
}
