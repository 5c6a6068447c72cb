import { constants } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { removeQuietly } from './atomic-write.ts';

/**
 * Try to make a copy that shares its blocks with the source, as Btrfs, XFS and APFS can, where nothing lies yet.
 * @param mode who may read and write it, less what the umask of the process takes away; not that of the source, which may be read-only
 * @returns false if that is not possible, with nothing made
 */
export async function cloned(source: string, target: string, mode = 0o666): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    await chmod(target, mode & ~process.umask());
    return true;
  } catch {
    removeQuietly(target);
    return false;
  }
}
