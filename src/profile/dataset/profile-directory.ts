/**
 * Profiles datasets: folders, tables of files, and single columns by way of the engine. Knows files, the engine and
 * counters; knows no repository, no snapshot and no schema.
 */

import { createHash } from 'node:crypto';
import { comparePaths } from '../../base/files/path-order.ts';
import { groupBy } from '../../base/group-by.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import type { RowTable } from '../../engine/check-rows.ts';
import { type ColumnReadings, NO_READINGS } from '../../engine/column-readings.ts';
import { holdsRows, isSparse } from '../../engine/formats/format.ts';
import { VarveError } from '../../errors.ts';
import { withListsAlike } from '../model/lists-alike.ts';
import { mergeTables } from '../model/merge.ts';
import type { FeatureProfile, Profile, TableProfile } from '../model/model.ts';
import { FILES_TABLE, profileOf } from '../model/tables.ts';
import type { CountingReader, DataReader } from '../reading/reader.ts';
import { commonReadings } from './common-readings.ts';
import { type FileProfile, isDelimitedText } from './file-profile.ts';
import { profileOfFiles } from './files-table.ts';
import { type FolderTable, tablesOf } from './folder-tables.ts';
import { hiveOf, isHiveNull } from './hive.ts';
import type { PartitionOptions } from './partition-features.ts';
import type { DataFile, ProfileOptions } from './profile-files.ts';
import { groupsOfRows, type TableRows, tableRows } from './table-rows.ts';
import { profileInUnits } from './units.ts';

export interface DirectoryOptions extends ProfileOptions {
  /** The profile that was kept for a file's digest. Give neither with a slice or a weight: those are of other rows. */
  readonly cached?: (digest: string) => Promise<Profile | undefined>;
  /** Keeps the profile of one file. */
  readonly keep?: (digest: string, profile: Profile) => Promise<void>;
}

/**
 * Profiles a folder: each tabular file alone, or from `cached`, then merged into tables, and the table of its files.
 * One new file costs one file's work. tablesOf says which files of a folder make a table; Hive partitions (`year=2024/`) are included as
 * columns.
 */
export async function profileDirectory(
  files: readonly DataFile[],
  reader: CountingReader,
  options: DirectoryOptions = {},
): Promise<Profile> {
  return (await readDirectoryTables(files, reader, options)).profile;
}

/** As profileDirectory, and which files have the rows of each table, for whoever looks at those next. */
export async function readDirectoryTables(
  files: readonly DataFile[],
  reader: CountingReader,
  options: DirectoryOptions = {},
): Promise<{ readonly profile: Profile; readonly tables: readonly TableRows[] }> {
  const sorted = inPathOrder(files);
  const read = await readTables(sorted, reader, options);
  const tables: TableProfile[] = [];
  for (const table of read) tables.push(await mergedTable(table, reader, options));
  return {
    profile: profileOf([...tables, await profileOfFiles(sorted, reader, options)]),
    tables: read.map(({ name, members }) => tableRows(name, members)),
  };
}

/**
 * The rows of one of the tables that `profileDirectory` names; undefined if there is no such table. Finding which files
 * make it costs what profiling them does.
 */
export async function openTableRows(
  files: readonly DataFile[],
  table: string,
  reader: DataReader,
  options: DirectoryOptions = {},
): Promise<RowTable | undefined> {
  const { cached: _, keep: __, onProgress: ___, readings: ____, slice, ...engine } = options;
  const sorted = inPathOrder(files);
  if (table === FILES_TABLE) return reader.openFileRows(sorted, engine);
  const found = (await readTables(sorted, reader, options)).find(({ name }) => name === table);
  return found && reader.openRows(groupsOfRows(found.members), { ...engine, ...(slice && { slice }) });
}

function inPathOrder(files: readonly DataFile[]): DataFile[] {
  return [...files].sort((a, b) => comparePaths(a.path, b.path));
}

/** A file's profile as its table needs it. */
interface ReadFile extends FileProfile {
  readonly readings: ColumnReadings;
}

interface ReadTable extends Omit<FolderTable, 'members'> {
  readonly members: readonly ReadFile[];
}

/** Files that are asked for at once: small ones are then read by one engine. */
const FILES_AT_ONCE = 128;

