import { readdirSync } from 'node:fs';
import { isAbsent, systemError } from './system-errors.ts';

/**
 * The names of what lies in a folder, in no order; none if there is no folder.
 * @throws VarveError of the system, if it cannot be read
 */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw systemError(error, 'read', folder);
  }
}

/** The same, for a look that may find nothing: none either if the folder cannot be read. */
export function readableNamesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
