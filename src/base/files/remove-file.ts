import { unlinkSync } from 'node:fs';
import { isAbsent, systemError } from './system-errors.ts';

/**
 * Remove a file; one that is gone already is no trouble. A link is removed, not what it leads to.
 * @param where as messages name it
 * @throws VarveError as systemError
 */
export function removeFile(file: string, where: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isAbsent(error)) throw systemError(error, 'remove', where);
  }
}
