import { systemCode, systemError } from '../base/files/system-errors.ts';
import { VarveError } from '../errors.ts';
import { type ColumnReadings, NO_READINGS } from './column-readings.ts';
import {
  type Engine,
  type EngineOptions,
  isOutOfMemory,
  isQueryError,
  isReadError,
  lackedColumn,
  openEngine,
  readError,
} from './duckdb.ts';
import { formatOf } from './formats/format.ts';
import { FILE_NUMBER } from './formats/parquet/open.ts';
import { selectionOf, type TypedColumn, topColumns } from './formats/parquet/top-columns.ts';
import { foldedName, identifier, literal } from './quote.ts';
import { assertRowExpression, expressionLacks, invalidExpression } from './row-expression.ts';
import { areComparable, type KeysAsked, type WrittenKeys, writeKeys } from './row-keys.ts';
import { columnIn } from './shown-columns.ts';
import { dropTableSource, openTableSource, TABLES_PER_QUERY, uniteByName } from './source.ts';
import { fileNamedBy, type SourceFile } from './source-file.ts';
import { typeSql } from './type-text.ts';

/** The most example rows of an answer. */
export const EXAMPLES = 5;
/** Code points of what is shown of a row; what is longer is cut there, and `…` stands behind. */
export const MAX_SHOWN_LENGTH = 256;

export interface RowsAnswer {
  readonly rows: number;
  readonly failing: number;
  readonly examples: readonly RowExample[];
}

