import type { DuckDBDataChunk } from '@duckdb/node-api';
import type bindings from '@duckdb/node-bindings';
import type { Chunk } from './chunk.ts';
import { packText, type TextRows } from './text-rows.ts';

/** The low-level calls that give a vector's memory; `@duckdb/node-api` makes an object of each value instead. */
export type Bindings = typeof bindings;

/** Rows of a query's result, as the engine laid them out in memory. Valid until the next chunk is fetched. */
export class RawChunk implements Chunk {
  readonly rows: number;
  readonly #chunk: DuckDBDataChunk;
  readonly #bindings: Bindings;

  constructor(chunk: DuckDBDataChunk, bindings: Bindings) {
    this.#chunk = chunk;
    this.#bindings = bindings;
    this.rows = chunk.rowCount;
  }

  words(column: number, width: number): Int32Array {
    const { buffer, byteOffset } = this.#memory(column, width * 4);
    return new Int32Array(buffer, byteOffset, this.rows * width);
  }

  valid(column: number): Uint8Array | undefined {
    const bytes = Math.ceil(this.rows / 64) * 8;
    return this.#bindings.vector_get_validity(this.#vector(column), bytes) ?? undefined;
  }

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
