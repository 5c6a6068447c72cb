import { type Chunk, chunkRows } from '../../engine/chunks/chunk.ts';
import type { Measured } from '../measures/measure.ts';
import type { ThetaSketch, ValueCounts } from '../model/model.ts';

/** What is known of the values of a leaf once all rows were seen. */
export interface Tallied extends Measured {
  /** Values that are not null. */
  readonly count: number;
  readonly values: ValueCounts;
  readonly distinct: ThetaSketch;
}

/** Counts the values of one leaf as chunks of rows come, in any order. Memory is bounded. */
export interface Tally {
  /** Each row as often as `times` says. */
  add(chunk: Chunk, column: number, times: Float64Array): void;
  /** After all rows: whether they have to come once more, so that heavy values are told from light ones. */
  wantsMore(): boolean;
  /** Once, after all rows. */
  tallied(): Tallied;
}

/** The `times` of rows that all count once. */
export const onceEach = new Float64Array(chunkRows).fill(1);

/** Distinct values that are counted one by one; with more, only the heaviest are. */
export const tableLimit = 2 ** 16;

/** Distinct values of heavy partitions: twice what is expected at most. */
export const heavyLimit = 2 ** 17;
