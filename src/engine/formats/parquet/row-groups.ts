import type { Engine } from '../../duckdb.ts';
import { literal } from '../../quote.ts';
import type { SourceFile } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';

/** The number of a row in a Parquet file, from 0, by which DuckDB skips row groups. A column of this name hides it. */
const ROW_NUMBER_COLUMN = 'file_row_number';

/** The row groups of a Parquet file: `ends[i]` is the number of the first row behind the i-th. */
export interface RowGroups {
  readonly file: SourceFile;
  readonly ends: readonly number[];
}

/** Reads where row groups end; undefined if rows cannot be told apart by their numbers. */
export async function rowGroupsOf(
  engine: Engine,
  file: SourceFile,
  columns: readonly EngineColumn[],
): Promise<RowGroups | undefined> {
  if (columns.some(({ name }) => name.toLowerCase() === ROW_NUMBER_COLUMN)) return undefined;
  const [, rows] = await engine.query(
    `SELECT row_group_id, any_value(row_group_num_rows)::DOUBLE FROM parquet_metadata(${literal(file.absolutePath)}) GROUP BY ALL ORDER BY ALL`,
  );
  let end = 0;
  const ends = (rows as number[]).map((count) => {
    end += count;
    return end;
  });
  return { file, ends };
}

/**
 * Parts of the file, in SQL, of whole row groups and up to `mostRows` rows each; undefined if a row group has more than
 * eight times that.
 */
export function portionsOf({ file, ends }: RowGroups, mostRows: number): string[] | undefined {
  const portions: string[] = [];
  let start = 0;
  for (const [group, end] of ends.entries()) {
    if (end - (ends[group - 1] ?? 0) > 8 * mostRows) return undefined;
    const next = ends[group + 1];
    if (next !== undefined && next - start <= mostRows) continue;
    portions.push(
      `(FROM read_parquet(${literal(file.absolutePath)}, hive_partitioning = false) WHERE ${ROW_NUMBER_COLUMN} >= ${start} AND ${ROW_NUMBER_COLUMN} < ${end})`,
    );
    start = end;
  }
  return portions;
}
