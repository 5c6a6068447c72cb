import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerOfUnfinished } from '../../base/atomic-write.ts';
import { isGone } from '../../base/process-owner.ts';
import { isTemporary } from '../store-layout.ts';

/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Removes what killed writes left in `folder`, the one for unfinished writes of a store that carries its marker; files of other names
 * stay. Never fails: whoever owns those files may be another user.
 */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isTemporary(name)) continue;
    const path = join(folder, name);
    try {
      if (await isStale(path, name)) await unlink(path);
    } catch {
      // Gone meanwhile, or not ours to remove.
    }
  }
}

async function isStale(path: string, name: string): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isFile()) return false;
  const owner = ownerOfUnfinished(name);
  const gone = owner === undefined ? undefined : isGone(owner);
  return gone ?? Date.now() - found.mtimeMs > STALE_AFTER_MS;
}
