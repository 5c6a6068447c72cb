import type { LengthStats, NumericStats, TimeStats } from '../model/model.ts';

/** The statistics that a type has beside its values. */
export interface TypeStats {
  readonly numeric?: NumericStats;
  readonly time?: TimeStats;
  readonly lengths?: LengthStats;
}

/** Adds up statistics of 64-bit values, given as two words each, low word first. Neither order nor grouping changes the result. */
export interface Accumulator {
  add(words: Int32Array, rows: number, occurrences: Float64Array): void;
  stats(): TypeStats;
}
