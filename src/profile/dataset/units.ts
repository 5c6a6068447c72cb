import { formatOf } from '../../engine/formats/format.ts';
import { type BytesBetween, plainSource } from '../../engine/source-file.ts';
import { mergeTables } from '../model/merge.ts';
import type { Profile } from '../model/model.ts';
import { profileOf } from '../model/tables.ts';
import type { CountingReader } from '../reading/reader.ts';
import type { ProfileOptions, TableFile } from './profile-files.ts';

/**
 * The bytes of a Parquet file from which on it is profiled in units of so many, by the row groups that begin in each; every other file is
 * one unit. The profile is the merge of its units' profiles in their order, by definition: the lists of values that are not all there are
 * would differ by where they are cut. So any assignment of units to machines gives the same bytes.
 */
export const UNIT_BYTES = 256 * 1024 * 1024;

/** The ranges that a file is read by, in order; `[undefined]` if it is read as a whole. Its name and size alone tell them. */
export function rangesOf(
  { path, size }: Pick<TableFile, 'path' | 'size'>,
  unitBytes = UNIT_BYTES,
): readonly (BytesBetween | undefined)[] {
  if (formatOf(path) !== 'parquet' || size <= unitBytes) return [undefined];
  return Array.from({ length: Math.ceil(size / unitBytes) }, (_, unit) => ({
    start: unit * unitBytes,
    end: Math.min((unit + 1) * unitBytes, size),
  }));
}

/** Profiles the rows of a file, unit by unit. As profileFiles, and with its errors. */
export async function profileInUnits(
  file: TableFile,
  reader: CountingReader,
  options: ProfileOptions,
): Promise<Profile> {
  const units: Profile[] = [];
  for (const range of rangesOf(file, options.unitBytes)) {
    const unit = range === undefined ? file : { ...plainSource(file), size: file.size, range };
    units.push(await reader.profileFiles([unit], options));
  }
  return units.length === 1 ? units[0]! : profileOf([mergeTables(units.flatMap(({ tables }) => tables))]);
}