/** The first rows of a table, as text. */
export interface RowsHead {
  /** The first `MAX_HEAD_COLUMNS` columns. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** How many columns there are in all. */
  readonly columnCount: number;
  /** One entry a column that is shown; null for null. Cut at 256 code points, with `…` behind. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What people read of a table that is wide. */
const MAX_HEAD_COLUMNS = 100;

export interface RowExample {
  /** From 1, in the order of the rows as they are asked: files that lack a column of their paths come behind those that have it, or before. */
  readonly row: number;
  /** Of a table of several files, the file's path and the row's number in it, from 1. */
  readonly file?: string;
  readonly fileRow?: number;
  /** Cut at 256 code points, with `…` behind. */
  readonly value: string;
}

/** How many rows there are, and of which columns, each with the engine's type. */
export interface RowsShape {
  /** Of all files, whatever the slice. */
  readonly rows: number;
  readonly columns: readonly RowColumn[];
}

export interface RowColumn {
  readonly name: string;
  readonly type: string;
}

export interface KeysWritten extends WrittenKeys {
  readonly rows: number;
}

/** The rows of one table, ready for questions. Close it. */
export interface RowTable {
  /**
   * @param failing one SQL expression over the columns, true for a row at fault; it may be anyone's, so it runs where nothing
   *   but these rows can be read, and what assertRowExpression refuses is not asked
   * @param value an expression for what to show of such a row
   * @throws VarveError `expression-invalid`, `engine-memory`, `column-missing` if it, or the slice, names one that there is not, and what reading throws
   */
  ask(failing: string, value: string): Promise<RowsAnswer>;
  /** The first rows, in the order of the files. @param count at most so many */
  head(count: number): Promise<RowsHead>;
  shape(): Promise<RowsShape>;
  /**
   * Write the keys of the rows, as writeKeys does.
   * @param failing what ask would be given to find the same rows: a fault is told in its words
   * @returns of how many rows, with a key or without, and how many keys; undefined, and nothing is written, unless the columns areComparable
   * @throws VarveError as ask, and those of the system
   */
  keys(failing: string, asked: KeysAsked): Promise<KeysWritten | undefined>;
  close(): void;
}

/** Files of one format and the same columns. */
export interface RowGroup {
  readonly files: readonly SourceFile[];
  /** Columns that the paths of the files say, with their value as SQL; those that the files have themselves win. */
  readonly constants: readonly (readonly [name: string, sql: string])[];
  readonly readings?: ColumnReadings;
}

export interface RowOptions extends EngineOptions {
  /** Only rows whose column has this value (as text) are asked; they keep their numbers. Without the column, no question can be asked. */
  readonly slice?: { readonly feature: string; readonly value: string };
  /** The columns of the table of which these are some of the rows: those that the rows lack are null, and types are what they are there. */
  readonly columns?: readonly RowColumn[];
}

/** Opens the rows of all groups, one group after the other. */
export async function openRows(groups: readonly RowGroup[], options: RowOptions = {}): Promise<RowTable> {
  const readable = groups.flatMap(({ files }) => files.map((file) => file.absolutePath));
  const engine = await openEngine(readable, { ...options, ordered: true });
  try {
    const { slice, signal, columns = [] } = options;
    const apart = await apartByReader(engine, groups);
    const parts = [...(columns.length === 0 ? [] : [noRowsOf(columns)]), ...(await rowsOfAll(engine, apart))];
    const all = `SELECT row_number() OVER () AS ${POSITION_COLUMN}, * FROM (${parts.join(' UNION ALL BY NAME ')})`;
    await engine.query(`CREATE VIEW ${ALL_ROWS} AS ${all}`);
    const files = apart.flatMap((group) => group.files);
    if (slice === undefined) return rowTable(engine, ALL_ROWS, signal, { files });
    const lacks = (await columnsOf(engine, ALL_ROWS)).every(({ name }) => !isNamed(name, slice.feature));
    if (lacks) return withoutQuestions(rowTable(engine, ALL_ROWS, signal, { files }), slice.feature);
    const kept = `CAST(${identifier(slice.feature)} AS VARCHAR) = ${literal(slice.value)}`;
    await engine.query(`CREATE VIEW ${SLICE_ROWS} AS FROM ${ALL_ROWS} WHERE ${kept}`);
    return rowTable(engine, SLICE_ROWS, signal, { files, all: ALL_ROWS });
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** No expression names these by chance: where it lacks a column, it is to be told, and not to mean something of ours. */
const ALL_ROWS = '"varve rows"';
const SLICE_ROWS = '"varve slice"';

function isNamed(name: string, column: string): boolean {
  return foldedName(name) === foldedName(column);
}

/** Rows of which a slice is wanted by a column that only others of their table have: they tell how many they are, and their columns. */
function withoutQuestions(rows: RowTable, column: string): RowTable {
  const refuse = async () => {
    throw new VarveError('column-missing', `There is no column ${column}`, { remedy: 'Name another.' });
  };
  return { ...rows, ask: refuse, head: refuse, keys: refuse };
}

/** A table of these columns without rows: put together with others, it gives them its columns. */
function noRowsOf(columns: readonly RowColumn[]): string {
  const typed = columns.map(({ name, type }) => {
    const sql = typeSql(type);
    if (sql === undefined) throw noType(type);
    return `CAST(NULL AS ${sql}) AS ${identifier(name)}`;
  });
  return `SELECT ${typed.join(', ')} WHERE false`;
}

function noType(text: string): VarveError {
  return invalidExpression(`CAST(NULL AS ${text})`, 'what stands for the type is none');
}

/**
 * Groups that each have one reader. Files of Parquet are parted by which of the columns that their paths say they have themselves, as one reader would
 * give the others nulls, and by how they show the columns of their table: the rows of one kind come behind those of another. What then lies side by
 * side and reads alike becomes one, so that a table has one reader and not one a partition.
 * @throws VarveError what is wrong with a file
 */
async function apartByReader(engine: Engine, groups: readonly RowGroup[]): Promise<RowGroup[]> {
  const looked = topColumns(
    engine,
    groups.filter(isLookedInto).flatMap(({ files }) => files),
  );
  const apart: AlikeFiles[] = [];
  for (const group of groups) {
    if (!isLookedInto(group)) {
      apart.push({ ...group, files: [...group.files], reading: undefined });
      continue;
    }
    for (const alike of await apartByColumns(looked, group)) {
      const last = apart.at(-1);
      if (alike.reading !== undefined && last?.reading === alike.reading) last.files.push(...alike.files);
      else apart.push(alike);
    }
  }
  return apart;
}

/** Files of one reader. */
interface AlikeFiles extends RowGroup {
  readonly files: SourceFile[];
  /** What decides how they are read, where it is the same for all of them, and others of the same may be read with them. */
  readonly reading: string | undefined;
}

function isLookedInto({ files: [first], constants }: RowGroup): boolean {
  const isProjected = constants.length > 0 || first?.columns !== undefined;
  return isProjected && first !== undefined && formatOf(first.path) === 'parquet';
}

/** @param looked the columns of the files of this group, and of those after it */
async function apartByColumns(looked: ReturnType<typeof topColumns>, group: RowGroup): Promise<AlikeFiles[]> {
  const { files, constants, readings = NO_READINGS } = group;
  const kinds = new Map<
    string,
    { readonly files: SourceFile[]; readonly readings: Set<string | undefined> }
  >();
  try {
    for (const _ of files) {
      const next = await looked.next();
      if (next.done) break;
      const { file, own } = next.value;
      const names = new Set(namesOfRows(file, own).map(foldedName));
      const saidByPath = constants.filter(([name]) => !names.has(foldedName(name)));
      const added = saidByPath.map(([name]) => name);
      const kind = file.columns === undefined ? JSON.stringify(added) : selectionOf(file, own, file.columns);
      const alike = kinds.get(kind) ?? { files: [], readings: new Set() };
      kinds.set(kind, alike);
      alike.files.push(added.length === 0 ? file : { ...file, saidByPath });
      const canBeNumbered = file.range === undefined && !own.some(({ name }) => isNamed(name, FILE_NUMBER));
      alike.readings.add(canBeNumbered ? JSON.stringify([kind, added, own, [...readings]]) : undefined);
    }
  } catch (error) {
    throw isReadError(error) ? readError(error, fileNamedBy(error, files)) : error;
  }
  return [...kinds.values()].map(({ files: alike, readings: found }) => ({
    ...{ files: alike, constants: [], readings },
    reading: found.size === 1 ? [...found][0] : undefined,
  }));
}

/** The columns that rows have of a file itself. */
function namesOfRows(file: SourceFile, own: readonly TypedColumn[]): string[] {
  const shown = file.columns?.filter((column) => !column.isInPaths || columnIn(own, column) !== undefined);
  return (shown ?? own).map(({ name }) => name);
}

/** The rows of groups in SQL, one after the other. Tables become one where they are many, as each question looks at all. */
async function rowsOfAll(engine: Engine, groups: readonly RowGroup[]): Promise<string[]> {
  const parts: string[] = [];
  for (const [index, group] of groups.entries()) parts.push(await rowsOf(engine, group, `part${index}`));
  const areTables = groups.every(({ files }) => formatOf(files[0]!.path) !== 'parquet');
  if (!areTables || parts.length <= TABLES_PER_QUERY) return parts;
  await uniteByName(
    engine,
    parts.map((rows, index) => ({ table: `part${index}`, rows })),
    'parts',
  );
  return ['FROM parts'];
}

async function rowsOf(
  engine: Engine,
  { files, constants, readings = NO_READINGS }: RowGroup,
  part: string,
): Promise<string> {
  const { columns, relation } = await openTableSource(engine, files, readings, part);
  const added = constants.filter(([name]) => !columns.some((column) => column.name === name));
  return `SELECT *${added.map(([name, sql]) => `, ${sql} AS ${identifier(name)}`).join('')} FROM ${relation}`;
}

const AT_FAULT = '"varve fault"';
const SHOWN = '"varve shown"';

/** The column of a RowTable's relation that numbers its rows from 1. */
export const POSITION_COLUMN = '"varve row"';

/**
 * Makes a RowTable of a relation that has the column `POSITION_COLUMN`; closing it closes the engine.
 * @param files those of which the relation has the rows, one after the other, if there are any
 * @param all the relation with the rows that a slice leaves out too
 */
export function rowTable(
  engine: Engine,
  relation: string,
  signal?: AbortSignal,
  { files = [], all = relation }: { readonly files?: readonly SourceFile[]; readonly all?: string } = {},
): RowTable {
  const starts = new FileStarts(engine, files.length > 1 ? files : []);
  const answered = async <T>(expression: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw await faultOf(error, expression, engine, { files, relation: all });
    }
  };
  const count = async (of: string) => {
    const [[rows] = []] = await engine.query(`SELECT count(*) FROM ${of}`);
    return Number(rows);
  };
  return {
    ask: (failing, value) =>
      answered(failing, async () => {
        await assertRowExpression(engine, failing);
        const { examples, ...counts } = await answer(engine, relation, failing, value);
        return { ...counts, examples: await located(examples, starts) };
      }),
    head: (rows) => headOf(engine, relation, rows),
    shape: async () => ({ rows: await count(all), columns: await columnsOf(engine, all) }),
    keys: (failing, asked) =>
      answered(failing, async () => {
        await assertRowExpression(engine, failing);
        const types = await engine.describe(`(SELECT ${asked.columns.join(', ')} FROM ${relation})`);
        if (!areComparable(types)) return undefined;
        const written = await writeKeys(engine, relation, asked);
        return { rows: await count(relation), ...written };
      }),
    close: () => engine.close(),
  };
}

/**
 * What an error in the midst of a question says. The expression is at fault only if the rows can be read without it: a value that cannot be read
 * is met as late as one that the expression cannot take.
 */
async function faultOf(
  error: unknown,
  expression: string,
  engine: Engine,
  { files, relation }: { readonly files: readonly SourceFile[]; readonly relation: string },
): Promise<unknown> {
  if (error instanceof VarveError || systemCode(error) !== undefined) return error;
  const text = String((error as Error).message);
  if (isOutOfMemory(text)) return expressionMemory(expression, error);
  const lacked = lackedColumn(text);
  if (lacked !== undefined) return expressionLacks(lacked, error);
  if (isQueryError(text)) return invalidExpression(expression, reasonOf(error), error);
  try {
    await engine.query(`SELECT bit_xor(hash(COLUMNS(*))) FROM ${relation}`);
  } catch (unread) {
    return files.length > 0 && isReadError(unread) ? readError(unread, fileNamedBy(unread, files)) : unread;
  }
  // What its files for what does not fit into memory met, and no value.
  if (text.startsWith('IO Error: ')) return systemError(error, 'check rows in', engine.folder);
  return invalidExpression(expression, reasonOf(error), error);
}

async function columnsOf(engine: Engine, relation: string): Promise<RowColumn[]> {
  const all = (await engine.describe(relation)).filter(({ name }) => identifier(name) !== POSITION_COLUMN);
  return all.map(({ name, type }) => ({ name, type: type.text }));
}

/**
 * The columns that rows have once they are put together of some that have these: `UNION ALL BY NAME`, as openRows does it.
 * @param each those of every kind of rows there is, in their order, as whoever read them says; nothing is run that a type says beside being one
 * @throws VarveError `expression-invalid` where a type is none, or types do not go together
 */
export async function columnsTogether(
  each: readonly (readonly RowColumn[])[],
  options: EngineOptions = {},
): Promise<RowColumn[]> {
  const engine = await openEngine([], options);
  const parts = each.filter((columns) => columns.length > 0);
  try {
    await engine.query(`CREATE VIEW together AS ${parts.map(noRowsOf).join(' UNION ALL BY NAME ')}`);
    return await columnsOf(engine, 'together');
  } catch (error) {
    options.signal?.throwIfAborted();
    const message = String((error as Error).message);
    const isOfTypes = isQueryError(message) || message.startsWith('Conversion Error');
    if (error instanceof VarveError || !isOfTypes) throw error;
    throw invalidExpression('the types of its columns', reasonOf(error), error);
  } finally {
    engine.close();
  }
}

async function headOf(engine: Engine, relation: string, count: number): Promise<RowsHead> {
  const all = await columnsOf(engine, relation);
  const columns = all.slice(0, MAX_HEAD_COLUMNS);
  if (columns.length === 0) return { columns, columnCount: 0, rows: [] };
  const texts = columns.map(({ name }) => shortSql(`CAST(${identifier(name)} AS VARCHAR)`));
  const values = await engine.query(
    `SELECT ${texts.join(', ')} FROM ${relation} ORDER BY ${POSITION_COLUMN} LIMIT ${count}`,
  );
  const rows = (values[0] ?? []).map((_, row) =>
    values.map((column) => (column[row] === null ? null : String(column[row]))),
  );
  return { columns, columnCount: all.length, rows };
}

async function answer(engine: Engine, relation: string, failing: string, value: string): Promise<RowsAnswer> {
  const judged = `SELECT ${POSITION_COLUMN}, (${failing}\n) AS ${AT_FAULT}, CAST((${value}\n) AS VARCHAR) AS ${SHOWN} FROM ${relation}`;
  const counts = await engine.query(`SELECT count(*), count(*) FILTER (${AT_FAULT}) FROM (${judged})`);
  const [numbers = [], shown = []] = await engine.query(
    `SELECT ${POSITION_COLUMN}, ${shortSql(`coalesce(${SHOWN}, 'null')`)} FROM (${judged}) WHERE ${AT_FAULT} ORDER BY ${POSITION_COLUMN} LIMIT ${EXAMPLES}`,
  );
  return {
    rows: Number(counts[0]?.[0]),
    failing: Number(counts[1]?.[0]),
    examples: numbers.map((row, index) => ({ row: Number(row), value: String(shown[index]) })),
  };
}

function shortSql(text: string): string {
  return `CASE WHEN length(${text}) > ${MAX_SHOWN_LENGTH} THEN left(${text}, ${MAX_SHOWN_LENGTH}) || '…' ELSE ${text} END`;
}

async function located(examples: readonly RowExample[], starts: FileStarts): Promise<RowExample[]> {
  const found: RowExample[] = [];
  for (const example of examples) found.push({ ...example, ...(await starts.placeOf(example.row)) });
  return found;
}

/** Where in a table each of its files begins. Files are counted when they are asked for, which reads them once more, and kept. */
class FileStarts {
  readonly #engine: Engine;
  readonly #files: readonly SourceFile[];
  /** Rows before each file that was counted, and before the next. */
  readonly #before = [0];

  constructor(engine: Engine, files: readonly SourceFile[]) {
    this.#engine = engine;
    this.#files = files;
  }

  async placeOf(row: number): Promise<{ file: string; fileRow: number } | undefined> {
    for (const [at, file] of this.#files.entries()) {
      this.#before[at + 1] ??= this.#before[at]! + (await this.#count(file));
      if (row <= this.#before[at + 1]!) return { file: file.path, fileRow: row - this.#before[at]! };
    }
    return undefined;
  }

  async #count(file: SourceFile): Promise<number> {
    const { relation } = await openTableSource(this.#engine, [file], NO_READINGS, 'counted');
    const [[rows]] = (await this.#engine.query(`SELECT count(*) FROM ${relation}`)) as [[bigint]];
    await dropTableSource(this.#engine, file, relation);
    return Number(rows);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/** A check that asks for more memory than there is. */
export function expressionMemory(expression: string, cause: unknown): VarveError {
  return new VarveError(
    'engine-memory',
    `Checking the rows by ${expression.slice(0, 200)} needs more memory than the engine may have`,
    {
      remedy:
        'Simplify the expression, or give the engine more, for example by `--memory 2GB`: validate and drift take that.',
      cause,
    },
  );
}
