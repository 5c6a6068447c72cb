/** What `varve drift` found between two profiles. Plain JSON; its JSON Schema is schemas/drift-report.schema.json. */
export interface DriftReport {
  readonly varveDrift: 1;
  readonly before: Side;
  readonly after: Side;
  /** The strongest verdict of any feature or table. */
  readonly verdict: Verdict;
  /** The answer in one line: `3 of 19 features drifted: month, dep_delay, tailnum`. */
  readonly summary: string;
  /** Of all tables, by verdict, then strength, descending. */
  readonly features: readonly FeatureDrift[];
  /** Features that are on one side only. */
  readonly added: readonly FeatureRef[];
  readonly removed: readonly FeatureRef[];
}

export type Verdict = 'none' | 'warning' | 'drift';

export interface Side {
  /** As the person named it: `data/flights.csv@HEAD~1`. */
  readonly name: string;
  readonly digest?: string;
  readonly rows: number;
}

export interface FeatureRef {
  readonly table: string;
  readonly feature: string;
  readonly type: string;
}

export interface FeatureDrift extends FeatureRef {
  readonly verdict: Verdict;
  /** Of the decisive measure, value divided by its drift threshold: 1 is just at it. Orders the report. */
  readonly strength: number;
  /** Sentences for people, strongest first: `share of "AA" fell from 9.7 % to 4.1 %`. */
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
  /** Both distributions on one axis, ready to draw; shares sum to 1 on each side (0 where a side is empty). */
  readonly distribution: Distribution;
}

export interface Measure {
  /** Stable, kebab-case: `jensen-shannon`, `l-infinity`, `kolmogorov-smirnov`, `psi`, `null-share`, … */
  readonly name: string;
  readonly value: number;
  /** Where sampling alone would lie at these sizes (its 95th percentile), when known. */
  readonly expected?: number;
  /** The value at and above which the measure speaks of drift; absent for measures that only inform. */
  readonly threshold?: number;
  /** After correction for the number of features. */
  readonly pValue?: number;
  /** The most by which the sketches can have moved `value`. */
  readonly errorBound?: number;
  readonly verdict: Verdict;
}

export type Distribution =
  | {
      readonly kind: 'numeric' | 'time';
      /** n + 1 ascending edges for n bins; epoch milliseconds for time. */
      readonly edges: readonly number[];
      readonly before: readonly number[];
      readonly after: readonly number[];
    }
  | {
      readonly kind: 'categorical';
      /** The top values of both sides; the last may be `null`, all others together. */
      readonly labels: readonly (string | null)[];
      readonly before: readonly number[];
      readonly after: readonly number[];
    };
