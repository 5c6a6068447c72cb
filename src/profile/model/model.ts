/**
 * The profile: what varve knows of a dataset without its data. Plain JSON, made only of counters that add, so that
 * merging the profiles of two tables gives the profile of the table with the rows of both. The model may not know where
 * values come from, nor what is expected of them.
 *
 * Exactness: every `string` documented as a decimal integer is exact at any size. `number` counts are exact below 2^53.
 * The canonical bytes (see `encodeProfile`) of profiles of equal data are equal, whatever the machine or thread count.
 */
export interface Profile {
  /**
   * The version of the format, the lowest that says the truth: 4 if a feature has `positions`; 2 if values are too long to be listed
   * whole, which 1 told apart by their beginnings; else 1. 3 is a way to store these.
   */
  readonly varveProfile: 1 | 2 | 4;
  /** One for a file; for a directory one per group of files of one folder whose columns meet, then the table of files. */
  readonly tables: readonly TableProfile[];
}

export interface TableProfile {
  /** `''` for the rows of a single file or of a directory's only table, else the folder; `'.files'` for the table of files. */
  readonly name: string;
  readonly rows: number;
  /** The slice that the rows were filtered by, e.g. `{ feature: 'country', value: 'AT' }`. */
  readonly slice?: { readonly feature: string; readonly value: string };
  /** The feature that weights rows; where it is set, `weighted` numbers stand beside the plain ones. */
  readonly weight?: string;
  /** Lines before the headers of text files that hold no row, such as titles and comments; absent where there are none. */
  readonly skippedLines?: number;
  /** Why the files of this table are not of another of their folder, which holds the file `from`; absent where there is no other. */
  readonly apart?: { readonly from: string; readonly because: string };
  /** In the order of the columns, leaves of nested columns in place. */
  readonly features: readonly FeatureProfile[];
}

/**
 * `integer`, `decimal` and `timestamp` are exact. `category`-like use of integers is the schema's business, not the type's.
 * `unknown` is a column that is null in every row.
 */
export type FeatureType =
  | 'integer'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'unknown';

export interface FeatureProfile {
  /** The column, then struct fields; `[]` marks a list level: `['trips', '[]', 'fare']` is each fare of each trip. */
  readonly path: readonly string[];
  readonly type: FeatureType;
  /** The engine's own type, for people: `BIGINT`, `DECIMAL(18,3)`, `TIMESTAMP WITH TIME ZONE`. */
  readonly engineType: string;
  /**
   * Where the column stands, counted from 0, in the file that has it foremost; absent where that is the feature's place here, as it is unless
   * files have their columns in different orders. With it, profiles merge to the same bytes in any order.
   */
  readonly position?: number;
  /**
   * Of text: the `strptime` formats by which its dates were read; for a column that stays a string, those that fit every value, as
   * `%d/%m/%Y` and `%m/%d/%Y` fit `01/02/2024`, or none where no single format fits the values of all files.
   */
  readonly dateFormats?: readonly string[];
  /** Rows in which the feature is there (not null; for a list, the list itself). present + nulls = rows. */
  readonly present: number;
  readonly nulls: number;
  /** Values: equal to `present` for a scalar; for a list the sum of its lengths, null elements included. */
  readonly count: number;
  /** Null elements within lists; 0 for scalars. */
  readonly nullElements: number;
  /** For lists: the lengths of the lists that are there. */
  readonly valency?: LengthStats;
  /**
   * For integer, float and decimal in lists that all have one length of 2 to 2,048, such as embeddings, vectors and coordinates: the values
   * at each position of the innermost list, the first being position 0.
   */
  readonly positions?: readonly PositionStats[];
  /** For integer, float and decimal. */
  readonly numeric?: NumericStats;
  /** For date, time and timestamp. */
  readonly time?: TimeStats;
  /** For string (in code points) and bytes (in bytes). */
  readonly lengths?: LengthStats;
  readonly values: ValueCounts;
  readonly distinct: ThetaSketch;
  /** With a weight: the sums of weights behind present and nulls, and the weighted top values. */
  readonly weighted?: WeightedStats;
}

