import { groupBy } from '../../base/group-by.ts';
import { isSparse } from '../../engine/formats/format.ts';
import type { TableProfile } from '../model/model.ts';
import { type FileProfile, recordsOf } from './file-profile.ts';
import { hiveOf } from './hive.ts';
import type { DataFile } from './profile-files.ts';
import { TableShape } from './table-shape.ts';

/** Files whose rows are one table. */
export interface FolderTable {
  readonly name: string;
  readonly members: readonly FileProfile[];
  /** As TableProfile has it. */
  readonly apart?: NonNullable<TableProfile['apart']>;
}

/** Files of one table, in the order of their paths, and what their columns are together. */
interface Group {
  readonly members: FileProfile[];
  readonly shape: TableShape;
}

/**
 * Tells which files are one table, in the order of their paths: those of a folder that have most columns in common, in whatever order, or of
 * which one has all columns of the other, unless a column is of types that no reading brings together. Records of JSON and
 * TFRecord may lack columns, so such files of a folder are always one table. Files that are apart from an earlier table of their folder come with the reason.
 */
export function tablesOf(profiles: readonly FileProfile[]): FolderTable[] {
  const folders = [...groupBy(profiles, ({ file }) => hiveOf(file.path).folder).values()];
  const place = new Map(profiles.map(({ file }, at) => [file, at]));
  const placeOf = ({ members }: Group) => place.get(members[0]!.file)!;
  const tables = folders.flatMap((members) => {
    const groups = groupsWithin(members).sort((a, b) => placeOf(a) - placeOf(b));
    return groups.map((group, at) => ({ group, apart: whyApart(group, groups.slice(0, at)) }));
  });
  tables.sort((a, b) => placeOf(a.group) - placeOf(b.group));
  const all = tables.map(({ group }) => group.members);
  return tables.map(({ group: { members }, apart }) => ({
    name: nameOf(members, all),
    members,
    ...(apart && { apart }),
  }));
}

/** The tables of one folder. */
function groupsWithin(members: readonly FileProfile[]): Group[] {
  const kinds = groupBy(members, ({ file }) => JSON.stringify([recordsOf(file), partitionNames(file)]));
  return [...kinds.values()].flatMap((kind) => {
    if (isSparse(kind[0]!.file.path)) return [groupOf(kind)];
    return alikeParts(kind).flatMap(byTypes);
  });
}

/** Splits files by chains of alike columns. */
function alikeParts(members: readonly FileProfile[]): FileProfile[][] {
  const sets = [
    ...groupBy(members, ({ table }) => JSON.stringify([...columnsOf(table)].sort())).values(),
  ].map((files) => ({ files, columns: columnsOf(files[0]!.table) }));
  const parts: (typeof sets)[] = [];
  for (const set of sets) {
    const joined = parts.filter((part) => part.some((other) => isAlike(set.columns, other.columns)));
    const others = parts.filter((part) => !joined.includes(part));
    parts.splice(0, parts.length, ...others, [...joined.flat(), set]);
  }
  return parts.map((part) => {
    const chosen = new Set(part.flatMap(({ files }) => files));
    return members.filter((member) => chosen.has(member));
  });
}

/** Whether one has all columns of the other, of which there are more than one, or at least half of all columns are in both. */
function isAlike(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const common = commonOf(a, b);
  const least = Math.min(a.size, b.size);
  return (common === least && least > 1) || 2 * common >= a.size + b.size - common;
}

function commonOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const name of a) if (b.has(name)) common++;
  return common;
}

function columnsOf({ features }: TableProfile): Set<string> {
  return new Set(features.map(({ path }) => path[0]!));
}

/** Splits files by the first table, in the order of paths, whose types theirs fit. */
function byTypes(members: readonly FileProfile[]): Group[] {
  const groups: Group[] = [];
  for (const member of members) {
    const fitting = groups.find(({ shape }) => shape.conflictWith(member) === undefined);
    if (fitting === undefined) groups.push(groupOf([member]));
    else {
      fitting.members.push(member);
      fitting.shape.add(member);
    }
  }
  return groups;
}

function groupOf(members: readonly FileProfile[]): Group {
  const shape = new TableShape();
  for (const member of members) shape.add(member);
  return { members: [...members], shape };
}

function whyApart(group: Group, earlier: readonly Group[]): FolderTable['apart'] {
  const [first] = earlier;
  if (first === undefined) return undefined;
  for (const other of earlier) {
    const because = otherTypes(group, other);
    if (because !== undefined) return { from: other.members[0]!.file.path, because };
  }
  const [here, there] = [group.members[0]!.file, first.members[0]!.file];
  return { from: there.path, because: otherKind(here, there) ?? fewColumns(group, first) };
}

function otherTypes(group: Group, other: Group): string | undefined {
  if (otherKind(group.members[0]!.file, other.members[0]!.file) !== undefined) return undefined;
  return other.shape.differenceFrom(group.shape) ?? other.shape.conflictWith(group.members[0]!);
}

function otherKind(a: DataFile, b: DataFile): string | undefined {
  if (recordsOf(a) !== recordsOf(b)) return `one holds ${recordsOf(a)} and the other ${recordsOf(b)}`;
  const isSame = JSON.stringify(partitionNames(a)) === JSON.stringify(partitionNames(b));
  return isSame ? undefined : 'the folders around them name other columns';
}

function fewColumns(a: Group, b: Group): string {
  const [here, there] = [a, b].map(
    ({ members }) => new Set(members.flatMap(({ table }) => [...columnsOf(table)])),
  );
  const common = commonOf(here!, there!);
  return `${common} of ${here!.size + there!.size - common} columns are in both`;
}

function partitionNames({ path }: DataFile): string[] {
  return hiveOf(path).partitions.map(([name]) => name);
}

/** Names a table: by its folder if that has one table, else by the table's first file. */
function nameOf(group: readonly FileProfile[], groups: readonly (readonly FileProfile[])[]): string {
  if (groups.length === 1) return '';
  const folder = (of: readonly FileProfile[]) => hiveOf(of[0]!.file.path).folder;
  const alone = groups.every((other) => other === group || folder(other) !== folder(group));
  return alone ? folder(group) || '.' : group[0]!.file.path;
}
