import { columnIn, problemOfOwnColumns, type ShownColumns } from '../engine/shown-columns.ts';
import type { ColumnBounds, ParquetFile, TableColumn, UnreadFile } from './model.ts';
import { plainTypeOf } from './sql-types.ts';

/**
 * Say what a footer does of the columns that a table shows, in place of those of the file.
 * @throws RangeError if it cannot be told which those are
 */
export function projectFooter(
  { rows, columns, bounds, ids = [] }: ParquetFile,
  shown: ShownColumns,
): UnreadFile {
  const own = columns.map((column, at) => ({ ...column, id: ids[at] }));
  const problem = problemOfOwnColumns(own, shown);
  if (problem !== undefined) throw new RangeError(problem);
  const told: { readonly column: TableColumn; readonly bounds: readonly ColumnBounds[] }[] = [];
  for (const asked of shown) {
    const { name } = asked;
    const found = columnIn(own, asked);
    const type = found?.type ?? plainTypeOf(asked.type);
    // Of a column that no file has, or that paths say, other files or the paths tell.
    if (type === undefined || (found === undefined && asked.isInPaths)) continue;
    const known = bounds.filter(({ path }) => path[0] === found?.name);
    const lacked: ColumnBounds = { path: [name], type, ...(asked.default === undefined && { nulls: rows }) };
    told.push({
      column: { name, type },
      bounds:
        found === undefined ? [lacked] : known.map((one) => ({ ...one, path: [name, ...one.path.slice(1)] })),
    });
  }
  return {
    rows,
    columns: told.map(({ column }) => column),
    bounds: told.flatMap((one) => one.bounds),
  };
}
