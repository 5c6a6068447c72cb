import type { LengthStats, NumericStats, TimeStats } from '../model/model.ts';

/** What a type's counters add to a feature's profile. */
export interface Measured {
  readonly numeric?: NumericStats;
  readonly time?: TimeStats;
  readonly lengths?: LengthStats;
}

/** Counters of 64-bit values, given as two words each, low word first. Neither order nor grouping changes what they give. */
export interface Measure {
  add(words: Int32Array, rows: number, times: Float64Array): void;
  measured(): Measured;
}
