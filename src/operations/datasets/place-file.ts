import { copyFileSync } from 'node:fs';
import { removeQuietly, unfinishedBeside } from '../../base/files/atomic-write.ts';
import { renameOverSync } from '../../base/files/rename.ts';
import { systemError } from '../../base/files/system-errors.ts';

/** Copy a file to a place in the data, whole or not at all; it may lie on another disk. */
export function placeFile(from: string, to: string): void {
  const unfinished = unfinishedBeside(to);
  try {
    copyFileSync(from, unfinished);
    renameOverSync(unfinished, to);
  } catch (error) {
    removeQuietly(unfinished);
    throw systemError(error, 'write', to);
  }
}
