/**
 * Columns of a table as its own engine shows them, where its Parquet files have others: they were renamed or dropped since a file was written,
 * or came later. It may not know who keeps such a table, nor where.
 */

import { isRecord } from '../base/json.ts';
import { foldedName } from './quote.ts';
import { typeSql } from './type-text.ts';

/** A column that is shown, and where a file has its values. */
export interface ShownColumn {
  readonly name: string;
  /** As the engine writes types, for rows of files without the column. */
  readonly type: string;
  /** Its number in files that give their columns numbers. */
  readonly id?: number;
  /** Its names in files that give their columns none, or where it has no number. */
  readonly names?: readonly string[];
  /** As text, what rows of files without it have; null unless given. */
  readonly default?: string;
  /** Set where the paths of files without it say its value. */
  readonly isInPaths?: true;
}

/** The columns that are shown, in their order. No other column of a file is. */
export type ShownColumns = readonly ShownColumn[];

/** Of a table. Wider ones than engines make are refused, for each file that is opened asks for all of them. */
export const MAX_SHOWN_COLUMNS = 20_000;
const MAX_NAMES = 100;
/** Of a name, a type or a default, in characters. */
const MAX_TEXT = 8192;
const MAX_ID = 2 ** 31 - 1;

/**
 * Check columns that a stranger may have written: no two may have one name, whatever its case, or show one column of a file.
 * @returns what is wrong with them, as the rest of a sentence; undefined if nothing is
 */
export function problemOfColumns(columns: readonly unknown[]): string | undefined {
  if (columns.length > MAX_SHOWN_COLUMNS) return `has more than ${MAX_SHOWN_COLUMNS} columns`;
  const seen = { shown: new Set<string>(), ids: new Set<number>(), names: new Set<string>() };
  for (const column of columns) {
    if (!isShownColumn(column)) return `has a column that is none: ${JSON.stringify(column)?.slice(0, 200)}`;
    const { name, id, names = [] } = column;
    const isTwice =
      seen.shown.has(foldedName(name)) ||
      (id !== undefined && seen.ids.has(id)) ||
      names.some((one) => seen.names.has(foldedName(one)));
    if (isTwice)
      return `has the column ${JSON.stringify(name)} beside another of its name, or of the same values`;
    seen.shown.add(foldedName(name));
    if (id !== undefined) seen.ids.add(id);
    for (const one of names) seen.names.add(foldedName(one));
  }
  return columns.every((column) => (column as ShownColumn).isInPaths)
    ? 'has no column within its files'
    : undefined;
}

function isShownColumn(value: unknown): value is ShownColumn {
  if (!isRecord(value)) return false;
  const { name, type, id, names, default: given, isInPaths, ...rest } = value;
  const isPlace = id !== undefined || (Array.isArray(names) && names.length > 0);
  return (
    Object.keys(rest).length === 0 &&
    isName(name) &&
    isText(type) &&
    typeSql(type) !== undefined &&
    isPlace &&
    (id === undefined || (Number.isInteger(id) && Number(id) >= 0 && Number(id) <= MAX_ID)) &&
    (names === undefined || (Array.isArray(names) && names.length <= MAX_NAMES && names.every(isName))) &&
    (given === undefined || isText(given)) &&
    (isInPaths === undefined || isInPaths === true)
  );
}

function isName(value: unknown): value is string {
  return isText(value) && value !== '' && !value.includes('\0');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && !LONE_SURROGATE.test(value);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** A column as a file has it. */
export interface OwnColumn {
  readonly name: string;
  /** Its number; undefined where the file gives it none. */
  readonly id: number | undefined;
}

/**
 * Find the column of a file that has the values of one that is shown; undefined if it has none. Numbers count where the file has some, as
 * readers of Iceberg and of Delta Lake have it. Source: https://iceberg.apache.org/spec/#column-projection
 */
export function columnIn<Own extends OwnColumn>(
  own: readonly Own[],
  { id, names = [] }: Pick<ShownColumn, 'id' | 'names'>,
): Own | undefined {
  const isNumbered = id !== undefined && own.some((column) => column.id !== undefined);
  return own.find((column) => (isNumbered ? column.id === id : names.includes(column.name)));
}

/**
 * Tell why the columns of a file cannot be told apart, as the rest of a sentence; undefined if they can.
 * @param shown the columns that are looked for in it
 */
export function problemOfOwnColumns(own: readonly OwnColumn[], shown: ShownColumns): string | undefined {
  const ids = own.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (new Set(ids).size < ids.length) return 'two of its columns have one number';
  if (new Set(own.map(({ name }) => foldedName(name))).size < own.length)
    return 'two of its columns have one name, but for the case of letters';
  return ids.length === 0 && shown.every(({ names }) => names === undefined)
    ? 'its columns have no numbers, by which the table knows them'
    : undefined;
}
