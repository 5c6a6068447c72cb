import { lstat, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerOfUnfinished, unfinishedName } from '../../base/files/atomic-write.ts';
import { isGone } from '../../base/files/process-owner.ts';
import { isTemporary } from '../store-layout.ts';

/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Remove what killed writes left in `folder`, the one for unfinished writes of a store that carries its marker; files of other names
 * stay. Never fails: whoever owns those files may be another user.
 */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return;
  const now = await clockOf(folder).catch(() => undefined);
  if (now === undefined) return;
  for (const name of names) {
    if (!isTemporary(name)) continue;
    const path = join(folder, name);
    try {
      if (await isStale(path, name, now)) await unlink(path);
    } catch {
      // Gone meanwhile, or not ours to remove.
    }
  }
}

async function isStale(path: string, name: string, now: number): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isFile()) return false;
  const owner = ownerOfUnfinished(name);
  const gone = owner === undefined ? undefined : isGone(owner);
  return gone ?? now - found.mtimeMs > STALE_AFTER_MS;
}

/** The time by the clock that stamps files there, in milliseconds: this machine's may be a day ahead of a file server's. */
async function clockOf(folder: string): Promise<number> {
  const probe = join(folder, unfinishedName());
  const file = await open(probe, 'wx');
  try {
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
    await unlink(probe);
  }
}
