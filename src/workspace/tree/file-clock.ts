import { closeSync, fstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unfinishedName } from '../../base/files/atomic-write.ts';
import type { Repository } from '../repository.ts';

/**
 * The time now, in milliseconds, by the clock that stamps the repository's files: that of a file server may lag behind this
 * machine's. Where the two differ, the earlier one, so that no file is taken for older than it is.
 */
export function fileClock(repository: Repository): number {
  const probe = join(repository.stateFolder, unfinishedName());
  try {
    mkdirSync(repository.stateFolder, { recursive: true });
    const file = openSync(probe, 'wx');
    try {
      return Math.min(fstatSync(file).mtimeMs, Date.now());
    } finally {
      closeSync(file);
      unlinkSync(probe);
    }
  } catch {
    // Nothing can be written here, so nothing will be recorded either.
    return 0;
  }
}
