/**
 * The room of schemas: what a dataset should look like, and whether a profile is so. It knows profiles; it reads no file
 * and no data, but asks a RowChecker for rows.
 */

import type { FeatureType } from '../profile/model/model.ts';

/**
 * The schema: what people agreed that a dataset looks like. Kept in `<path>.schema.yaml`; its JSON Schema is
 * schemas/varve-schema.schema.json. Absent constraints constrain nothing.
 */
export interface Schema {
  readonly varveSchema: 1;
  /** What stands as comment above the file's first key. */
  readonly comment?: string;
  /** The environments that a feature is in unless it says otherwise (TFDV's default_environment). */
  readonly environments: readonly string[];
  /** Sets of allowed values that several features share, by name. */
  readonly domains: Readonly<Record<string, readonly string[]>>;
  /** The table named `''` first if there is one: its keys stand at the top level of the file. */
  readonly tables: readonly TableSchema[];
  /** Seconds that all checks of rows together may take. */
  readonly timeLimit?: number;
  /** What the drift room reads. */
  readonly drift: DriftSettings;
  /** Fields of a TFDV schema that varve does not use, as text, so that they go back where they came from. */
  readonly tfdv?: string;
}

export interface TableSchema {
  readonly name: string;
  readonly rows?: Bounds;
  /** Rows of this version divided by rows of the previous one. */
  readonly growth?: Bounds;
  /** Each a list of columns whose values together name at most one row. */
  readonly keys: readonly (readonly string[])[];
  readonly expect: readonly Expectation[];
  readonly features: readonly FeatureSchema[];
}

/** Both ends are included. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** Both ends are included. Decimal numbers of any size, or ISO 8601 for dates and times, as canonical text. */
export interface Range {
  readonly min?: string;
  readonly max?: string;
}

export interface Presence {
  /** Of the rows, in [0, 1]. */
  readonly minFraction?: number;
  readonly minCount?: number;
}

export interface FeatureSchema {
  /** As people write the path: `trips.[].fare`. */
  readonly name: string;
  /** What stands as comment above the feature. */
  readonly comment?: string;
  /** Any of these. `float` takes decimals and integers too, `decimal` takes integers. Empty: none was given, which is a fault. */
  readonly types: readonly Exclude<FeatureType, 'unknown'>[];
  readonly deprecated?: boolean;
  readonly presence?: Presence;
  /** How many values a list has. One entry for each level of nesting, outermost first. */
  readonly valency?: readonly Bounds[];
  /** Always there, and always with exactly this many values a level (TFDV's fixed shape). */
  readonly shape?: readonly number[];
  readonly range?: Range;
  /** Within which the median of the numbers lies, both ends included. */
  readonly median?: Range;
  /** For text: every value reads as such a number, and `range` bounds the number. */
  readonly holds?: 'integer' | 'float';
  /** Integers that are labels, not amounts. */
  readonly categorical?: boolean;
  readonly nan?: boolean;
  readonly infinity?: boolean;
  /** In code points for text, in bytes for bytes. */
  readonly length?: Bounds;
  /** A regular expression that the whole value matches. */
  readonly matches?: string;
  /**
   * A time format as `strptime` has it: `%Y-%m-%d`. Of text, each value has it; text of a CSV file that is to be a date or timestamp is read by it.
   */
  readonly timeFormat?: string;
  /** The name of a shared domain, or the allowed values. */
  readonly domain?: string | readonly string[];
  /** The least fraction of values that lies in the domain; 1 if absent. */
  readonly minDomainMass?: number;
  /** The fraction of values that each value is, in [0, 1]; those of the domain that the data lacks count as 0. */
  readonly balance?: Bounds;
  /** Two values only: 0 and 1 for numbers, these for text. */
  readonly boolean?: { readonly true?: string; readonly false?: string };
  /** No value occurs twice. */
  readonly unique?: boolean;
  /** How many different values there are (TFDV's unique_constraints). */
  readonly distinct?: Bounds;
  readonly in: readonly string[];
  readonly notIn: readonly string[];
  /** Against the previous version. */
  readonly drift?: Comparator;
  /** Against the data that is served. */
  readonly skew?: Comparator;
  readonly expect: readonly Expectation[];
  readonly tfdv?: string;
}

/** The names that `drift` and `skew` know, each with the greatest distance that is fine. */
export interface Comparator {
  readonly 'l-infinity'?: number;
  readonly 'jensen-shannon'?: number;
  readonly 'normalized-absolute-difference'?: number;
}

/** An SQL expression that holds for every row; a row where it is null passes, as with SQL's CHECK. */
export interface Expectation {
  readonly sql: string;
  readonly name?: string;
  readonly severity?: 'error' | 'warning';
  /** The fraction of rows that may fail; 0 if absent. */
  readonly maxFraction?: number;
}

export interface DriftSettings {
  /** Features that the drift report leaves out. */
  readonly ignore: readonly string[];
  /** Where not empty, the only features that decide the verdict. */
  readonly watch: readonly string[];
  /** Thresholds by measure for every feature: `{ 'jensen-shannon': 0.1 }`. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Thresholds by feature, then measure; they win over `thresholds`. */
  readonly features: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const NO_DRIFT_SETTINGS: DriftSettings = { ignore: [], watch: [], thresholds: {}, features: {} };

/** The values that a feature may take, or undefined if every value may be, or its named domain is missing. */
export function domainValues(schema: Schema, feature: FeatureSchema): readonly string[] | undefined {
  if (typeof feature.domain !== 'string') return feature.domain;
  return Object.hasOwn(schema.domains, feature.domain) ? schema.domains[feature.domain] : undefined;
}
