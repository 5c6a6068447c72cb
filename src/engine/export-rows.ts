import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnCells } from './cells/cells.ts';
import { columnCells } from './cells/column-cells.ts';
import { TableWriter } from './chunks/table-writer.ts';
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
    threads: 2,
    ...(options.signal && { signal: options.signal }),
  });
  try {
    const asText: ExportedRows['asText'][number][] = [];
    for (;;) {
      const kept = new Set([...(options.text ?? []), ...asText.map(({ name }) => name)]);
      const written = columns.map(({ name, type }) => ({ name, type: kept.has(name) ? 'VARCHAR' : type }));
      const pass = await RowExport.begin(engine, written, options);
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
  #table: TableWriter;
  #tables = 1;
  #isDoomed = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    engine: Engine,
    columns: readonly ExportColumn[],
    options: ExportOptions,
    cells: readonly ColumnCells[],
    table: TableWriter,
  ) {
    this.#engine = engine;
    this.#columns = columns;
    this.#options = options;
    this.cells = cells;
    this.#table = table;
    const key = columns.flatMap(({ name }, at) => (options.key.includes(name) ? [cells[at]!] : []));
    this.#cutter = new GroupCutter(cells, key.length > 0 ? key : cells);
    this.path = join(engine.folder, `rows.${options.format}`);
    this.#file = options.format === 'parquet' ? new JoinedGroups(this.path) : new JoinedText(this.path);
  }

  static async begin(
    engine: Engine,
    columns: readonly ExportColumn[],
    options: ExportOptions,
  ): Promise<RowExport> {
    const cells = columns.map(({ type }) => columnCells(type));
    const table = await TableWriter.create(engine, tableName(0), named(columns, cells));
    return new RowExport(engine, columns, options, cells, table);
  }

  endRow(): Promise<void> | undefined {
    this.rows++;
    const bytes = this.#cutter.rowBytes;
    // It looks at the row, which is gone once it is written.
    const ends = this.#cutter.endsBehind(bytes);
    if (this.#table.endRow(bytes)) this.#write();
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
    if (this.rows > 0 && this.#table.isEmpty) this.#table.close();
    else this.#writing = this.#copy(await this.#fullTable());
    await this.#writing;
    this.#file.finish();
    this.#options.onRows?.(this.rows);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    this.#file.close();
  }

  #write(): void {
    this.#options.signal?.throwIfAborted();
    this.#options.onRows?.(this.rows);
    this.#isDoomed ||= this.cells.some(({ unfit }) => unfit > 0);
    if (this.#isDoomed) this.#table.drop();
    else this.#table.write();
  }

  async #endGroup(): Promise<void> {
    const full = await this.#fullTable();
    this.#table = await TableWriter.create(
      this.#engine,
      tableName(this.#tables++),
      named(this.#columns, this.cells),
    );
    this.#writing = this.#copy(full);
    // Whoever waits for it next hears of it.
    this.#writing.catch(() => undefined);
  }

  /** @returns the name of the table, once the one before is written and makes room */
  async #fullTable(): Promise<string> {
    this.#table.write();
    this.#table.close();
    await this.#writing;
    return tableName(this.#tables - 1);
  }

  async #copy(table: string): Promise<void> {
    const { folder } = this.#engine;
    const { format } = this.#options;
    const part = join(folder, `group.${format}`);
    const selected = this.#columns.map(({ name, type }, at) =>
      this.cells[at]!.column.sql === type
        ? identifier(name)
        : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`,
    );
    const isFirst = table === tableName(0);
    await this.#engine.query(
      `COPY (SELECT ${selected.join(', ')} FROM ${table}) TO ${literal(part)} (${optionsOf(format, isFirst)})`,
    );
    await this.#engine.query(`DROP TABLE ${table}`);
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

function tableName(at: number): string {
  return `rows_${at}`;
}

function named(columns: readonly ExportColumn[], cells: readonly ColumnCells[]) {
  return columns.map(({ name }, at) => ({ name, column: cells[at]!.column }));
}
