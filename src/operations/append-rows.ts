import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { checkDataPath } from '../base/files/data-path.ts';
import { isSameDatabase, parseDatabaseUrl } from '../database/address.ts';
import type { Continuation, LeftOut } from '../database/query.ts';
import { VarveError } from '../errors.ts';
import { counted } from '../wording/numbers.ts';
import { shellWord } from '../wording/quote.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { SafeFolders } from '../workspace/checkout/safe-folder.ts';
import {
  columnsToKeep,
  type DatabaseOrigin,
  type Incremental,
  problemOfOrigin,
} from '../workspace/database-origin.ts';
import { POINTER_SUFFIX } from '../workspace/pointer.ts';
import { targetInRepository } from '../workspace/repository.ts';
import { addMadeFiles } from './add-made-files.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { addCommand } from './datasets/add-command.ts';
import { columnsToTake } from './datasets/appended-columns.ts';
import { type AskedTable, type CopiedTable, withCopiedTable } from './datasets/copied-table.ts';
import { placeFile } from './datasets/place-file.ts';
import { refuseFileTaken } from './datasets/taken-file.ts';
import { unchangedVersion } from './datasets/unchanged-version.ts';

export interface AppendOptions extends BackendAddOptions {
  readonly column: string;
  /** Path of the folder. */
  readonly to: string;
  readonly password?: string | undefined;
  /** The URL of the database as it was given, which a command takes in this folder. */
  readonly url: string;
}

/** Digits of numbers of rows in names of files, so that their order is that of the names. */
const ROW_DIGITS = 10;

/**
 * Take the rows of a database behind those that a folder has into a file of Parquet of its own there, and add it. The pointer says how
 * far that went, so a run that was cut off is simply run again. What was taken before is not looked at.
 * @param origin without how far rows have been taken
 * @throws VarveError `path-taken`, `dvc-unsupported`, and those of withCopiedTable and add
 */
export async function appendRows(
  context: Context,
  asked: AskedTable,
  origin: DatabaseOrigin,
  { column, to, password, url, ...options }: AppendOptions,
): Promise<AddResult> {
  const { repository, backend } = context;
  if (backend.pointerSuffix !== POINTER_SUFFIX) throw unsupportedByDvc();
  const target = targetInRepository(repository, context.cwd, to);
  checkDataPath(target);
  const folder = join(repository.root, target);
  const known = await takenBefore(context, folder, target, { ...origin, incremental: { column, rows: 0 } });
  const before = known?.incremental;
  const anew = commandAnew(context, url, asked, { column, target });
  const goesOn = { target, anew, onWarning: context.onWarning };
  const next: Continuation = {
    ...{ column, after: before?.last },
    choose: (found) => columnsToTake(found, before, goesOn),
  };
  // The types of the first rows hold for all; where there were none yet, nothing has a type.
  const text = before === undefined || before.rows === 0 ? undefined : (before.text ?? []);
  const how = { format: 'parquet', password, text, anew } as const;
  return withCopiedTable({ ...asked, next }, how, context, async (found) => {
    tellLeftOut(context, { target, column, anew }, before, found.leftOut!);
    if (before !== undefined && found.rows === 0) {
      const some = join(folder, fileBehind(0));
      // Another way to the same rows is kept, for the next update.
      if (known!.url !== origin.url && existsSync(some) && (await isSaved(context, folder)))
        return addMadeFiles(context, folder, [some], {
          ...options,
          database: { ...origin, incremental: before },
        });
      return unchangedVersion(context, target, { database: known! });
    }
    const database = { ...origin, incremental: takenNow(column, before, found) };
    refuseUnkept(database);
    new SafeFolders(repository.root).make(target);
    const rows = before?.rows ?? 0;
    const name = fileBehind(rows);
    if (before !== undefined) await refuseFileTaken(context, target, name);
    const path = join(folder, name);
    placeFile(found.path, path);
    return addMadeFiles(context, folder, [path], { ...options, database });
  });
}

/** The whole command that takes all rows into a folder at which nothing lies: also for whoever ran an update, which has no such options. */
function commandAnew(
  { cwd, repository: { root } }: Context,
  url: string,
  { wanted }: AskedTable,
  { column, target }: { readonly column: string; readonly target: string },
): string {
  const placeOf = (number: number): string => join(root, `${target}-${number}`);
  let number = 2;
  while (existsSync(placeOf(number)) || existsSync(placeOf(number) + POINTER_SUFFIX)) number++;
  const free = relative(realpathSync(cwd), placeOf(number)).split(sep).join('/');
  return addCommand(url, { ...wanted, incremental: column, to: free });
}

/** The name of the file that goes on behind so many rows. */
function fileBehind(rows: number): string {
  return `rows-${String(rows).padStart(ROW_DIGITS, '0')}.parquet`;
}

