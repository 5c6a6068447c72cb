import type { Profile } from '../profile/model/model.ts';

/** What `varve drift` found between two profiles. Plain JSON; its JSON Schema is schemas/drift-report.schema.json. */
export interface DriftReport {
  readonly varveDrift: 1;
  readonly before: Side;
  readonly after: Side;
  /** The strongest verdict of any feature or table. */
  readonly verdict: Verdict;
  /** The answer in one line: `3 of 19 features drifted: month, dep_delay, tailnum`. */
  readonly summary: string;
  /** Features of all tables, by verdict, then strength, descending. */
  readonly features: readonly FeatureDrift[];
  /** Features that are on one side only. */
  readonly added: readonly FeatureRef[];
  readonly removed: readonly FeatureRef[];
}

export type Verdict = 'none' | 'warning' | 'drift';

export interface Side {
  /** The side as the person named it: `data/flights.csv@HEAD~1`. */
  readonly name: string;
  readonly digest?: string;
  readonly rows: number;
  /** What `rows` counts where it is not rows: the files of a dataset without tables, such as images. */
  readonly unit?: 'files';
  /** The forms of requests that the rows of a stream came in, such as `cloudevents/v2`; absent where they were rows themselves. */
  readonly envelopes?: readonly string[];
  /** Where in a stream the rows are from. */
  readonly stream?: StreamWindow;
}

/** Where in a stream the rows of a window are from, and what beside them is in no window. */
export interface StreamWindow {
  /** The window's number, from 1. A window that is told of again, after a crash between its report and its commit, has the same. */
  readonly window: number;
  /**
   * Of a topic: rises each time that its partitions are given out to members of the group. Of two windows that have offsets in common (and
   * `since`, if they have that), the one of the higher generation counts.
   */
  readonly generation?: number;
  /** Of a window by time: when it began and ended, ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  /** Messages that could not be read, since the window before. */
  readonly malformed: number;
  /** Rows that came after their window was reported, since the window before. */
  readonly late: number;
  /** Of a topic: messages that are there and not yet read. */
  readonly lag?: number;
  /** Of a topic: by partition, which offsets its messages lie between, from the first up to, and without, the second. */
  readonly offsets?: readonly StreamOffsets[];
}

export interface StreamOffsets {
  readonly partition: number;
  readonly from: number;
  readonly until: number;
  readonly lag: number;
}

export interface FeatureRef {
  readonly table: string;
  readonly feature: string;
  readonly type: string;
}

export interface FeatureDrift extends FeatureRef {
  readonly verdict: Verdict;
  /**
   * The decisive measure's value divided by its drift threshold, so that 1 is just drift; below 1 where the change only ever warns, as
   * of keys and clocks, and at most ½ if chance explains it. Orders features of one verdict.
   */
  readonly strength: number;
  /** Sentences for people, strongest first: `share of "AA" fell from 9.7 % to 4.1 %`. */
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
  /** Both distributions on one axis, ready to draw; shares sum to 1 on each side (0 if a side is empty). */
  readonly distribution: Distribution;
}

