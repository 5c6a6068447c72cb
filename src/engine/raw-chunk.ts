import type { DuckDBDataChunk } from '@duckdb/node-api';
import type bindings from '@duckdb/node-bindings';
import { packText, type TextRows } from './text-rows.ts';

/** The low-level calls that give a vector's memory; `@duckdb/node-api` makes an object of each value instead. */
export type Bindings = typeof bindings;

/** Rows that a chunk has at most: the engine's own constant. */
export const chunkRows = 2048;

/** Some rows of a query's result, as the engine laid them out in memory. Valid until the next chunk is fetched. */
export class RawChunk {
  readonly rows: number;
  readonly #chunk: DuckDBDataChunk;
  readonly #bindings: Bindings;

  constructor(chunk: DuckDBDataChunk, bindings: Bindings) {
    this.#chunk = chunk;
    this.#bindings = bindings;
    this.rows = chunk.rowCount;
  }

  /** A column of fixed width as 32-bit words, `width` of them a row, low words first. Rows that are null hold anything. */
  words(column: number, width: number): Int32Array {
    const { buffer, byteOffset } = this.#memory(column, width * 4);
    return new Int32Array(buffer, byteOffset, this.rows * width);
  }

  /** A bit a row, low bits first, set where the value is not null; undefined where none is. */
  valid(column: number): Uint8Array | undefined {
    const bytes = Math.ceil(this.rows / 64) * 8;
    return this.#bindings.vector_get_validity(this.#vector(column), bytes) ?? undefined;
  }

  /** Visits the values of a VARCHAR or BLOB column that are not null, as bytes, some rows at a time. */
  texts(column: number, visit: (rows: TextRows) => void): void {
    packText(
      this.#memory(column, 16),
      this.rows,
      this.valid(column),
      this.#bindings.get_data_from_pointer,
      visit,
    );
  }

  #vector(column: number) {
    return this.#bindings.data_chunk_get_vector(this.#chunk.chunk, column);
  }

  #memory(column: number, bytesPerRow: number): Uint8Array {
    return this.#bindings.vector_get_data(this.#vector(column), this.rows * bytesPerRow);
  }
}
