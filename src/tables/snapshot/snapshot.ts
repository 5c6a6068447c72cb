/**
 * Tables that others keep: which files a version of one has, by its own log or metadata. It may not know where a table lies, and takes
 * nothing that stands there on trust.
 */

import { problemOfDataPath } from '../../base/files/data-path.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import { VarveError } from '../../errors.ts';
import { quoted } from '../../wording/quote.ts';
import type { TableFormat } from '../format.ts';
import type { UnreadFile } from '../model.ts';

/** A file of a table's log or metadata. */
export interface TableLogFile {
  /** From the folder of the table, POSIX. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

/** The folder of a table, wherever it lies. */
export interface TableLocation {
  /** For messages, without a slash at its end. */
  readonly url: string;
  /** What lies in one of its folders, at any depth; nothing where there is no such folder. */
  list(folder: string): AsyncIterable<TableLogFile>;
  find(name: string): Promise<TableLogFile | undefined>;
  /** An empty folder for files on their way. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

/** What a table says of one file by a column that parts it. */
export interface PartitionValue {
  readonly column: string;
  /** As a path has it: null where there is no value; undefined where the table does not say. */
  readonly text?: string | null;
  /** Whether the file has the column itself. */
  readonly isWithin?: true;
  /** Whether a path may be made to say the value: of other types, the text is not certain to be the value. */
  readonly isPlain?: true;
}

/** A file that a version of a table has. */
export interface TableEntry {
  /** From the folder of the table, POSIX; whatever the table says, so check it before it becomes a path. */
  readonly path: string;
  /** In bytes, as the table says. */
  readonly size: number;
  readonly partition: readonly PartitionValue[];
  /** What the table says of its rows, where that is wanted. It is what JSON can hold, and {@link TableSnapshot.describe} tells what it means. */
  readonly facts?: unknown;
}

/** By what a version of a table is named; the newest where nothing is said. */
export type NamedVersion =
  | {
      /** A version of Delta Lake, or a snapshot, branch or tag of Iceberg. */
      readonly at?: string | undefined;
      readonly branch?: undefined;
    }
  | {
      readonly at?: undefined;
      /** A branch of Iceberg, and nothing else of that name. */
      readonly branch: string;
      /** What to do where there is no such branch any more, as a sentence. */
      readonly otherwise: string;
    };

/** A version of a table. */
export interface TableSnapshot {
  readonly format: TableFormat;
  /** The number of a version of Delta Lake, or the id of a snapshot of Iceberg. */
  readonly version: string;
  /** The branch that it was the newest version of, where one was named that is not the main one. */
  readonly branch?: string;
  /** What named it for good: a version, a snapshot or a tag. Absent for the newest version of a branch. */
  readonly at?: string;
  /**
   * Its files, each once, in no promised order. They can be listed once.
   * @param wantsFacts whether what it says of their rows is wanted too
   * @throws VarveError `table-damaged`, `table-feature-unsupported`
   */
  files(wantsFacts: boolean): AsyncIterable<TableEntry>;
  /**
   * Tell under which path a file is to be read, so that its folders `name=value/` are just the columns of the table that it lacks itself,
   * and files of one table lie together. It can be told once all files were listed.
   * @throws VarveError `table-feature-unsupported`
   */
  shownPath(file: TableEntry): string;
  /**
   * Tell which columns it shows, once all its files were listed; undefined where that is what each file has by its own names.
   * @throws VarveError `table-feature-unsupported`
   */
  columns(): ShownColumns | undefined;
  /**
   * Tell what it says of the rows of a file, once all its files were listed with that. It is what a stranger wrote, of the right types.
   * @returns undefined where it does not count the rows
   */
  describe(file: TableEntry): UnreadFile | undefined;
}

export function damagedTable(url: string, what: string, cause?: unknown): VarveError {
  return new VarveError('table-damaged', `The table ${url} cannot be read: ${what}`, {
    path: url,
    remedy:
      'Check that engines still read the table. If they do, please report this; to add its folder as plain files, copy these elsewhere without the log.',
    cause,
  });
}

/** @param what the table has, as the rest of a sentence @param instead what its owner can do about it, as a sentence */
export function unsupportedTable(url: string, what: string, instead: string): VarveError {
  return new VarveError(
    'table-feature-unsupported',
    `The table ${url} ${what}, which a list of its files does not say`,
    { path: url, remedy: instead },
  );
}

/**
 * Take a path that a table names, from its folder. Servers make of `..` what they like, so that none is asked for such a path.
 * @throws VarveError `table-feature-unsupported` unless the path leads to a file below
 */
export function pathBelow(url: string, path: string): string {
  const problem = path.endsWith('/') ? 'ends in a slash' : problemOfDataPath(path);
  if (problem === undefined) return path;
  throw unsupportedTable(
    url,
    `names ${JSON.stringify(path.slice(0, 200))}, a path which ${problem}, so that it may lie outside of its folder`,
    OWN_FILES_INSTEAD,
  );
}

/** @throws VarveError `table-feature-unsupported` */
export function refuseOutside(url: string, named: string): never {
  throw unsupportedTable(
    url,
    `names ${JSON.stringify(named.slice(0, 200))}, which lies outside of its folder`,
    OWN_FILES_INSTEAD,
  );
}

const OWN_FILES_INSTEAD = 'Add what the table was made from, or a copy of the table that has its files.';

export function missingVersion(url: string, version: string, known: string): VarveError {
  return new VarveError('table-version-missing', `The table ${url} has no version ${version} to be read`, {
    path: url,
    remedy: known,
  });
}

/** @param isTag whether a tag has its name now @param otherwise what to do, as a sentence */
export function missingBranch(url: string, branch: string, isTag: boolean, otherwise: string): VarveError {
  const name = quoted(branch);
  const what = isTag
    ? `${name} is a tag of the table ${url} now, and no branch`
    : `The table ${url} has no branch ${name} any more`;
  return new VarveError('table-version-missing', what, { path: url, remedy: otherwise });
}

/** The words by which a remedy names another version: who follows a table has no `--at`, and `varve add` has. */
export const BY_ADD = 'by `varve add … --at`';

/** Read a whole file of a log. @throws VarveError `table-damaged` if it is larger than `max` bytes */
export async function wholeFile({ url }: TableLocation, file: TableLogFile, max: number): Promise<Buffer> {
  if (file.size > max)
    throw damagedTable(url, `${file.name} has ${file.size} bytes, and at most ${max} are read`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of file.read()) {
    size += piece.length;
    if (size > max) throw damagedTable(url, `${file.name} has more bytes than the server said`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
