import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** Removes what killed writes left in `folder`. Never fails: whoever owns those files may be another user. */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return;
  const now = await clockOf(folder).catch(() => undefined);
  if (now === undefined) return;
  for (const name of names) {
    const path = join(folder, name);
    try {
      const found = await lstat(path);
      if (found.isFile() && now - found.mtimeMs > STALE_AFTER_MS) await unlink(path);
    } catch {
      // Gone meanwhile, or not ours to remove.
    }
  }
}

/** The time by the clock that stamps files there, in milliseconds: this machine's may be a day ahead of a file server's. */
async function clockOf(folder: string): Promise<number> {
  const probe = join(folder, `${process.pid}-${randomBytes(12).toString('hex')}`);
  const file = await open(probe, 'wx');
  try {
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
    await unlink(probe);
  }
}