export interface Measure {
  /** Stable, kebab-case: `jensen-shannon`, `l-infinity`, `kolmogorov-smirnov`, `psi`, `null-share`, … */
  readonly name: string;
  readonly value: number;
  /** The value that sampling alone would give at these sizes (its 95th percentile), if known. */
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
      /**
       * n + 1 ascending edges for n bins; epoch milliseconds for time. They reach from the least value to the greatest: a bin at an end that is
       * wider than the others holds all that lies beyond them.
       */
      readonly edges: readonly number[];
      /** How far apart possible values are, if they are: a bin then holds the values from its lower edge to one step before its upper. */
      readonly step?: number;
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

/** The measures that varve knows; docs/design/drift.md gives formula, range, source and error bound of each. */
export type MeasureName =
  | 'l-infinity'
  | 'jensen-shannon'
  | 'hellinger'
  | 'psi'
  | 'chi-square'
  | 'kolmogorov-smirnov'
  | 'wasserstein'
  | 'mean-shift'
  | 'null-share'
  | 'null-element-share'
  | 'non-finite-share'
  | 'new-category-share'
  | 'respelled-share'
  | 'share-ratio'
  | 'distinct-count'
  | 'type'
  | 'out-of-range-share'
  | 'out-of-range-distance'
  | 'length'
  | 'valency'
  | 'position-mean-shift'
  | 'position-spread'
  | 'position-missing-share'
  | 'weekday-share'
  | 'hour-share'
  | 'time-gap'
  | 'period-overlap'
  | 'key-overlap';

/** The value from which each measure speaks of drift; half of it is a warning. `null`: the measure only informs. */
export type Thresholds = Readonly<Partial<Record<MeasureName, number | null>>>;

/** TFDV's comparators. They alone judge a feature that has one: it drifts if the value is above the threshold. */
export interface TfdvThresholds {
  readonly lInfinity?: number;
  readonly jensenShannon?: number;
}

export interface DriftOptions {
  /** The two sides, as the person named them. */
  readonly names: readonly [before: string, after: string];
  readonly digests?: readonly [before: string | undefined, after: string | undefined];
  /** Replace the defaults, for all features. */
  readonly thresholds?: Thresholds;
  /** Names are as people write them; in `ignore` and `watch`, `*` stands for any characters. */
  readonly features?: {
    /** Left out of the report. */
    readonly ignore?: readonly string[];
    /** If given, all other features are left out of the report. */
    readonly watch?: readonly string[];
    /** Replace the defaults, by the name of a feature. */
    readonly thresholds?: Readonly<Record<string, Thresholds>>;
    /** Names of features whose values are labels: a rare one that becomes more or less frequent by a factor is drift. */
    readonly labels?: readonly string[];
    readonly comparators?: Readonly<Record<string, TfdvThresholds>>;
  };
  /** Profiles of earlier versions, oldest first: what they differ by among each other is not drift. */
  readonly baseline?: readonly Profile[];
  /** The two sides are splits of one dataset, such as training and test data, which must have no key in common. */
  readonly disjointKeys?: boolean;
  /** The false discovery rate of a report, 0.001 unless given. */
  readonly falseAlarms?: number;
}

/** How a dataset moved over its versions: each against the one before it. */
export interface DriftSeries {
  readonly varveDriftSeries: 1;
  /** `date`: when the version was committed, ISO 8601. */
  readonly versions: readonly (Side & { readonly date?: string })[];
  /** `steps[i]` is versions[i] → versions[i + 1]. */
  readonly steps: readonly {
    readonly verdict: Verdict;
    readonly summary: string;
  }[];
  /**
   * Sorted by the strongest verdict, then strength, of any step. One entry a step, `null` if a side lacks the feature.
   */
  readonly features: readonly (FeatureRef & {
    readonly steps: readonly (Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons'> | null)[];
    /** One entry a version; absent if the versions have the feature in types that cannot be drawn together. */
    readonly overTime?: DistributionOverTime;
  })[];
}

/** How the values of a feature are distributed, version by version; `null` for a version that has none. */
export type DistributionOverTime =
  | {
      readonly kind: 'numeric' | 'time';
      /** Ascending shares of 0 to 1. */
      readonly levels: readonly number[];
      /** The values that so large a share of all values is at or below; epoch milliseconds for time. */
      readonly quantiles: readonly (readonly number[] | null)[];
    }
  | {
      readonly kind: 'categorical';
      /** The most frequent values of all versions; the last may be `null`, all others together. */
      readonly labels: readonly (string | null)[];
      /** Of each label, 0 to 1. */
      readonly shares: readonly (readonly number[] | null)[];
    };

/** One window of a stream against a snapshot; printed as one line of JSON. */
export interface DriftWindow {
  readonly varveDriftWindow: 1;
  /** The window's number, from 1. */
  readonly window: number;
  readonly rows: number;
  /** As in `Side`. */
  readonly envelopes?: readonly string[];
  readonly stream?: Omit<StreamWindow, 'window'>;
  readonly verdict: Verdict;
  readonly summary: string;
  /** Features that changed, strongest first. */
  readonly features: readonly (FeatureRef & Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons'>)[];
  readonly added: readonly FeatureRef[];
  readonly removed: readonly FeatureRef[];
}
