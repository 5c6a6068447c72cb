import type { DuckDBType } from '@duckdb/node-api';
import type { Engine } from '../duckdb.ts';
import { identifier } from '../quote.ts';
import { CHUNK_ROWS } from './chunk.ts';
import type { HashedBuilder } from './column-builders.ts';
import type { Bindings } from './raw-chunk.ts';

/** A column of a feed, by its name and the engine's type. */
export interface FedColumn {
  readonly name: string;
  readonly sql: string;
}

/**
 * Hands rows that wait in columns to one query after another. A table would keep a copy of them, and measure and compress each of its columns
 * before the query reads it.
 */
export class RowFeed {
  readonly #name: string;
  #columns: readonly HashedBuilder[] = [];
  #rows = 0;
  #next = 0;

  private constructor(name: string) {
    this.#name = name;
  }

  /** @param name that no other feed of this engine has */
  static async open(engine: Engine, name: string, columns: readonly FedColumn[]): Promise<RowFeed> {
    const { DuckDBTableFunction } = await import('@duckdb/node-api');
    const { default: bindings } = await import('@duckdb/node-bindings');
    const nulls = columns.map(({ sql }) => `NULL::${sql}`);
    const types = (await engine.connection.run(`SELECT ${nulls.join(', ')} LIMIT 0`)).columnTypes();
    const feed = new RowFeed(name);
    engine.connection.registerTableFunction(
      DuckDBTableFunction.create({
        name,
        bindFunction(info) {
          for (const [at, column] of columns.entries())
            info.addResultColumn(column.name, types[at] as DuckDBType);
          info.setCardinality(feed.#rows, true);
        },
        initFunction() {
          feed.#next = 0;
        },
        mainFunction: (_, { chunk }) => feed.#fill(chunk, bindings),
      }),
    );
    return feed;
  }

  /** The relation that gives all rows of {@link hold}, once, and in their order. */
  get relation(): string {
    return `${identifier(this.#name)}()`;
  }

  /** @param columns those that it was opened with, whose rows stay as they are until a query has read them */
  hold(columns: readonly HashedBuilder[], rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Called on this thread, while the query waits on its own. */
  #fill(chunk: Parameters<Bindings['data_chunk_set_size']>[0], engine: Bindings): void {
    const count = Math.min(CHUNK_ROWS, this.#rows - this.#next);
    engine.data_chunk_set_size(chunk, count);
    if (count === 0) return;
    for (const [at, column] of this.#columns.entries())
      column.writeTo(engine.data_chunk_get_vector(chunk, at), this.#next, count, engine);
    this.#next += count;
  }
}
