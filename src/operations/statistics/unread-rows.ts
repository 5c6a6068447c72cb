/**
 * Finds files of rows in forms that varve does not read, so that a folder of them is not taken for one without rows. Knows files and their
 * first bytes; knows no profile but whether it has rows.
 */

import { START_BYTES, startOf, unreadRows } from '../../engine/formats/refused.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import { FILES_TABLE, isTabularProfile } from '../../profile/model/tables.ts';
import { neutral } from '../../wording/neutral.ts';
import { liesHere } from '../datasets/data-here.ts';
import { findFiles } from '../datasets/files.ts';
import type { NamedDataset } from '../datasets/resolve.ts';

/** Files that are looked into: one of each way of naming, since a folder may have a million. */
const MAX_LOOKED_INTO = 1000;
/** Not a number, as Flume has there. */
const EXTENSION = /\.[A-Za-z]\w*$/;

interface FoundFile {
  /** Tells the format. */
  readonly path: string;
  /** How messages name it. */
  readonly shownAs: string;
  readonly size?: number | undefined;
  readonly start?: () => Buffer;
}

/** Say what the first file is that holds rows which are not read; undefined where none is found. */
export function unreadRowsAmong(files: Iterable<FoundFile>): VarveError | undefined {
  for (const { path, shownAs, start } of oneOfEachName(files)) {
    const found = unreadRows(path, shownAs, start);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of files whose names differ in numbers alone, or in what stands before the extension, the first that is not empty. */
function* oneOfEachName(files: Iterable<FoundFile>): Generator<FoundFile> {
  const seen = new Set<string>();
  for (const file of files) {
    if (file.size === 0) continue;
    const [, folder = '', name = ''] = /^(.*\/)?(.*)$/s.exec(file.path) ?? [];
    const extension = EXTENSION.exec(name)?.[0];
    const naming = (folder + (extension ?? name)).replace(/\d+/g, '#');
    if (seen.has(naming)) continue;
    if (seen.size === MAX_LOOKED_INTO) return;
    seen.add(naming);
    yield file;
  }
}

/**
 * Say what the first file of a dataset is that holds rows which are not read, where its profile has no rows. Of a version that does not lie
 * in the working tree, only files are looked into whose names have no extension, as jobs of Hadoop write them.
 */
async function unreadRowsOf(dataset: NamedDataset, profile: Profile): Promise<VarveError | undefined> {
  if (isTabularProfile(profile)) return undefined;
  if (!(await liesHere(dataset))) return unreadInVersion(dataset, profile);
  const { files } = findFiles(dataset);
  return unreadRowsAmong(
    files.map(({ path, absolutePath, shownAs = path, size }) => ({
      ...{ path, shownAs, size },
      start: () => startOf(absolutePath),
    })),
  );
}

/** A gate that compared no more than names and sizes of such files would pass whatever is in them. @throws VarveError `data-not-tabular`, and of what is damaged, or of a remote that cannot be asked */
export async function assertRowsRead(dataset: NamedDataset, profile: Profile): Promise<void> {
  const unread = await unreadRowsOf(dataset, profile);
  if (unread !== undefined) throw unread;
}

/** Tell whoever looks at the statistics of such files what they are of. Statistics are shown though nobody could look into the files. */
export async function warnOfUnreadRows(dataset: NamedDataset, profile: Profile): Promise<void> {
  const { onWarning } = dataset.watch;
  if (onWarning === undefined) return;
  try {
    const unread = await unreadRowsOf(dataset, profile);
    if (unread !== undefined) onWarning(`There are no statistics of rows: ${sentenceOf(unread)}`);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    onWarning(
      `Whether ${neutral(dataset.name)} has rows that are not read is not known: ${sentenceOf(error)}`,
    );
  }
}

export function sentenceOf({ message, remedy }: VarveError): string {
  return `${message}. ${remedy}`;
}

/** The list comes from the remote where this clone has profiles alone, unless the profile says that every name tells its format. */
async function unreadInVersion(dataset: NamedDataset, profile: Profile): Promise<VarveError | undefined> {
  const { name, context, version, part, watch } = dataset;
  if (context === undefined || version === undefined || part !== undefined || tellsFormats(profile))
    return undefined;
  const { backend } = context;
  const missed = (error: VarveError): void =>
    watch.onWarning?.(
      `Files of ${neutral(name)} without an extension were not all looked into, and may have rows that are not read: ${sentenceOf(error)}`,
    );
  const found = await unlessAbsent(async () => {
    const files: FoundFile[] = [];
    for await (const { path, size } of backend.listFiles(version, watch.offline === true))
      files.push({ path, shownAs: `${path} of ${name}`, size });
    return files;
  }, missed);
  for (const { path, shownAs } of oneOfEachName(found ?? [])) {
    const isOpened = version.source === undefined && !EXTENSION.test(path);
    const start = isOpened
      ? await unlessAbsent(() => firstBytesOf(backend.readFile(version, path)), missed)
      : undefined;
    const unread = unreadRows(path, shownAs, start && (() => start));
    if (unread !== undefined) return unread;
  }
  return undefined;
}

/** Whether each file has an extension, as the profile lists them, and none is of rows that are not read. */
function tellsFormats({ tables }: Profile): boolean {
  const extensions = tables
    .find(({ name }) => name === FILES_TABLE)
    ?.features.find(({ path }) => path.length === 1 && path[0] === 'extension');
  if (extensions === undefined || extensions.nulls > 0 || !extensions.values.exact) return false;
  // With a table's extension in front, what compresses one is known.
  return extensions.values.values.every(
    ([value]) => EXTENSION.test(`.${value}`) && unreadRows(`x.csv.${value}`, '') === undefined,
  );
}

const ABSENT: readonly ErrorCode[] = ['object-missing', 'object-purged', 'remote-unset'];

/** What neither this clone nor its remote has, nobody can look into. @param missed told of that */
async function unlessAbsent<T>(
  work: () => Promise<T>,
  missed: (error: VarveError) => void,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof VarveError) || !ABSENT.includes(error.code)) throw error;
    missed(error);
    return undefined;
  }
}

async function firstBytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  for await (const piece of pieces) return Buffer.from(piece.subarray(0, START_BYTES));
  return Buffer.alloc(0);
}
