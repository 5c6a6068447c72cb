/**
 * Profiles datasets: folders, tables of files, and single columns by way of the engine. Knows files, the engine and
 * counters; knows no repository, no snapshot and no schema.
 */

import { comparePaths } from '../../base/path-order.ts';
import type { RowGroup, RowTable } from '../../engine/check-rows.ts';
import { formatOf, isTabular } from '../../engine/formats/format.ts';
import { literal } from '../../engine/quote.ts';
import { VarveError } from '../../errors.ts';
import { mergeTables } from '../model/merge.ts';
import type { FeatureProfile, Profile, TableProfile } from '../model/model.ts';
import { FILES_TABLE, profileOf } from '../model/tables.ts';
import type { DataReader } from '../reading/reader.ts';
import { profileOfFiles } from './files-table.ts';
import { hiveOf, isHiveNull, partitionType } from './hive.ts';
import type { DataFile, ProfileOptions } from './profile-files.ts';

export interface DirectoryOptions extends ProfileOptions {
  /** The profile that was kept for a file's digest. Give neither with a slice or a weight: those are of other rows. */
  readonly cached?: (digest: string) => Promise<Profile | undefined>;
  /** Keeps the profile of one file. */
  readonly keep?: (digest: string, profile: Profile) => Promise<void>;
}

/**
 * Profiles a folder: each tabular file alone, or from `cached`, then merged into tables, and the table of its files.
 * One new file costs one file's work. Files of one folder with the same columns make a table, Hive partitions (`year=2024/`)
 * included as columns; JSON records may lack keys, so JSON files of a folder always do.
 */
export async function profileDirectory(
  files: readonly DataFile[],
  reader: DataReader,
  options: DirectoryOptions = {},
): Promise<Profile> {
  const sorted = inPathOrder(files);
  const tables: TableProfile[] = [];
  for (const { name, members } of await groupsOf(sorted, reader, options)) {
    tables.push(await mergedTable(members, name, reader, options));
  }
  return profileOf([...tables, await profileOfFiles(sorted, reader, options)]);
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
  const { cached: _, keep: __, onProgress: ___, slice, ...engine } = options;
  const sorted = inPathOrder(files);
  if (table === FILES_TABLE) return reader.openFileRows(sorted, engine);
  const group = (await groupsOf(sorted, reader, options)).find(({ name }) => name === table);
  return (
    group &&
    reader.openRows(partitionsApart(group.members.map(({ file }) => file)), {
      ...engine,
      ...(slice && { slice }),
    })
  );
}

/** The files by the partition that they lie in, with its columns. */
function partitionsApart(files: readonly DataFile[]): RowGroup[] {
  const values = new Map<string, string[]>();
  for (const { path } of files)
    for (const [name, value] of hiveOf(path).partitions)
      values.set(name, [...(values.get(name) ?? []), value]);
  const types = new Map([...values].map(([name, texts]) => [name, partitionType(texts)]));
  const groups = new Map<string, DataFile[]>();
  for (const file of files) {
    const key = JSON.stringify(hiveOf(file.path).partitions);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups].map(([key, members]) => ({
    files: members,
    constants: (JSON.parse(key) as [string, string][]).map(([name, value]) => [
      name,
      `CAST(${isHiveNull(value) ? 'NULL' : literal(value)} AS ${types.get(name)})`,
    ]),
  }));
}

function inPathOrder(files: readonly DataFile[]): DataFile[] {
  return [...files].sort((a, b) => comparePaths(a.path, b.path));
}

async function groupsOf(
  files: readonly DataFile[],
  reader: DataReader,
  options: DirectoryOptions,
): Promise<{ name: string; members: readonly FileProfile[] }[]> {
  const tabular = files.filter(
    (file) => isTabular(file.path) && partitionIn(file, options.slice) !== 'outside',
  );
  const groups = new Map<string, FileProfile[]>();
  for (const [index, file] of tabular.entries()) {
    options.onProgress?.({ phase: 'profile', unit: 'files', done: index, total: tabular.length });
    const table = await profileOnce(file, reader, options);
    const key = groupKey(file, table);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ file, table }]);
    else group.push({ file, table });
  }
  const all = [...groups.values()];
  return all.map((members) => ({ name: nameOf(members, all), members }));
}

interface FileProfile {
  readonly file: DataFile;
  readonly table: TableProfile;
}

async function profileOnce(
  file: DataFile,
  reader: DataReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  const { cached, keep, onProgress: _, ...rest } = options;
  const known = await cached?.(file.digest);
  if (known?.tables.length === 1) return known.tables[0]!;
  if (partitionIn(file, rest.slice) === 'inside') return wholePartition(file, reader, rest);
  const profile = await reader.profileFiles([file], rest);
  await keep?.(file.digest, profile);
  return profile.tables[0]!;
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

async function wholePartition(
  file: DataFile,
  reader: DataReader,
  { slice, ...options }: DirectoryOptions,
): Promise<TableProfile> {
  const { tables } = await reader.profileFiles([file], options);
  return { ...tables[0]!, ...(slice && { slice }) };
}

function groupKey({ path }: DataFile, table: TableProfile): string {
  const { folder, partitions } = hiveOf(path);
  const format = formatOf(path)!;
  const isJson = format === 'json' || format === 'jsonl';
  const columns = isJson ? [] : table.features.map((feature) => feature.path);
  return JSON.stringify([folder, partitions.map(([name]) => name), isJson, columns]);
}

/** Names a table: by its folder if that has one table, else by the table's first file. */
function nameOf(group: readonly FileProfile[], groups: readonly (readonly FileProfile[])[]): string {
  if (groups.length === 1) return '';
  const folder = (of: readonly FileProfile[]) => hiveOf(of[0]!.file.path).folder;
  const alone = groups.every((other) => other === group || folder(other) !== folder(group));
  return alone ? folder(group) || '.' : group[0]!.file.path;
}

async function mergedTable(
  group: readonly FileProfile[],
  name: string,
  reader: DataReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  const merged = await mergedRows(group, reader, options);
  return {
    ...merged,
    name,
    features: [...merged.features, ...(await partitionsOf(group, merged, reader, options))],
  };
}

/**
 * Merges the profiles of a table's files. Reads text files again, together, if their types were told apart one by one
 * (`7` in one, `7a` in the next).
 */
async function mergedRows(
  group: readonly FileProfile[],
  reader: DataReader,
  options: DirectoryOptions,
): Promise<TableProfile> {
  try {
    return mergeTables(group.map(({ table }) => table));
  } catch (error) {
    const format = formatOf(group[0]!.file.path);
    const typed = format === 'parquet' || format === 'arrow';
    if (typed || !(error instanceof VarveError && error.code === 'types-differ')) throw error;
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
  reader: DataReader,
  { memory, threads, signal }: DirectoryOptions,
): Promise<FeatureProfile[]> {
  const written = new Set(merged.features.map((feature) => feature.path[0]));
  const names = hiveOf(group[0]!.file.path).partitions.map(([name]) => name);
  const fromPath = names.filter((name) => !written.has(name));
  if (fromPath.length === 0 || merged.rows === 0) return [];
  const features: FeatureProfile[] = [];
  const options = { ...(memory && { memory }), ...(threads && { threads }), ...(signal && { signal }) };
  for (const name of fromPath)
    features.push(await reader.partitionFeature(name, rowsByValue(group, name), options));
  return features;
}

function rowsByValue(group: readonly FileProfile[], name: string): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { file, table } of group) {
    const value = hiveOf(file.path).partitions.find(([each]) => each === name)![1];
    rows.set(value, (rows.get(value) ?? 0) + table.rows);
  }
  return rows;
}
