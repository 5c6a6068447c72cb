import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnCells } from './cells/cells.ts';
import { columnCells } from './cells/column-cells.ts';
import { CHUNK_ROWS } from './chunks/chunk.ts';
import type { HashedBuilder } from './chunks/column-builders.ts';
import { RowFeed } from './chunks/row-feed.ts';
import { type Engine, type EngineOptions, openEngine } from './duckdb.ts';
import { JoinedGroups } from './formats/parquet/joined-groups.ts';
import { identifier, literal } from './quote.ts';
import { GroupCutter } from './row-groups.ts';

/** A column of rows that come from outside. */
export interface ExportColumn {
  readonly name: string;
  /** The engine's type; `BLOB` for bytes, `VARCHAR` for text that stays so. */
  readonly type: string;
}

/** Takes rows, cell by cell. */
export interface ExportSink {
  /** One of each column, each of which has to get a value before the row ends. */
  readonly cells: readonly ColumnCells[];
  /** End a row. If it gives a promise, the next row has to wait for it. */
  endRow(): Promise<void> | undefined;
}

export interface ExportedRows {
  /** Of the file that holds them; it is gone after `use`. */
  readonly path: string;
  readonly rows: number;
  /** Columns that were kept as text, since so many of their values are none of their type. */
  readonly asText: readonly { readonly name: string; readonly type: string; readonly values: number }[];
}

export type ExportFormat = 'parquet' | 'csv';

export interface ExportOptions extends Pick<EngineOptions, 'signal'> {
  readonly format: ExportFormat;
  /** Columns by whose values groups of rows are cut: those that edits leave alone. If empty, by those of all. */
  readonly key: readonly string[];
  /** Columns that are kept as text, whatever their values. */
  readonly text?: readonly string[];
  readonly onRows?: (rows: number) => void;
}

/** Megabytes of the engine, which has two groups of rows at once. */
const MEMORY_MB = 64;
/** A column needs some blocks of its own while it is written. */
const COLUMN_MEMORY_MB = 2;

/**
 * Write rows to a file whose bytes depend on the rows, their order and the engine's version alone. Groups of rows of Parquet are cut by their
 * content, so that a file shares those with its last version that did not change.
 * @param read gives all rows to the sink. It is called again, and has to give the same rows, if a column has values that are none of its type: then
 * that column is kept as text
 * @param use reads the file while it is there
 */
export async function exportRows<T>(
  columns: readonly ExportColumn[],
  read: (sink: ExportSink) => Promise<void>,
  options: ExportOptions,
  use: (exported: ExportedRows) => Promise<T>,
): Promise<T> {
  const engine = await openEngine([], {
    memory: `${Math.max(MEMORY_MB, COLUMN_MEMORY_MB * columns.length)}MB`,
    ordered: true,
    // Of two, one writes a group, and the other asks all the time whether it is done.
    threads: 1,
    ...(options.signal && { signal: options.signal }),
  });
  try {
    const asText: ExportedRows['asText'][number][] = [];
    for (let before = 0; ; before++) {
      const kept = new Set([...(options.text ?? []), ...asText.map(({ name }) => name)]);
      const written = columns.map(({ name, type }) => ({ name, type: kept.has(name) ? 'VARCHAR' : type }));
      const pass = await RowExport.begin(engine, written, options, before);
      try {
        await read(pass);
        const unfit = pass.unfit();
        if (unfit.length === 0) {
          await pass.finish();
          return await use({ path: pass.path, rows: pass.rows, asText });
        }
        asText.push(...unfit);
      } finally {
        await pass.close();
      }
    }
  } finally {
    engine.close();
  }
}

/** Bytes of rows from one look at what came to the next, if CHUNK_ROWS are not reached before. */
const LOOK_BYTES = 8 * 1024 * 1024;

