import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import type { Engine } from '../duckdb.ts';
import { identifier } from '../quote.ts';
import { CHUNK_ROWS } from './chunk.ts';
import type { Bindings } from './raw-chunk.ts';

/** Puts rows into a table of the engine: several times faster than INSERT, whose text would have to be parsed. */
export interface Appender {
  /**
   * @param value of the row and column, both counted from 0, as DuckDB's type of that column takes it
   * @param writers of columns that move into the engine as they lie, at their places
   */
  append(
    rows: number,
    value: (row: number, column: number) => DuckDBValue,
    writers?: readonly (VectorWriter | undefined)[],
  ): void;
  /** Shows the rows to queries: none is seen before this. */
  close(): void;
}

/** Writes `count` rows of a column from `start` on, a multiple of CHUNK_ROWS, to the engine's memory. */
export type VectorWriter = (vector: Vector, start: number, count: number, engine: Bindings) => void;

type Vector = Parameters<Bindings['vector_get_data']>[0];

export async function openAppender(engine: Engine, table: string): Promise<Appender> {
  // Loaded where rows are counted only: reports from profiles start without an engine.
  const { DuckDBDataChunk } = await import('@duckdb/node-api');
  const { default: bindings } = await import('@duckdb/node-bindings');
  const types = (await engine.connection.run(`FROM ${identifier(table)} LIMIT 0`)).columnTypes();
  const appender = await engine.connection.createAppender(table);
  return {
    append(rows, value, writers = []) {
      for (let start = 0; start < rows; start += CHUNK_ROWS) {
        const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, rows - start));
        for (let column = 0; column < chunk.columnCount; column++) {
          const write = writers[column];
          if (write === undefined) fill(chunk, column, (row) => value(start + row, column));
          else write(bindings.data_chunk_get_vector(chunk.chunk, column), start, chunk.rowCount, bindings);
        }
        appender.appendDataChunk(chunk);
      }
    },
    close: () => appender.closeSync(),
  };
}

function fill(chunk: DuckDBDataChunk, column: number, value: (row: number) => DuckDBValue): void {
  const values = Array.from({ length: chunk.rowCount }, (_, row) => value(row));
  chunk.setColumnValues(column, values);
}
