/**
 * Counters: how often each value of one leaf occurs, in bounded memory. They may not know files, SQL or the other leaves
 * of the table.
 */

import { CHUNK_ROWS, type Chunk } from '../../engine/chunks/chunk.ts';
import type { TypeStats } from '../accumulators/accumulator.ts';
import type { ThetaSketch, ValueCounts } from '../model/model.ts';

/** What a counter knows of a leaf's values after all rows. */
export interface LeafCounts extends TypeStats {
  /** Values that are not null. */
  readonly count: number;
  readonly values: ValueCounts;
  readonly distinct: ThetaSketch;
}

/**
 * Counts the values of one leaf as chunks of rows come, in any order. Memory is bounded: up to MAX_TABLE_VALUES distinct
 * values are counted one by one; beyond, only the heaviest are, in a second pass over the same rows.
 */
export interface Counter {
  /** Counts each row of a chunk's column as often as `occurrences` says. */
  add(chunk: Chunk, column: number, occurrences: Float64Array): void;
  /**
   * Ends the first pass. Called once, after all rows. If values were too many to count, keeps only the hash partitions that
   * may hold heavy ones and returns true: add all rows again.
   */
  startSecondPass(): boolean;
  /** Returns what was counted. Called once, after the last pass. */
  result(): LeafCounts;
}

/** The `occurrences` of a chunk whose rows all count once. */
export const ONCE_EACH = new Float64Array(CHUNK_ROWS).fill(1);

/** Up to so many distinct values are counted one by one. */
export const MAX_TABLE_VALUES = 2 ** 16;

/** Up to so many distinct values of heavy partitions are counted in the second pass: twice what is expected at most. */
export const MAX_HEAVY_VALUES = 2 ** 17;
