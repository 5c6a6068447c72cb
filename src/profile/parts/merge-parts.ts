import { comparePaths } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { isDelimitedText } from '../dataset/file-profile.ts';
import { readDirectoryTables } from '../dataset/profile-directory.ts';
import type { DataFile, ProfileOptions, TableFile } from '../dataset/profile-files.ts';
import { type TableRows, tableRows } from '../dataset/table-rows.ts';
import { profileInUnits } from '../dataset/units.ts';
import type { Profile } from '../model/model.ts';
import type { CountingReader } from '../reading/reader.ts';
import { gatherCounters } from './gather-counters.ts';
import { encodeHead, encodeUnit, type PartUnit, type ProfilePart } from './part.ts';
import { planDigest, unitsOf } from './plan.ts';
import { type MachineOptions, optionsOf } from './profile-part.ts';

/** Reads what no part has read: files whose columns have to be of other types than they say themselves. */
export type ReadAgain = (
  files: readonly (TableFile & Pick<DataFile, 'digest'>)[],
  options: ProfileOptions,
) => Promise<Profile>;

/**
 * The profile of the whole, to the byte what profiling it in one go gives: it is made in the same way, by a reader that answers from the
 * parts. The order of the parts is no matter.
 * @param reader counts partitions, whose values stand in paths
 * @param readAgain undefined where the data is not at hand
 * @throws VarveError `part-missing`, `part-repeated`, `parts-differ`, `part-damaged`; `part-unread` where rows would have to be read again;
 * and what profileDirectory throws of data
 */
export async function mergeParts(
  parts: readonly ProfilePart[],
  reader: Pick<CountingReader, 'partitionFeature'>,
  readAgain: ReadAgain | undefined,
  machine: MachineOptions,
): Promise<MergedParts> {
  const first = parts[0];
  if (first === undefined) throw missing('the profile', [1], 1);
  assertAll(first, assertOneProfile(first, parts));
  const units = unitsByName(parts);
  const files = filesOf(first, units);
  const digests = new Map(files.map(({ path, digest }) => [path, digest]));
  const recorded: CountingReader = {
    partitionFeature: (name, rows, options) => reader.partitionFeature(name, rows, options),
    imageHeaders: async (asked) => asked.map(({ path }) => units.get(nameOf(path, 0))?.image),
    async profileFiles(asked, options) {
      const [file, ...others] = asked;
      const isAsGiven = others.length === 0 && isReadAsAsked(file!, options, first);
      const unit = isAsGiven ? units.get(nameOf(file!.path, numberOf(file!, first.unitBytes))) : undefined;
      if (unit?.profile !== undefined) return unit.profile;
      if (unit?.lacks !== undefined) throw lacksColumn(unit);
      if (readAgain !== undefined)
        return readAgain(
          asked.map((one) => ({ ...one, digest: digests.get(one.path)! })),
          options,
        );
      throw unread(asked);
    },
  };
  const options = { ...optionsOf(first), ...machine };
  if (first.kind === 'directory') return readDirectoryTables(files, recorded, options);
  const readings = new Map(first.readings);
  return {
    profile: await profileInUnits(files[0]!, recorded, options),
    tables: [tableRows('', [{ file: files[0]!, readings }])],
  };
}

export interface MergedParts {
  readonly profile: Profile;
  /** Which files have the rows of each table. */
  readonly tables: readonly TableRows[];
}

/**
 * Put some parts of a profile together into one that stands for all of them, and takes less room: the lines of its file. Merging it with the
 * others gives the same bytes.
 * @throws VarveError `part-missing` if there is none, `part-repeated`, `parts-differ`, `part-damaged`
 */
export async function* joinParts(parts: readonly ProfilePart[]): AsyncGenerator<Uint8Array> {
  const first = parts[0];
  if (first === undefined) throw missing('the profile', [1], 1);
  const numbers = [...assertOneProfile(first, parts)].sort((a, b) => a - b);
  const units = unitsByName(parts);
  const { where: _, read: __, ...head } = first;
  yield encodeHead({ ...head, parts: numbers, units: units.size });
  for await (const unit of gatherCounters(units.values())) yield encodeUnit(unit);
}

function nameOf(path: string, number: number): string {
  return `${number} ${path}`;
}

function numberOf({ range }: TableFile, unitBytes: number): number {
  return range === undefined ? 0 : Math.floor(range.start / unitBytes);
}

/** Whether a file is asked for as its part read it, and not by readings that only all files of its table tell. */
function isReadAsAsked(file: TableFile, { readings }: ProfileOptions, plan: ProfilePart): boolean {
  const given = plan.kind === 'file' || isDelimitedText(file) ? plan.readings : [];
  return JSON.stringify([...(readings ?? [])]) === JSON.stringify(given);
}

