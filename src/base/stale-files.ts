import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Remove what killed writes left in `folder`. Never fails: whoever owns those files may be another user.
 * @param isOurs whether a file of this name is an unfinished one
 */
export async function removeStale(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isOurs(name)) continue;
    const path = join(folder, name);
    try {
      const found = await lstat(path);
      if (found.isFile() && Date.now() - found.mtimeMs > STALE_AFTER_MS) await unlink(path);
    } catch {
      // Gone meanwhile, or not ours to remove.
    }
  }
}
