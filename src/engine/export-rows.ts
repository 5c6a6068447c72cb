import { join } from 'node:path';
import { TextBuilder } from './chunks/column-builders.ts';
import { TableWriter } from './chunks/table-writer.ts';
import { type EngineOptions, openEngine } from './duckdb.ts';
import { identifier, literal } from './quote.ts';

/** A column of rows that come from outside. */
export interface ExportColumn {
  readonly name: string;
  /** The engine's type, into which its text is cast; `BLOB` for bytes, `VARCHAR` for text that stays so. */
  readonly type: string;
}

export interface ExportedRows {
  /** Of the file that holds them; it is gone after `use`. */
  readonly path: string;
  readonly rows: number;
  /** Columns that were kept as text, since so many of their values are none of their type. */
  readonly asText: readonly { readonly name: string; readonly type: string; readonly values: number }[];
}

export type ExportFormat = 'parquet' | 'csv';

/**
 * Megabytes of the engine: rows come in any number, and beyond this they wait on the disk. Of 500,000 rows of 6 columns, a process with
 * 24 takes 226 MiB, and one with 48 takes 266, in no less time.
 */
const MIN_MEMORY_MB = 24;
/** A column needs some blocks of its own while it is written. */
const COLUMN_MEMORY_MB = 2;
const TABLE = 'rows';

/**
 * Write rows to a file whose bytes depend on the rows, their order and the engine's version alone.
 * @param rows some at a time: text, numbers that text keeps exactly, bytes, or null
 * @param use reads the file while it is there
 */
export async function exportRows<T>(
  columns: readonly ExportColumn[],
  rows: AsyncIterable<readonly (readonly (string | number | Buffer | null)[])[]>,
  format: ExportFormat,
  options: Pick<EngineOptions, 'signal'> & { readonly onRows?: (rows: number) => void },
  use: (exported: ExportedRows) => Promise<T>,
): Promise<T> {
  const { signal, onRows } = options;
  const engine = await openEngine([], {
    memory: `${Math.max(MIN_MEMORY_MB, COLUMN_MEMORY_MB * columns.length)}MB`,
    ordered: true,
    threads: 2,
    ...(signal && { signal }),
  });
  try {
    const builders = columns.map(({ name, type }) => ({
      name,
      column: new TextBuilder(type === 'BLOB' ? 'BLOB' : 'VARCHAR'),
    }));
    const writer = await TableWriter.create(engine, TABLE, builders);
    let count = 0;
    for await (const batch of rows) {
      signal?.throwIfAborted();
      for (const row of batch) if (writer.endRow(addRow(builders, row))) writer.write();
      count += batch.length;
      onRows?.(count);
    }
    writer.write();
    writer.close();
    const asText = await unfit(columns, engine.query);
    const kept = new Set(asText.map(({ name }) => name));
    const selected = columns.map(({ name, type }) =>
      isPlain(type) || kept.has(name)
        ? identifier(name)
        : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`,
    );
    const path = join(engine.folder, `rows.${format}`);
    await engine.query(
      `COPY (SELECT ${selected.join(', ')} FROM ${TABLE}) TO ${literal(path)} (${FORMATS[format]})`,
    );
    return await use({ path, rows: count, asText });
  } finally {
    engine.close();
  }
}

const FORMATS: Readonly<Record<ExportFormat, string>> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880',
  csv: 'FORMAT csv, HEADER true',
};

function addRow(
  builders: readonly { readonly column: TextBuilder }[],
  row: readonly (string | number | Buffer | null)[],
): number {
  let bytes = 0;
  for (const [at, { column }] of builders.entries()) {
    const value = row[at]!;
    if (value === null) column.addNull();
    else if (typeof value === 'object') column.add(value, 0, value.length);
    else column.addText(String(value));
    bytes += typeof value === 'number' || value === null ? 8 : value.length;
  }
  return bytes;
}

function isPlain(type: string): boolean {
  return type === 'VARCHAR' || type === 'BLOB';
}

/** Find columns with values that their type cannot hold: a date that is zero, a time of 30 hours, a decimal that is no number. */
async function unfit(
  columns: readonly ExportColumn[],
  query: (sql: string) => Promise<readonly (readonly unknown[])[]>,
): Promise<ExportedRows['asText']> {
  const cast = columns.filter(({ type }) => !isPlain(type));
  if (cast.length === 0) return [];
  const counts = cast.map(({ name, type }) => {
    const value = `TRY_CAST(${identifier(name)} AS ${type})`;
    const isFit = /^(DATE|TIMESTAMP)/.test(type) ? `isfinite(${value})` : `${value} IS NOT NULL`;
    return `count_if(${identifier(name)} IS NOT NULL AND NOT coalesce(${isFit}, false))`;
  });
  const found = await query(`SELECT ${counts.join(', ')} FROM ${TABLE}`);
  return cast.flatMap(({ name, type }, at) => {
    const values = Number(found[at]![0]);
    return values === 0 ? [] : [{ name, type, values }];
  });
}
