import type { Profile } from './model.ts';

/** The table of files that the profile of a directory ends with. */
export const FILES_TABLE = '.files';

/** Whether there are tables besides the table of files. */
export function isTabularProfile(profile: Profile): boolean {
  return profile.tables.some((table) => table.name !== FILES_TABLE);
}

/** Rows of data: those of all tables but the table of files. */
export function countRows(profile: Profile): number {
  return profile.tables.reduce((rows, table) => (table.name === FILES_TABLE ? rows : rows + table.rows), 0);
}
