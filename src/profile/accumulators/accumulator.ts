/**
 * Accumulators: sums of values that add, such as moments, buckets and extremes. They may not know where values come
 * from, nor which of them are equal.
 */

import type { LengthStats, NumericStats, PositionStats, TimeStats } from '../model/model.ts';

/** The statistics that a type has beside its values. */
export interface TypeStats {
  readonly numeric?: NumericStats;
  /** Of lists that all have one length. */
  readonly positions?: readonly PositionStats[];
  readonly time?: TimeStats;
  readonly lengths?: LengthStats;
}

/** Adds up statistics of 64-bit values, given as two words each, low word first. Neither order nor grouping changes the result. */
export interface Accumulator {
  add(words: Int32Array, rows: number, occurrences: Float64Array): void;
  stats(): TypeStats;
}
