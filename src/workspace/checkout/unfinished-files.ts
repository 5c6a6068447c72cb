import { type Dirent, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { isUnfinished, ownerOfUnfinished } from '../../base/files/atomic-write.ts';
import { isGone } from '../../base/files/process-owner.ts';
import type { Repository } from '../repository.ts';

/** Where varve keeps notes by itself, from the folder of its state. */
const NOTES = ['', 'index', 'profiles', 'read', 'stat'];
/** No write takes this long between two of its blocks, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** Unfinished files that lie within a dataset, as paths from the root. */
export interface UnfinishedWithin {
  readonly dataset: string;
  readonly found: readonly string[];
}

/**
 * Remove the unfinished files that killed processes left in datasets and beside them, and the files and folders among varve's own
 * notes. Those of a process that still lives stay. Never fails: what cannot be removed is no data, and the next checkout meets it again.
 */
export function removeUnfinished(
  { root, stateFolder }: Repository,
  datasets: readonly UnfinishedWithin[],
): void {
  const state = relative(root, stateFolder).replaceAll(sep, '/');
  const notes = NOTES.flatMap((folder) => unfinishedIn(root, posix.join(state, folder), () => true));
  for (const path of [...leftBehind(root, datasets), ...notes.filter((note) => isAbandoned(root, note))]) {
    try {
      rmSync(join(root, path), { recursive: true });
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
}

/** The unfinished files in datasets and in the folders that hold them, of which nobody is still writing; sorted, each once. */
export function leftBehind(root: string, datasets: readonly UnfinishedWithin[]): string[] {
  const beside = new Set(datasets.map(({ dataset }) => posix.dirname(dataset)));
  const found = [
    ...datasets.flatMap((one) => one.found),
    ...[...beside].flatMap((folder) => unfinishedIn(root, folder, (entry) => !entry.isDirectory())),
  ];
  return [...new Set(found)].filter((path) => isAbandoned(root, path)).sort();
}

function unfinishedIn(root: string, folder: string, isMeant: (entry: Dirent) => boolean): string[] {
  try {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return entries
      .filter((entry) => isUnfinished(entry.name) && isMeant(entry))
      .map((entry) => posix.join(folder, entry.name));
  } catch {
    return [];
  }
}

function isAbandoned(root: string, path: string): boolean {
  const owner = ownerOfUnfinished(posix.basename(path));
  const gone = owner === undefined ? undefined : isGone(owner);
  if (gone !== undefined) return gone;
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
  return stats !== undefined && stats.mtimeMs < Date.now() - STALE_AFTER_MS;
}