/** @throws VarveError `parts-differ`, `part-repeated`; @returns which parts there are */
function assertOneProfile(first: ProfilePart, parts: readonly ProfilePart[]): ReadonlySet<number> {
  const seen = new Map<number, ProfilePart>();
  for (const part of parts) {
    const differs = differenceOf(first, part);
    if (differs !== undefined) throw differ(first, part, differs);
    for (const number of part.parts) {
      const before = seen.get(number);
      if (before !== undefined) throw repeated(before, part, number);
      seen.set(number, part);
    }
  }
  return new Set(seen.keys());
}

/** @throws VarveError `part-missing` */
function assertAll({ name, of }: ProfilePart, seen: ReadonlySet<number>): void {
  const lacking: number[] = [];
  for (let part = 1; part <= of; part++) if (!seen.has(part)) lacking.push(part);
  if (lacking.length > 0) throw missing(name, lacking, of);
}

function differenceOf(a: ProfilePart, b: ProfilePart): string | undefined {
  if (a.of !== b.of) return `one is of ${a.of} parts and the other of ${b.of}`;
  if (a.name !== b.name && a.plan !== b.plan) return `one is of ${a.name} and the other of ${b.name}`;
  if (a.content !== b.content) return 'they are of different versions';
  for (const setting of ['slice', 'weight', 'readings', 'unitBytes', 'kind'] as const)
    if (JSON.stringify(a[setting]) !== JSON.stringify(b[setting]))
      return `they were made with another ${WORDS[setting]}`;
  return a.plan === b.plan ? undefined : 'the files had other names or sizes';
}

const WORDS = {
  slice: '--slice',
  weight: '--weight',
  readings: '--date-format, or by another schema',
  unitBytes: 'size of units',
  kind: 'kind of dataset',
} as const;

function unitsByName(parts: readonly ProfilePart[]): Map<string, PartUnit> {
  const units = new Map<string, PartUnit>();
  for (const { read, where } of parts)
    for (const unit of read) {
      const name = nameOf(unit.path, unit.number);
      if (units.has(name)) throw damaged(where, `it has ${unit.path} a second time`);
      units.set(name, unit);
    }
  return units;
}

/** The files, of which every unit is there, and none beside them: so the parts say together what each says of the whole. */
function filesOf(first: ProfilePart, units: ReadonlyMap<string, PartUnit>): DataFile[] {
  const files = new Map<string, DataFile>();
  for (const { path, size, digest } of units.values()) {
    const known = files.get(path);
    if (known !== undefined && (known.size !== size || known.digest !== digest))
      throw new VarveError('parts-differ', `${path} was another file to one part than to another`, {
        remedy: 'Make all parts again, while nobody changes the data.',
        path,
      });
    files.set(path, { path, size, digest, absolutePath: '' });
  }
  const found = [...files.values()].sort((a, b) => comparePaths(a.path, b.path));
  const expected = unitsOf(found, first.unitBytes);
  const isWhole =
    expected.length === units.size &&
    expected.every(({ file, number }) => units.has(nameOf(file.path, number))) &&
    planDigest(first, found) === first.plan;
  if (isWhole && (first.kind === 'directory' || found.length === 1)) return found;
  throw damaged(first.where, 'the parts together are not what each says of the whole');
}

function lacksColumn({ path, lacks }: PartUnit): VarveError {
  return new VarveError('column-missing', lacks!, {
    remedy: 'Name a column that the data has.',
    path,
  });
}

function unread(files: readonly TableFile[]): VarveError {
  const [first] = files as [TableFile];
  const others = files.length === 1 ? '' : ` and ${files.length - 1} more`;
  return new VarveError(
    'part-unread',
    `The columns of ${first.path}${others} are of other types in other files, so that rows have to be read once more`,
    {
      remedy:
        'Name the dataset beside its parts, where its data can be read: `varve profile DATASET --merge FILE…`.',
      path: first.path,
    },
  );
}

function missing(name: string, parts: readonly number[], of: number): VarveError {
  const shown = parts.slice(0, 10).join(', ') + (parts.length > 10 ? ` and ${parts.length - 10} more` : '');
  const what = parts.length === 1 ? `part ${shown} of ${of} is` : `of ${of} parts, ${shown} are`;
  return new VarveError('part-missing', `To merge ${name}, ${what} missing`, {
    remedy: `Make part ${parts[0]}/${of} as the others were made, such as by \`varve profile DATASET --part 1/4 --output FILE\`, and merge all again.`,
  });
}

function repeated(before: ProfilePart, part: ProfilePart, number: number): VarveError {
  return new VarveError(
    'part-repeated',
    `${before.where} and ${part.where} are both part ${number} of ${part.of}`,
    {
      remedy: 'Name one of them.',
      path: part.where,
    },
  );
}

function differ(a: ProfilePart, b: ProfilePart, because: string): VarveError {
  return new VarveError('parts-differ', `${a.where} and ${b.where} are no parts of one profile: ${because}`, {
    remedy: 'Make all parts of one dataset as it lies, with the same options, and of the same number.',
    path: b.where,
  });
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('part-damaged', `${where} cannot be merged: ${what}`, {
    remedy: 'Make all parts again, while nobody changes the data.',
    path: where,
  });
}