async function readTables(
  files: readonly DataFile[],
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<ReadTable[]> {
  const tabular = files.filter((file) => isRead(file, options));
  const profiles: FileProfile[] = [];
  let lacking: VarveError | undefined;
  let done = 0;
  const tables = inOrder(tabular, FILES_AT_ONCE, (file) =>
    profileOnce(file, reader, options, givenFor(file, options)).catch((error: unknown) => {
      // A file without the column of the slice has no row of it.
      if (options.slice === undefined || !isColumnMissing(error)) throw error;
      return error;
    }),
  );
  for await (const table of tables) {
    if (table instanceof VarveError) lacking ??= table;
    else profiles.push({ file: tabular[done]!, table });
    done++;
    options.onProgress?.({ phase: 'profile', unit: 'files', done, total: tabular.length });
  }
  if (profiles.length === 0 && lacking !== undefined) throw lacking;
  const read: ReadTable[] = [];
  for (const table of tablesOf(profiles))
    read.push({ ...table, members: await readInCommon(table.members, reader, options) });
  return read;
}

/** Reads those files once more whose columns are to be of other types than they say themselves. */
async function readInCommon(
  members: readonly FileProfile[],
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<ReadFile[]> {
  const readings = isSparse(members[0]!.file.path) ? undefined : commonReadings(members);
  const read: ReadFile[] = [];
  for (const { file, table } of members) {
    const given = givenFor(file, options);
    const common = readings?.get(file);
    if (common === undefined) read.push({ file, table, readings: given });
    else {
      const all = new Map([...given, ...common]);
      read.push({ file, table: await profileOnce(file, reader, options, all), readings: all });
    }
  }
  return read;
}

/** The readings that hold for a file before those of its table are known. */
export function givenFor(file: DataFile, { readings = NO_READINGS }: DirectoryOptions): ColumnReadings {
  return isDelimitedText(file) ? readings : NO_READINGS;
}

/** Tell whether a file lacks the column of the slice, so that none of its rows is in it. */
export function isColumnMissing(error: unknown): error is VarveError {
  return error instanceof VarveError && error.code === 'column-missing';
}

async function profileOnce(
  file: DataFile,
  reader: CountingReader,
  options: DirectoryOptions,
  readings: ColumnReadings,
): Promise<TableProfile> {
  const key = cacheKey(file, readings);
  const known = await options.cached?.(key);
  if (known?.tables.length === 1) return known.tables[0]!;
  const { slice, ...asked } = askedOf(file, options, readings);
  if (slice !== undefined || options.slice === undefined) {
    const profile = await profileInUnits(file, reader, { ...asked, ...(slice && { slice }) });
    await options.keep?.(key, profile);
    return profile.tables[0]!;
  }
  // All of its rows are of the slice.
  const { tables } = await profileInUnits(file, reader, asked);
  return { ...tables[0]!, slice: options.slice };
}

/** Tell whether a file of a directory has rows to be read. */
export function isRead(file: DataFile, { slice }: Pick<DirectoryOptions, 'slice'>): boolean {
  return holdsRows(file.path) && file.size > 0 && partitionIn(file, slice) !== 'outside';
}

/** What is asked of the reader for one file of a directory. A slice by a column of partitions is a matter of paths, not of rows. */
export function askedOf(
  file: DataFile,
  { cached: _, keep: __, onProgress: ___, readings: ____, slice, ...others }: DirectoryOptions,
  readings: ColumnReadings,
): ProfileOptions {
  const ofRows = slice !== undefined && partitionIn(file, slice) === undefined;
  return { ...others, ...(ofRows && { slice }), ...(readings.size > 0 && { readings }) };
}

/** A file that is read in another way than it says itself has a profile of its own. */
function cacheKey({ digest, columns }: DataFile, readings: ColumnReadings): string {
  if (readings.size === 0 && columns === undefined) return digest;
  const sorted = [...readings].sort(([a], [b]) => (a < b ? -1 : 1));
  const how = JSON.stringify(columns === undefined ? sorted : [sorted, columns]);
  return `${digest}-${createHash('sha256').update(how).digest('hex')}`;
}

/**
 * Tells whether the file's rows are all within the slice or all outside; undefined if the slice is not by a partition
 * column.
 */
function partitionIn({ path }: DataFile, slice: DirectoryOptions['slice']): 'inside' | 'outside' | undefined {
  const partition = hiveOf(path).partitions.find(([name]) => name === slice?.feature);
  if (partition === undefined) return undefined;
  return partition[1] === slice?.value && !isHiveNull(partition[1]) ? 'inside' : 'outside';
}

async function mergedTable(
  { members: group, name, apart }: ReadTable,
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  const merged = await rowsOfAll(group, reader, options);
  return {
    ...merged,
    name,
    ...(apart && { apart }),
    features: [...merged.features, ...(await partitionsOf(group, merged, reader, options))],
  };
}

/** Merges the profiles of a table's files. Where some have a column that the paths of others say, each file counts by its own. */
async function rowsOfAll(
  group: readonly FileProfile[],
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  // The files of a table have the same columns in their paths.
  if (hiveOf(group[0]!.file.path).partitions.length === 0) return mergedRows(group, reader, options);
  const types = new Map(
    group.flatMap(({ table }) => table.features.map(({ path, type }) => [path[0]!, type] as const)),
  );
  const parts = groupBy(group, (file) => JSON.stringify(namesInPath(file).filter((name) => types.has(name))));
  if (parts.size === 1) return mergedRows(group, reader, options);
  const tables: TableProfile[] = [];
  for (const [names, files] of parts) {
    const merged = await mergedRows(files, reader, options);
    const said: FeatureProfile[] = [];
    for (const name of JSON.parse(names) as string[])
      said.push(await partitionOf(files, name, reader, { ...options, asText: types.get(name) === 'string' }));
    tables.push({ ...merged, features: [...merged.features, ...said] });
  }
  try {
    return mergeTables(withListsAlike(tables));
  } catch (error) {
    // No value of the column is one of its kind elsewhere, so that the folders mean another thing by it.
    if (error instanceof VarveError && error.code === 'types-differ')
      return mergedRows(group, reader, options);
    throw error;
  }
}

/** The columns that a file's path says, and the file itself does not have. */
function namesInPath({ file, table }: FileProfile): string[] {
  const written = new Set(table.features.map(({ path }) => path[0]));
  return hiveOf(file.path)
    .partitions.map(([name]) => name)
    .filter((name) => !written.has(name));
}

/** Merges the profiles of a table's files. JSON files are read again, together, if a key is of one type in some and of another in others. */
async function mergedRows(
  group: readonly FileProfile[],
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  try {
    return mergeTables(withListsAlike(group.map(({ table }) => table)));
  } catch (error) {
    const isDifferent = error instanceof VarveError && error.code === 'types-differ';
    if (!isDifferent || !isSparse(group[0]!.file.path)) throw error;
    const together = await reader.profileFiles(
      group.map(({ file }) => file),
      options,
    );
    return together.tables[0]!;
  }
}

async function partitionsOf(
  group: readonly FileProfile[],
  merged: TableProfile,
  reader: CountingReader,
  options: DirectoryOptions,
): Promise<FeatureProfile[]> {
  const written = new Set(merged.features.map((feature) => feature.path[0]));
  const names = hiveOf(group[0]!.file.path).partitions.map(([name]) => name);
  const fromPath = names.filter((name) => !written.has(name));
  if (fromPath.length === 0 || merged.rows === 0) return [];
  const features: FeatureProfile[] = [];
  for (const name of fromPath) features.push(await partitionOf(group, name, reader, options));
  return features;
}

function partitionOf(
  group: readonly FileProfile[],
  name: string,
  reader: CountingReader,
  { memory, threads, signal, asText }: DirectoryOptions & Pick<PartitionOptions, 'asText'>,
): Promise<FeatureProfile> {
  return reader.partitionFeature(name, rowsByValue(group, name), {
    ...(memory && { memory }),
    ...(threads && { threads }),
    ...(signal && { signal }),
    ...(asText && { asText }),
  });
}

function rowsByValue(group: readonly FileProfile[], name: string): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { file, table } of group) {
    const value = hiveOf(file.path).partitions.find(([each]) => each === name)![1];
    rows.set(value, (rows.get(value) ?? 0) + table.rows);
  }
  return rows;
}
