/**
 * Chunks: rows column by column, laid out as DuckDB has them in memory. They may not know what a column means, nor who
 * counts it.
 */

import type { TextRows } from './text-rows.ts';

/** The most rows of a chunk: DuckDB's own constant. */
export const CHUNK_ROWS = 2048;

/** Some rows of a table, column by column. */
export interface Chunk {
  readonly rows: number;
  /** A column of fixed width as 32-bit words, `width` of them a row, low words first. Rows that are null hold anything. */
  words(column: number, width: number): Int32Array;
  /** Gives a bit a row, low bits first, set if the value is not null; undefined if none is null. */
  valid(column: number): Uint8Array | undefined;
  /** Visits the values of a column of texts or bytes that are not null, as bytes, some rows at a time. */
  texts(column: number, visit: (rows: TextRows) => void): void;
}
