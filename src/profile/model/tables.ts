import type { FeatureProfile, Profile, TableProfile } from './model.ts';
import { lacksPositions } from './positions.ts';
import { MAX_VALUE_LENGTH } from './value-counts.ts';

/** The profile of tables, in the lowest version of the format that says the truth of them. */
export function profileOf(tables: readonly TableProfile[]): Profile {
  const some = (holds: (feature: FeatureProfile) => boolean) =>
    tables.some(({ features }) => features.some(holds));
  return {
    varveProfile: some(({ positions }) => positions !== undefined) ? 4 : some(hasLongValues) ? 2 : 1,
    tables,
  };
}

/**
 * Whether an earlier varve made a profile, which did not tell all long values apart or the positions of lists: it is worth making anew where
 * that is cheap.
 */
export function isOutdated({ varveProfile, tables }: Profile): boolean {
  return (
    varveProfile < profileOf(tables).varveProfile ||
    tables.some(({ features }) => features.some(lacksPositions))
  );
}

/** Bytes are listed in hex. */
function hasLongValues({ type, lengths }: FeatureProfile): boolean {
  return (lengths?.max ?? 0) * (type === 'bytes' ? 2 : 1) > MAX_VALUE_LENGTH;
}

/** The table of files that the profile of a directory ends with. */
export const FILES_TABLE = '.files';

/** Whether there are tables besides the table of files. */
export function isTabularProfile(profile: Profile): boolean {
  return profile.tables.some((table) => table.name !== FILES_TABLE);
}

/** How many files the statistics of a folder are of, and how large these are together. */
export interface CountedFiles {
  readonly files: number;
  /** In bytes. */
  readonly bytes: bigint;
}

/** What the table of files counts; undefined where there is none, as of a lone file. */
export function countFiles({ tables }: Profile): CountedFiles | undefined {
  const table = tables.find(({ name }) => name === FILES_TABLE);
  if (table === undefined) return undefined;
  const sizes = table.features.find(({ path }) => path.length === 1 && path[0] === 'size');
  // Sizes are integers, of which the sum stands in one part.
  const [sum] = sizes?.numeric?.moments.parts ?? [];
  return { files: table.rows, bytes: BigInt(sum?.exponent === 0 ? sum.sum : 0) };
}

/** Rows of data: those of all tables but the table of files. */
export function countRows(profile: Profile): number {
  return profile.tables.reduce((rows, table) => (table.name === FILES_TABLE ? rows : rows + table.rows), 0);
}
