/**
 * Parquet: files that the engine reads in place. It may not know other formats, nor what the columns are for.
 */

import { closeSync, constants, copyFileSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../../errors.ts';
import { type Engine, readError } from '../../duckdb.ts';
import { identifier } from '../../quote.ts';
import { columnIn, type ShownColumns } from '../../shown-columns.ts';
import { fileNamedBy, pathList, pathSet, type SourceFile, shownPath } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';
import { MAX_DECIMAL_DIGITS, tooManyDigits } from '../binary-fault.ts';
import { rowsWithin } from './row-groups.ts';
import { WITHOUT_ZONE, zonedNanoseconds } from './schema.ts';
import { selectionOf, topColumns } from './top-columns.ts';

/** What was opened: the files that are read as they are, and which types DuckDB has no name for. */
export interface OpenedParquet {
  readonly files: readonly SourceFile[];
  readonly retype: (columns: readonly EngineColumn[]) => readonly EngineColumn[];
  /** Columns that are, or hold, times of the old type INT96. */
  readonly int96?: ReadonlySet<string>;
}

/**
 * Opens Parquet files as the view `relation`.
 * @throws VarveError `table-unreadable`
 */
export async function openParquet(
  engine: Engine,
  files: readonly SourceFile[],
  relation: string,
): Promise<OpenedParquet> {
  try {
    const { zoned, hasInt96 } = await lookAtSchemas(engine, files);
    const names = new Set<string>();
    const read = files.map((file, index) =>
      zoned.has(file.absolutePath)
        ? withoutZones(file, join(engine.folder, `${relation}-${index}.parquet`), names)
        : file,
    );
    const [first] = read as [SourceFile];
    const int96 = hasInt96 ? await columnsOfInt96(engine, files) : undefined;
    if (first.columns !== undefined)
      return await openShown(engine, read, { relation, shown: first.columns, odd: { zoned: names, int96 } });
    await engine.query(
      `CREATE VIEW ${relation} AS SELECT *${saidByPaths(read)} FROM ${await rowsOf(engine, read)}`,
    );
    return {
      files: read,
      retype: (columns) => columns.map((column) => withZone(column, names)),
      ...(int96 && { int96 }),
    };
  } catch (error) {
    throw error instanceof VarveError ? error : readError(error, fileNamedBy(error, files));
  }
}

/** The rows of files in SQL, or those of the range of one. */
async function rowsOf(engine: Engine, files: readonly SourceFile[]): Promise<string> {
  const options = `hive_partitioning = false, union_by_name = ${files.length > 1}`;
  const rows = `read_parquet(${pathList(files)}, ${options})`;
  const [first] = files as [SourceFile];
  return first.range === undefined ? rows : rowsWithin(engine, first, await engine.describe(rows));
}

/** The number of a file among those of its reader, from 0. A column of this name hides it. */
export const FILE_NUMBER = 'file_index';

/** What to select beside the columns of files, in SQL: those that their paths say. */
function saidByPaths(files: readonly SourceFile[]): string {
  const [first] = files as [SourceFile];
  return (first.saidByPath ?? [])
    .map(([name, sql], at) => {
      const values = files.map(({ saidByPath }) => saidByPath![at]![1]);
      const isOne = values.every((value) => value === sql);
      const value = isOne ? sql : `([${values.join(', ')}])[${FILE_NUMBER}::BIGINT + 1]`;
      return `, ${value} AS ${identifier(name)}`;
    })
    .join('');
}

/** Opens the rows of files by the columns of their table. Files that lie side by side and are read alike have one reader. */
async function openShown(
  engine: Engine,
  files: readonly SourceFile[],
  {
    relation,
    shown,
    odd,
  }: {
    readonly relation: string;
    readonly shown: ShownColumns;
    /** By the names that files have: columns of nanoseconds with a zone, and of INT96. */
    readonly odd: { readonly zoned: ReadonlySet<string>; readonly int96: ReadonlySet<string> | undefined };
  },
): Promise<OpenedParquet> {
  const runs: { readonly selected: string; readonly files: SourceFile[] }[] = [];
  const zoned = new Set<string>();
  const int96 = new Set<string>();
  for await (const { file, own } of topColumns(engine, files)) {
    const selected = selectionOf(file, own, shown);
    const last = runs.at(-1);
    if (last?.selected === selected) last.files.push(file);
    else runs.push({ selected, files: [file] });
    for (const column of shown) {
      const name = columnIn(own, column)?.name;
      if (name !== undefined && odd.zoned.has(name)) zoned.add(column.name);
      if (name !== undefined && odd.int96?.has(name)) int96.add(column.name);
    }
  }
  const parts: string[] = [];
  for (const { selected, files: alike } of runs)
    parts.push(`SELECT ${selected}${saidByPaths(alike)} FROM ${await rowsOf(engine, alike)}`);
  await engine.query(`CREATE VIEW ${relation} AS ${parts.join(' UNION ALL BY NAME ')}`);
  return {
    // Whoever reads row groups by themselves would meet the columns of the files.
    files: [],
    retype: (columns) => columns.map((column) => withZone(column, zoned)),
    ...(int96.size > 0 && { int96 }),
  };
}

/** What DuckDB does not read as it is written. */
interface OddTypes {
  /** Files, by their place, that have nanoseconds with a zone. */
  readonly zoned: ReadonlySet<string>;
  readonly hasInt96: boolean;
}

/** Looks for odd types. DuckDB makes wrong floating-point numbers of decimals that are too long. */
async function lookAtSchemas(engine: Engine, files: readonly SourceFile[]): Promise<OddTypes> {
  const [paths = [], names = [], digits = [], types = []] = await engine.query(
    `SELECT file_name, name, precision, type FROM parquet_schema(${pathList(files)})
     WHERE precision > ${MAX_DECIMAL_DIGITS} OR type = 'INT96' OR logical_type LIKE 'TimestampType(isAdjustedToUTC=1%NANOS=NanoSeconds%'`,
  );
  for (const [row, precision] of digits.entries()) {
    const file = files.find(({ absolutePath }) => absolutePath === paths[row]);
    if (precision !== null && file !== undefined)
      throw readError(tooManyDigits(String(names[row]), Number(precision)), file);
  }
  const zoned = new Set(paths.filter((_, row) => types[row] !== 'INT96').map(String));
  return { zoned, hasInt96: types.includes('INT96') };
}

/** Columns, by their names, that are of INT96 or have it within. */
async function columnsOfInt96(engine: Engine, files: readonly SourceFile[]): Promise<Set<string>> {
  const [names = [], children = [], types = []] = await engine.query(
    `SELECT name, num_children::INTEGER, type FROM parquet_schema(${pathSet(files)}) ORDER BY file_name, column_id`,
  );
  const found = new Set<string>();
  /** How many children each open group still has, from the root. */
  const open: number[] = [];
  let column = '';
  for (const [row, name] of names.entries()) {
    if (open.length === 1) column = String(name);
    if (types[row] === 'INT96') found.add(column);
    if (open.length > 0) open[open.length - 1]!--;
    if (Number(children[row] ?? 0) > 0) open.push(Number(children[row]));
    while (open.at(-1) === 0) open.pop();
  }
  return found;
}

/**
 * A copy of the file that says of its columns of nanoseconds with a zone that they have none. DuckDB would read them to the microsecond, and
 * their ends as infinite; without a zone it keeps the digits. One byte a column differs. Columns within structs and lists stay as they are.
 * @param names gets the names of these columns
 */
function withoutZones(file: SourceFile, copy: string, names: Set<string>): SourceFile {
  const columns = zonedNanoseconds(file.absolutePath, statSync(file.absolutePath).size);
  if (columns.length === 0) return file;
  copyFileSync(file.absolutePath, copy, constants.COPYFILE_FICLONE);
  const opened = openSync(copy, 'r+');
  try {
    for (const { name, at } of columns) {
      writeSync(opened, Uint8Array.of(WITHOUT_ZONE), 0, 1, at);
      names.add(name);
    }
  } finally {
    closeSync(opened);
  }
  return { ...file, shownAs: shownPath(file), absolutePath: copy };
}

function withZone(column: EngineColumn, zoned: ReadonlySet<string>): EngineColumn {
  const { name, type } = column;
  if (!zoned.has(name) || type.kind !== 'scalar' || type.id !== 'TIMESTAMP_NS') return column;
  const text = 'TIMESTAMP_NS WITH TIME ZONE';
  return { name, type: { ...type, id: text, text } };
}
