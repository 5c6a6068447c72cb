import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { Engine } from '../duckdb.ts';
import { identifier } from '../quote.ts';
import { CHUNK_ROWS } from './chunk.ts';
import { BooleanBuilder, type ColumnBuilder } from './column-builders.ts';
import type { Bindings } from './raw-chunk.ts';

/** A column of a new table, and its values until they are moved there. */
export interface NamedColumn {
  readonly name: string;
  readonly column: ColumnBuilder;
}

/** Bytes of data from one chunk to the next, if its rows are not reached before. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Bytes that the appender may hold: it has no limit of its own, and only what it gave to the engine can be spilled. */
const UNFLUSHED_BYTES = 32 * 1024 * 1024;

/** Stands in a table that would have no column, as the engine has none such. */
const NOTHING = 'nothing';

/** Writes rows that were decoded into columns to a new table of the engine. */
export class TableWriter {
  readonly #columns: readonly NamedColumn[];
  readonly #appender: DuckDBAppender;
  readonly #chunk: DuckDBDataChunk;
  readonly #engine: Bindings;
  #rows = 0;
  #bytes = 0;
  #unflushed = 0;
  #isEmpty = true;

  private constructor(
    columns: readonly NamedColumn[],
    appender: DuckDBAppender,
    chunk: DuckDBDataChunk,
    engine: Bindings,
  ) {
    this.#columns = columns;
    this.#appender = appender;
    this.#chunk = chunk;
    this.#engine = engine;
  }

  /** Makes the table, in the place of one that may be there. */
  static async create(engine: Engine, table: string, wanted: readonly NamedColumn[]): Promise<TableWriter> {
    const columns = wanted.length > 0 ? wanted : [{ name: NOTHING, column: new BooleanBuilder() }];
    const { DuckDBDataChunk } = await import('@duckdb/node-api');
    const { default: bindings } = await import('@duckdb/node-bindings');
    const definitions = columns.map(({ name, column }) => `${identifier(name)} ${column.sql}`);
    await engine.query(`CREATE OR REPLACE TABLE ${identifier(table)} (${definitions.join(', ')})`);
    const types = (await engine.connection.run(`FROM ${identifier(table)} LIMIT 0`)).columnTypes();
    const appender = await engine.connection.createAppender(table);
    return new TableWriter(columns, appender, DuckDBDataChunk.create(types), bindings);
  }

  /** Rows of the chunk that is being filled. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether it was given no row. */
  get isEmpty(): boolean {
    return this.#isEmpty && this.#rows === 0;
  }

  /** Ends a row; columns to which it gave no value are null there. True if it is time to write. */
  endRow(bytes: number): boolean {
    this.#rows++;
    this.#bytes += bytes;
    return this.#rows === CHUNK_ROWS || this.#bytes >= CHUNK_BYTES;
  }

  /** Moves the rows to the table. */
  write(): void {
    if (this.#rows === 0) return;
    const { chunk } = this.#chunk;
    this.#engine.data_chunk_reset(chunk);
    this.#engine.data_chunk_set_size(chunk, this.#rows);
    for (const [index, { column }] of this.#columns.entries()) {
      while (column.rows < this.#rows) column.addNull();
      column.moveTo(this.#engine.data_chunk_get_vector(chunk, index), this.#engine);
    }
    this.#appender.appendDataChunk(this.#chunk);
    this.#isEmpty = false;
    this.#unflushed += this.#bytes;
    this.#rows = 0;
    this.#bytes = 0;
    if (this.#unflushed < UNFLUSHED_BYTES) return;
    this.#appender.flushSync();
    this.#unflushed = 0;
  }

  /** Forgets the rows that were not moved. */
  drop(): void {
    for (const { column } of this.#columns) column.clear();
    this.#rows = 0;
    this.#bytes = 0;
  }

  close(): void {
    this.#appender.closeSync();
  }
}
