import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** Removes what killed writes left in `folder`. Never fails: whoever owns those files may be another user. */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    try {
      const found = await lstat(path);
      if (found.isFile() && Date.now() - found.mtimeMs > STALE_AFTER_MS) await unlink(path);
    } catch {
      // Gone meanwhile, or not ours to remove.
    }
  }
}
