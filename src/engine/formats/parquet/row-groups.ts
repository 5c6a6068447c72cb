import { statSync } from 'node:fs';
import type { Engine } from '../../duckdb.ts';
import { fileLiteral } from '../../quote.ts';
import type { BytesBetween, SourceFile } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';

/** The number of a row in a Parquet file, from 0, by which DuckDB skips row groups. A column of this name hides it. */
const ROW_NUMBER_COLUMN = 'file_row_number';

/** Rows by their numbers, from `start` up to `end`, which is not among them. */
interface RowsBetween {
  readonly start: number;
  readonly end: number;
}

/** The row groups of a Parquet file, or those of its range, in order. */
export interface RowGroups {
  readonly file: SourceFile;
  readonly groups: readonly RowsBetween[];
}

/** Reads where row groups end; undefined if rows cannot be told apart by their numbers. */
export async function rowGroupsOf(
  engine: Engine,
  file: SourceFile,
  columns: readonly EngineColumn[],
): Promise<RowGroups | undefined> {
  if (columns.some(({ name }) => name.toLowerCase() === ROW_NUMBER_COLUMN)) return undefined;
  const groups: RowsBetween[] = [];
  let start = 0;
  for (const { rows, begin } of await metadataOf(engine, file)) {
    if (isWithin(file, begin)) groups.push({ start, end: start + rows });
    start += rows;
  }
  return { file, groups };
}

interface RowGroup {
  readonly rows: number;
  /** The byte at which the first of its columns begins, and the one behind the last; both within the file. */
  readonly begin: number;
  readonly end: number;
}

/** A footer may say anything. Each row group still begins in one place of the file, so that it is in one range of several. */
async function metadataOf(engine: Engine, file: SourceFile): Promise<RowGroup[]> {
  const { size } = statSync(file.absolutePath);
  const first =
    'CASE WHEN dictionary_page_offset > 0 THEN least(dictionary_page_offset, data_page_offset) ELSE data_page_offset END';
  const [, rows = [], begins = [], ends = []] = await engine.query(
    `SELECT row_group_id, any_value(row_group_num_rows)::DOUBLE, min(${first})::DOUBLE, max(${first} + total_compressed_size)::DOUBLE
     FROM parquet_metadata(${fileLiteral(file.absolutePath)}) GROUP BY ALL ORDER BY ALL`,
  );
  const within = (offset: unknown, most: number) => Math.min(Math.max(Number(offset ?? 0), 0), most);
  return (rows as number[]).map((count, index) => ({
    rows: count,
    begin: within(begins[index], size - 1),
    end: within(ends[index], size),
  }));
}

function isWithin({ range }: SourceFile, begin: number): boolean {
  return range === undefined || (range.start <= begin && begin < range.end);
}

/**
 * The bytes that hold the row groups of the file's range, in order. Of the file no more than its footer need be there, at its place.
 */
export async function bytesOfRange(engine: Engine, file: SourceFile): Promise<BytesBetween[]> {
  const found = (await metadataOf(engine, file)).filter(
    ({ begin, end }) => isWithin(file, begin) && begin < end,
  );
  return found.map(({ begin, end }) => ({ start: begin, end }));
}

/** The rows of the file's range, in SQL. Where rows cannot be told apart by their numbers, the first range has them all. */
export async function rowsWithin(
  engine: Engine,
  file: SourceFile,
  columns: readonly EngineColumn[],
): Promise<string> {
  const groups = await rowGroupsOf(engine, file, columns);
  if (groups === undefined) return rowsWhere(file, file.range?.start === 0 ? 'true' : 'false');
  const joined: RowsBetween[] = [];
  for (const { start, end } of groups.groups) {
    const last = joined.at(-1);
    if (last?.end === start) joined[joined.length - 1] = { start: last.start, end };
    else joined.push({ start, end });
  }
  return rowsWhere(file, joined.map(isBetween).join(' OR ') || 'false');
}

function rowsWhere({ absolutePath }: SourceFile, holds: string): string {
  return `(FROM read_parquet(${fileLiteral(absolutePath)}, hive_partitioning = false) WHERE ${holds})`;
}

function isBetween({ start, end }: RowsBetween): string {
  return `(${ROW_NUMBER_COLUMN} >= ${start} AND ${ROW_NUMBER_COLUMN} < ${end})`;
}

/**
 * Parts of the rows, in SQL, of whole row groups and up to `mostRows` rows each; undefined if a row group has more than
 * eight times that.
 */
export function portionsOf({ file, groups }: RowGroups, mostRows: number): string[] | undefined {
  const portions: string[] = [];
  let [first] = groups;
  for (const [index, { start, end }] of groups.entries()) {
    if (end - start > 8 * mostRows) return undefined;
    const next = groups[index + 1];
    if (next?.start === end && next.end - first!.start <= mostRows) continue;
    portions.push(rowsWhere(file, isBetween({ start: first!.start, end })));
    first = next;
  }
  return portions;
}