/** One reading of all rows. A group is written by the engine while the rows of the next one come. */
class RowExport implements ExportSink {
  readonly cells: readonly ColumnCells[];
  readonly path: string;
  rows = 0;
  readonly #engine: Engine;
  readonly #columns: readonly ExportColumn[];
  readonly #options: ExportOptions;
  readonly #file: GroupFile;
  readonly #cutter: GroupCutter;
  readonly #feed: RowFeed;
  /** Rows of the group that is being written, or the room for the next one. */
  #others: HashedBuilder[];
  #rowsOfGroup = 0;
  #unseenRows = 0;
  #unseenBytes = 0;
  #isFirst = true;
  #isDoomed = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    engine: Engine,
    columns: readonly ExportColumn[],
    options: ExportOptions,
    cells: readonly ColumnCells[],
    feed: RowFeed,
  ) {
    this.#engine = engine;
    this.#columns = columns;
    this.#options = options;
    this.cells = cells;
    this.#others = columns.map(({ type }) => columnCells(type).column);
    this.#feed = feed;
    const key = columns.flatMap(({ name }, at) => (options.key.includes(name) ? [cells[at]!] : []));
    this.#cutter = new GroupCutter(cells, key.length > 0 ? key : cells);
    this.path = join(engine.folder, `rows.${options.format}`);
    this.#file = options.format === 'parquet' ? new JoinedGroups(this.path) : new JoinedText(this.path);
  }

  /** @param pass the readings before this one */
  static async begin(
    engine: Engine,
    columns: readonly ExportColumn[],
    options: ExportOptions,
    pass: number,
  ): Promise<RowExport> {
    const cells = columns.map(({ type }) => columnCells(type));
    const fed = columns.map(({ name }, at) => ({ name, sql: cells[at]!.column.sql }));
    const feed = await RowFeed.open(engine, `rows_${pass}`, fed);
    return new RowExport(engine, columns, options, cells, feed);
  }

  endRow(): Promise<void> | undefined {
    this.rows++;
    this.#rowsOfGroup++;
    const bytes = this.#cutter.rowBytes;
    this.#unseenBytes += bytes;
    // It looks at the row, which may be dropped then.
    const ends = this.#cutter.endsBehind(bytes);
    if (++this.#unseenRows === CHUNK_ROWS || this.#unseenBytes >= LOOK_BYTES) this.#look();
    return ends && !this.#isDoomed ? this.#endGroup() : undefined;
  }

  /** Columns with values that are none of their type, among all rows. */
  unfit(): ExportedRows['asText'] {
    return this.#columns.flatMap(({ name, type }, at) => {
      const values = this.cells[at]!.unfit;
      return values === 0 ? [] : [{ name, type, values }];
    });
  }

  async finish(): Promise<void> {
    // A table without rows has columns.
    if (this.#rowsOfGroup > 0 || this.rows === 0) await this.#endGroup();
    await this.#writing;
    this.#file.finish();
    this.#options.onRows?.(this.rows);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.#file.close();
  }

  #look(): void {
    this.#unseenRows = 0;
    this.#unseenBytes = 0;
    this.#options.signal?.throwIfAborted();
    this.#options.onRows?.(this.rows);
    this.#isDoomed ||= this.cells.some(({ unfit }) => unfit > 0);
    if (!this.#isDoomed) return;
    for (const { column } of this.cells) column.clear();
  }

  /** Have the rows of a group written, once those of the one before are. */
  async #endGroup(): Promise<void> {
    await this.#writing;
    const full = this.cells.map(({ column }) => column);
    for (const [at, cells] of this.cells.entries()) cells.column = this.#others[at]!;
    this.#others = full;
    this.#writing = this.#write(this.#rowsOfGroup);
    this.#rowsOfGroup = 0;
    // Whoever waits for it next hears of it.
    this.#writing.catch(() => undefined);
  }

  async #write(rows: number): Promise<void> {
    const { folder } = this.#engine;
    const { format } = this.#options;
    const part = join(folder, `group.${format}`);
    const selected = this.#columns.map(({ name, type }, at) =>
      this.cells[at]!.column.sql === type
        ? identifier(name)
        : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`,
    );
    this.#feed.hold(this.#others, rows);
    const options = optionsOf(format, this.#isFirst);
    this.#isFirst = false;
    await this.#engine.query(
      `COPY (SELECT ${selected.join(', ')} FROM ${this.#feed.relation}) TO ${literal(part)} (${options})`,
    );
    for (const column of this.#others) column.clear();
    this.#file.add(await readFile(part));
  }
}

/** Parts of a file, which come in order. */
interface GroupFile {
  add(part: Buffer): void;
  finish(): void;
  /** Does no harm after `finish`. */
  close(): void;
}

class JoinedText implements GroupFile {
  #file: number | undefined;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(part: Buffer): void {
    for (let done = 0; done < part.length; ) done += writeSync(this.#file!, part, done);
  }

  finish(): void {
    this.close();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** What says in a file of Parquet that its groups of rows are cut by content. The store looks for it. */
const CUT_BY_CONTENT = `KV_METADATA {${identifier('varve.row_groups')}: 'cut-by-content'}`;

function optionsOf(format: ExportFormat, isFirst: boolean): string {
  if (format === 'csv') return `FORMAT csv, HEADER ${isFirst}`;
  return `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, ${CUT_BY_CONTENT}`;
}
