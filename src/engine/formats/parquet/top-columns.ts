import { VarveError } from '../../../errors.ts';
import type { Engine } from '../../duckdb.ts';
import { identifier, literal } from '../../quote.ts';
import { columnIn, type OwnColumn, problemOfOwnColumns, type ShownColumns } from '../../shown-columns.ts';
import { pathSet, type SourceFile, shownPath } from '../../source-file.ts';
import { typeSql } from '../../type-text.ts';

/** A column as a file has it, and what it is. */
export interface TypedColumn extends OwnColumn {
  /** What the file says of its type, and of all within it: columns that read alike have the same. */
  readonly type: string;
}

/** Footers that are held in memory at once. */
const FILES_AT_ONCE = 64;

/** Read which columns files have themselves, without those within structs, lists and maps: of each file in turn. */
export async function* topColumns(
  engine: Engine,
  files: readonly SourceFile[],
): AsyncGenerator<{ readonly file: SourceFile; readonly own: readonly TypedColumn[] }> {
  for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
    const part = files.slice(start, start + FILES_AT_ONCE);
    const found = await columnsByPath(engine, part);
    for (const file of part) yield { file, own: found.get(file.absolutePath) ?? [] };
  }
}

/** All that the engine makes a type of. */
const TYPE =
  'row(name, type, type_length, repetition_type, num_children, converted_type, scale, precision, logical_type)::VARCHAR';

async function columnsByPath(
  engine: Engine,
  files: readonly SourceFile[],
): Promise<ReadonlyMap<string, readonly TypedColumn[]>> {
  const [paths = [], names = [], children = [], ids = [], types = []] = await engine.query(
    `SELECT file_name, name, num_children::INTEGER, field_id::INTEGER, ${TYPE} FROM parquet_schema(${pathSet(files)}) ORDER BY file_name, column_id`,
  );
  const found = new Map<string, { name: string; id: number | undefined; type: string }[]>();
  /** How many children each open group still has, from the root. */
  let open: number[] = [];
  for (const [row, path] of paths.entries()) {
    const columns = found.get(String(path)) ?? [];
    if (!found.has(String(path))) open = [];
    found.set(String(path), columns);
    const id = ids[row];
    if (open.length === 1)
      columns.push({
        name: String(names[row]),
        id: id === null || Number(id) < 0 ? undefined : Number(id),
        type: '',
      });
    const column = columns.at(-1);
    if (column !== undefined) column.type += String(types[row]);
    if (open.length > 0) open[open.length - 1]!--;
    if (Number(children[row] ?? 0) > 0) open.push(Number(children[row]));
    while (open.length > 1 && open.at(-1) === 0) open.pop();
  }
  return found;
}

/**
 * What to select of a file to show the columns of its table, in SQL.
 * @throws VarveError `table-unreadable` if it cannot be told which are meant
 */
export function selectionOf(file: SourceFile, own: readonly OwnColumn[], shown: ShownColumns): string {
  const problem = problemOfOwnColumns(own, shown);
  if (problem !== undefined) throw notTold(file, problem);
  const selected = shown.flatMap((column) => {
    const found = columnIn(own, column);
    const name = identifier(column.name);
    if (found !== undefined) return [`${identifier(found.name)} AS ${name}`];
    if (column.isInPaths) return [];
    const value = column.default === undefined ? 'NULL' : literal(column.default);
    return [`CAST(${value} AS ${typeSql(column.type)!}) AS ${name}`];
  });
  return selected.join(', ');
}

function notTold(file: SourceFile, problem: string): VarveError {
  const path = shownPath(file);
  return new VarveError(
    'table-unreadable',
    `${path}: which of its columns are those of the table cannot be told, since ${problem}`,
    {
      path,
      remedy: 'Have the owner of the table write its files anew, and add the version that has them.',
    },
  );
}
