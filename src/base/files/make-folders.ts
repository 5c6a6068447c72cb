import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './system-errors.ts';

/**
 * Make a folder, and those that it lies in. Node's own way of that never ends where a system says for ever that a folder is missing which
 * cannot be made, as Linux does below /proc.
 * @param mode of the folders that are made, less what the umask takes away
 * @throws the system's errors as they are
 */
export function makeFolders(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolders(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
