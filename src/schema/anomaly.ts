/** What `varve validate` found. Plain JSON; its JSON Schema is schemas/validation-report.schema.json. */
export interface ValidationReport {
  readonly varveValidation: 1;
  readonly dataset: {
    readonly name: string;
    readonly digest?: string;
    readonly rows: number;
    /** What `rows` counts where it is not rows: the files of a dataset without tables, such as images. */
    readonly unit?: 'files';
  };
  readonly schema: string;
  readonly environment?: string;
  readonly valid: boolean;
  /** How many checks could not be made: of these alone `valid` says nothing. Absent if all were made. */
  readonly unchecked?: number;
  readonly anomalies: readonly Anomaly[];
}

export interface Anomaly {
  readonly table: string;
  /** The feature's path as people write it (`trips.[].fare`); empty for a dataset-wide anomaly. */
  readonly feature: string;
  /** TFDV's name, e.g. `ENUM_TYPE_UNEXPECTED_STRING_VALUES`; varve's own kinds are listed in docs/reference/schema.md. */
  readonly kind: string;
  readonly severity: 'error' | 'warning';
  readonly short: string;
  readonly description: string;
  /** As short text: `at most 1 % null`, `one of AA, DL, UA`. */
  readonly expected: string;
  readonly observed: string;
  /** Up to 5 rows, where the data was at hand. */
  readonly examples?: readonly ExampleRow[];
}

/** The kind of what could not be checked. */
export const NOT_CHECKED = 'STATS_NOT_AVAILABLE';

/** Tell whether it says that something was not checked, rather than that something is wrong. */
export function isUnchecked({ kind }: Pick<Anomaly, 'kind'>): boolean {
  return kind === NOT_CHECKED;
}

/** A row at fault. */
export interface ExampleRow {
  /** From 1; of a dataset of several files, in their order. */
  readonly row: number;
  /** Of a table of several files, the one that the row lies in, and the row's number in it, from 1. */
  readonly file?: string;
  readonly fileRow?: number;
  readonly value: string;
}