/** Whether the files of the version are here as it has them: what somebody changed is none of the rows that were taken. */
async function isSaved({ backend }: Context, folder: string): Promise<boolean> {
  const { datasets } = await backend.status([folder]);
  return datasets.every(({ changes }) => changes.every(({ change }) => change === 'added'));
}

/** @throws VarveError `database-url-invalid` for what a pointer could not say */
export function refuseUnkept(database: DatabaseOrigin): void {
  const problem = problemOfOrigin(database);
  if (problem === undefined) return;
  const path = withoutSecrets(database.url);
  throw new VarveError('database-url-invalid', `What is asked of ${path} cannot be kept: ${problem}`, {
    path,
    remedy:
      'In the database, make a view of a long query, or of one with an address in it; go on behind a column of short values; and name certificates by the path of a file that stays.',
  });
}

function takenNow(
  column: string,
  before: Incremental | undefined,
  { rows, last = before?.last, order: ordered, columns: found, text }: CopiedTable,
): Incremental {
  const order = rows === 0 ? before?.order : ordered;
  const columns = (before !== undefined && before.rows > 0 && before.columns) || columnsToKeep(found);
  return {
    column,
    ...(last !== undefined && { last }),
    ...(order !== undefined && { order }),
    rows: (before?.rows ?? 0) + rows,
    ...(columns !== undefined && { columns }),
    ...(text.length > 0 && { text }),
  };
}

/**
 * What the pointer of a folder says of how far the rows of this database have been taken into it; undefined for one that is new.
 * @throws VarveError `path-taken` where something else lies there
 */
async function takenBefore(
  { backend, repository: { root } }: Context,
  folder: string,
  target: string,
  wanted: DatabaseOrigin,
): Promise<DatabaseOrigin | undefined> {
  if ((await backend.datasetNamed(folder)) === undefined) {
    const isFree = !existsSync(folder) || readdirSync(folder).every((name) => FIRST_FILE.test(name));
    if (isFree && !existsSync(join(root, target + POINTER_SUFFIX))) return undefined;
    throw taken(target, 'Other data lies');
  }
  const followed = await backend.followers([folder]).catch((error: unknown) => {
    if (error instanceof VarveError && error.code === 'import-missing') return undefined;
    throw error;
  });
  const database = followed?.get(target)?.database;
  if (database === undefined) throw taken(target, 'Data of another kind lies');
  const difference = differenceOf(database, wanted);
  if (difference === undefined) return database;
  throw taken(target, difference);
}

/** What a first run leaves that was cut off. */
const FIRST_FILE = /^(rows-0{10}\.parquet|\..*)$/;

/** What two questions differ in, as the beginning of a sentence; undefined where they are one. */
function differenceOf(one: DatabaseOrigin, other: DatabaseOrigin): string | undefined {
  if (!isSameDatabase(parseDatabaseUrl(one.url), parseDatabaseUrl(other.url)))
    return 'Rows of another database lie';
  if (one.table !== other.table) return 'Rows of another table lie';
  if (one.query !== other.query) return 'Rows of another query lie';
  if (one.incremental === undefined) return 'A copy of all rows, without `--incremental`, lies';
  return one.incremental.column === other.incremental?.column
    ? undefined
    : 'Rows in the order of another column lie';
}

/** Say which rows of the database are not in the folder, and which of the folder not in the database any more. */
function tellLeftOut(
  { onWarning }: Context,
  { target, column, anew }: { readonly target: string; readonly column: string; readonly anew: string },
  before: Incremental | undefined,
  { empty, before: upTo }: LeftOut,
): void {
  if (empty > 0)
    onWarning?.(
      `${counted(empty, 'row')} without a value in ${column} ${empty === 1 ? 'is' : 'are'} not in ${target}.`,
    );
  // Only the difference is known: some may be gone, and others have come in their place.
  const more = upTo - (before?.last === undefined ? 0 : before.rows);
  if (more === 0) return;
  const range = `up to ${JSON.stringify(before?.last)} in ${column}`;
  onWarning?.(
    more > 0
      ? `At least ${counted(more, 'row')} ${range} came after those were taken, and ${more === 1 ? 'is' : 'are'} not in ${target}: \`${anew}\` takes all rows anew.`
      : `At least ${counted(-more, 'row')} ${range} ${more === -1 ? 'is' : 'are'} not in the database any more, and still in ${target}.`,
  );
}

function taken(target: string, what: string): VarveError {
  return new VarveError('path-taken', `${what} at ${target}, which rows cannot be appended to`, {
    path: target,
    remedy: `Name another folder with \`--to\` of \`varve add\`, or see in ${shellWord(target + POINTER_SUFFIX)} what is appended there: \`varve update\` does that.`,
  });
}

function unsupportedByDvc(): VarveError {
  return new VarveError('dvc-unsupported', 'A .dvc file cannot say how far rows were taken', {
    remedy: 'Leave out `--incremental`, which takes all rows into one file, or use a repository of varve.',
  });
}