/** Lengths of lists, strings or byte arrays. `buckets` as in NumericStats.positive; zero-length ones are in `zeros`. */
export interface LengthStats {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Decimal integer. */
  readonly sum: string;
  readonly zeros: number;
  readonly buckets: readonly Bucket[];
}

/** The finite values at one position of lists, as doubles. */
export interface PositionStats {
  readonly count: number;
  /** Null where there is no value. */
  readonly min: number | null;
  readonly max: number | null;
  /**
   * As `Moments`, of scale 0: each value is rounded to 33 significant bits, and those of 64 powers of two share a part, from 2^(64·w − 40)
   * on for an integer w.
   */
  readonly moments: Moments;
}

/**
 * `[index, count]`, ascending by index. The grid is fixed by the format (see profile/buckets.ts): 64 linear buckets in each
 * power of two, index = 64·e + floor(64·(|v|/2^e − 1)) with e = floor(log2 |v|), so a bucket's middle is within 0.8 %
 * of each value in it.
 */
export type Bucket = readonly [index: number, count: number];

export interface NumericStats {
  /** Of finite values, as canonical text: exact for integers and decimals, shortest round-trip for floats. Null where there is none. */
  readonly min: string | null;
  readonly max: string | null;
  readonly zeros: number;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
  /** Exact power sums of the finite values: see `Moments`. */
  readonly moments: Moments;
  readonly negative: readonly Bucket[];
  readonly positive: readonly Bucket[];
}

/**
 * Sums that add exactly. The value is Σ sum·2^exponent (and Σ sumOfSquares·2^(2·exponent)); integers and decimals have one
 * entry (decimals in units of 10^-scale), floats one a power of two, each value being rounded to 33 significant bits.
 * `sum` and `sumOfSquares` are decimal integers.
 */
export interface Moments {
  readonly scale: number;
  readonly parts: readonly {
    readonly exponent: number;
    readonly sum: string;
    readonly sumOfSquares: string;
  }[];
}

export interface TimeStats {
  /** ISO 8601, UTC for zoned timestamps: `2013-01-01`, `2013-01-01T05:00:00.000000Z`, `05:00:00`. Null where there is none. */
  readonly min: string | null;
  readonly max: string | null;
  /** Monday first; empty for `time`. */
  readonly weekday: readonly number[];
  /** 24 counts; empty for `date`. */
  readonly hour: readonly number[];
  /** Counts by day since 1970-01-01 (`[day, count]`, ascending), coarsened by the power of two in `dayWidth` to at most 1,024. */
  readonly days: readonly Bucket[];
  readonly dayWidth: number;
}

/**
 * Values and how often they occur, by count descending, then by the UTF-8 bytes of the value.
 * While `exact`, every value is listed and `bound` is 0. Beyond the cap (1,024) the list holds the heaviest: the true count
 * of a listed value is in [count, count + bound], that of any other at most `bound`.
 * Values are canonical text: `true`, `42`, `0.1`, ISO times; strings as they are; bytes as hex.
 * Of a text of more than 256 code points the first 256 stand there, `…`, and 16 hex digits: 64 bits of hash of the whole value, by
 * which it stays apart from others that begin alike.
 */
export interface ValueCounts {
  readonly exact: boolean;
  readonly values: readonly (readonly [value: string, count: number])[];
  /** The indexes of the values that are cut; absent if none is. */
  readonly cut?: readonly number[];
  readonly bound: number;
}

/**
 * The k smallest distinct 48-bit hashes. Exact while fewer than k distinct values were seen. `hashes` is base64 of the
 * ascending hashes as LEB128 deltas; `theta` is the hash below which every hash seen is kept (2^48 while exact).
 * Source: Dasgupta, Lang, Rhodes, Thaler, "A framework for estimating stream expression cardinalities" (ICDT 2016).
 */
export interface ThetaSketch {
  readonly k: number;
  readonly theta: number;
  readonly hashes: string;
}

export interface WeightedStats {
  readonly present: number;
  readonly nulls: number;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
  readonly values: readonly (readonly [value: string, weight: number])[];
}
