import { comparePaths } from '../../base/files/path-order.ts';
import { groupBy } from '../../base/group-by.ts';
import type { RowGroup } from '../../engine/check-rows.ts';
import { type ColumnReadings, NO_READINGS } from '../../engine/column-readings.ts';
import { formatOf, holdsRows } from '../../engine/formats/format.ts';
import { literal } from '../../engine/quote.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import type { Profile } from '../model/model.ts';
import { FILES_TABLE } from '../model/tables.ts';
import { isDelimitedText } from './file-profile.ts';
import { hiveOf, isHiveNull, partitionType } from './hive.ts';
import type { TableFile } from './profile-files.ts';

/** A file of a table, and how its columns are read. */
export interface RowsFile<File extends Pick<SourceFile, 'path'> = Pick<SourceFile, 'path'>> {
  readonly file: File;
  readonly readings: ColumnReadings;
}

/** Which files have the rows of a table, in the order of their rows. */
export interface TableRows {
  /** As TableProfile has it. */
  readonly name: string;
  readonly files: readonly RowsFile[];
  readonly partitions: PartitionTypes;
}

/** The types of the columns that the paths of a table's files tell, by name. */
export type PartitionTypes = ReadonlyMap<string, string>;

export function tableRows(name: string, members: readonly RowsFile[]): TableRows {
  return {
    name,
    files: membersApart(members).flatMap((group) =>
      group.map(({ file, readings }) => ({ file: { path: file.path }, readings })),
    ),
    partitions: partitionTypes(members),
  };
}

/** The files by the partition that they lie in, with its columns, and by how they are read. */
export function groupsOfRows<File extends SourceFile>(members: readonly RowsFile<File>[]): RowGroup[] {
  const types = partitionTypes(members);
  return membersApart(members).map((group) => ({
    files: group.map(({ file }) => file),
    readings: group[0]!.readings,
    constants: constantsOf(group[0]!.file.path, types),
  }));
}

/** The columns that a path says, with their values as SQL. */
export function constantsOf(path: string, types: PartitionTypes): RowGroup['constants'] {
  return hiveOf(path).partitions.map(([name, value]) => [
    name,
    `CAST(${isHiveNull(value) ? 'NULL' : literal(value)} AS ${types.get(name)})`,
  ]);
}

function partitionTypes(members: readonly RowsFile[]): PartitionTypes {
  const values = new Map<string, Set<string>>();
  for (const { file } of members)
    for (const [name, value] of hiveOf(file.path).partitions) {
      const known = values.get(name);
      if (known === undefined) values.set(name, new Set([value]));
      else known.add(value);
    }
  return new Map([...values].map(([name, texts]) => [name, partitionType([...texts])]));
}

function membersApart<File extends Pick<SourceFile, 'path'>>(
  members: readonly RowsFile<File>[],
): RowsFile<File>[][] {
  const groups = groupBy(members, ({ file: { path }, readings }) =>
    JSON.stringify([hiveOf(path).partitions, formatOf(path), [...readings]]),
  );
  return [...groups.values()];
}

/**
 * Which files have the rows of each table of a folder, as far as its profile tells: undefined if a folder has several tables, or if a file is
 * of text, of which the columns' types may be a matter of all files.
 */
export function tablesByFolder(
  { tables }: Profile,
  files: readonly SizedTableFile[],
): readonly TableRows[] | undefined {
  const read = files.filter(({ path, size }) => holdsRows(path) && size > 0);
  if (read.some(isDelimitedText)) return undefined;
  const folders = groupBy(
    [...read].sort((a, b) => comparePaths(a.path, b.path)),
    ({ path }) => hiveOf(path).folder,
  );
  const named = tables.filter(({ name }) => name !== FILES_TABLE);
  if (named.length !== folders.size) return undefined;
  const all = [...folders].map(([folder, own]) =>
    tableRows(
      folders.size === 1 ? '' : folder || '.',
      own.map((file) => ({ file, readings: NO_READINGS })),
    ),
  );
  return all.every(({ name }) => named.some((table) => table.name === name)) ? all : undefined;
}

type SizedTableFile = Pick<TableFile, 'path' | 'size'>;
