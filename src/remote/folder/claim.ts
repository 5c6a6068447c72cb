import type { Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import {
  checkMarker,
  isOfStore,
  isStoreKey,
  MARKER,
  MAX_MARKER_BYTES,
  notAStore,
  TEMPORARY_FOLDER,
} from '../store-layout.ts';
import { NO_LINK_FLAGS, symlinkRefused } from './links.ts';

/** What systems put into folders by themselves. */
const OF_THE_SYSTEM = new Set(['lost+found', '.DS_Store', '.Trashes', 'Thumbs.db', 'desktop.ini']);
/** The steps of the longest key of a store. */
const MAX_DEPTH = 3;

/**
 * Whether the folder carries the marker of a store.
 * @throws VarveError `symlink-refused`, `store-too-new`
 */
export async function isMarked(root: string): Promise<boolean> {
  const marker = join(root, MARKER);
  try {
    const found = await lstat(marker);
    if (!found.isFile()) throw symlinkRefused(marker);
    checkMarker(await beginningOf(marker), root);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw systemError(error, 'read', marker, 'store');
  }
}

async function beginningOf(path: string): Promise<Uint8Array> {
  const file = await open(path, NO_LINK_FLAGS);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_MARKER_BYTES));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Refuse a folder without marker that is neither empty nor a store which was made before there were markers: one that holds an index, or
 * nothing but what a store holds.
 * @throws VarveError `store-foreign`
 */
export async function refuseForeign(root: string): Promise<void> {
  const index = await entriesOf(join(root, 'index'));
  if (index.some((entry) => entry.isFile() && isStoreKey(`index/${entry.name}`))) return;
  const foreign = await findForeign(root, '', 1);
  if (foreign !== undefined) throw notAStore(root, foreign);
}

/** A file, link or folder that no store has; undefined where there is none. */
async function findForeign(root: string, folder: string, depth: number): Promise<string | undefined> {
  for (const entry of await entriesOf(join(root, folder))) {
    const key = folder + entry.name;
    if (depth === 1 && OF_THE_SYSTEM.has(key)) continue;
    if (entry.isDirectory() && depth < MAX_DEPTH && mayHold(key)) {
      const found = await findForeign(root, `${key}/`, depth + 1);
      if (found !== undefined) return found;
    } else if (!entry.isFile() || !isOfStore(key)) return key;
  }
  return undefined;
}

/** Whether a store has such a folder. */
function mayHold(folder: string): boolean {
  return (
    /^(packs|objects|index|refs|clones|condemned|purged)$/.test(folder) ||
    folder === TEMPORARY_FOLDER ||
    /^objects\/[0-9a-f]{2}$/.test(folder) ||
    /^(refs|clones)\/[A-Za-z0-9._-]{1,64}$/.test(folder)
  );
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw systemError(error, 'list', folder, 'store');
  }
}

function isAbsent(error: unknown): boolean {
  const errno = systemCode(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
