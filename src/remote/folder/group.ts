import { chmod, stat } from 'node:fs/promises';
import { systemCode } from '../../base/files/system-errors.ts';

/** What all in the group of a file may do with it. Source: Git's path.c, `adjust_shared_perm`, of `core.sharedRepository=group`. */
const GROUP_FILE = 0o060;
/** With the group's bits, that of new files is the folder's and not that of whoever makes them. */
const GROUP_FOLDER = 0o2070;

/** Let the group of a file or folder write to it, whatever the umask of the process. What belongs to another user stays as it is. */
export async function shareWithGroup(path: string): Promise<void> {
  const found = await stat(path);
  const wanted = found.mode | (found.isDirectory() ? GROUP_FOLDER : GROUP_FILE);
  if (wanted === found.mode) return;
  try {
    await chmod(path, wanted & 0o7777);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw error;
  }
}
