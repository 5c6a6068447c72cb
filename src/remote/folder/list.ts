import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, systemCode, systemError } from '../../base/files/system-errors.ts';
import { isValidKey } from '../key.ts';
import type { ObjectInfo } from '../remote.ts';
import { TEMPORARY_FOLDER } from '../store-layout.ts';
import { symlinkRefused } from './links.ts';

/** So many files are looked at together: enough to keep the disk busy, few enough to bound memory. */
const BATCH = 64;

/**
 * List every object under `root` whose key begins with `prefix`. Names that no key can have are not objects and are passed over.
 * @throws VarveError `symlink-refused`, since what a link names would be missing from every count
 */
export async function* listFolder(root: string, prefix: string): AsyncIterable<ObjectInfo> {
  const waiting = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    let batch: string[] = [];
    for await (const entry of entries(join(root, folder))) {
      const key = folder + entry.name;
      if (!matches(key, entry, prefix)) continue;
      if (entry.isSymbolicLink()) throw symlinkRefused(join(root, key));
      if (entry.isDirectory()) waiting.push(`${key}/`);
      else if (entry.isFile()) batch.push(key);
      if (batch.length < BATCH) continue;
      yield* await inspect(root, batch);
      batch = [];
    }
    yield* await inspect(root, batch);
  }
}

function matches(key: string, entry: Dirent, prefix: string): boolean {
  if (key === TEMPORARY_FOLDER || !isValidKey(key)) return false;
  return key.startsWith(prefix) || (entry.isDirectory() && prefix.startsWith(`${key}/`));
}

async function* entries(folder: string): AsyncIterable<Dirent> {
  try {
    yield* await opendir(folder, { bufferSize: 512 });
  } catch (error) {
    // It is not there, or was removed while it was listed, so nothing lies under it.
    if (isAbsent(error)) return;
    throw systemError(error, 'list', folder, 'store');
  }
}

async function inspect(root: string, keys: readonly string[]): Promise<ObjectInfo[]> {
  const found = await Promise.all(
    keys.map(async (key) => {
      try {
        const { size, mtime } = await lstat(join(root, key));
        return { key, size, modified: mtime };
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw systemError(error, 'list', join(root, key), 'store');
      }
    }),
  );
  return found.filter((info) => info !== undefined);
}
