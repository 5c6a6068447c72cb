import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import type { Config } from '../config.ts';
import { commonFolder, mainWorktree } from '../git/common-folder.ts';
import { type Repository, VARVE_FOLDER } from '../repository.ts';
import { isBelow, realPlaceOf } from './folders.ts';
import type { Fact, TrustRequest } from './request.ts';

/**
 * Make the request of the cache; undefined if it lies where varve puts it, as it does unless it is set. Git writes nothing into its own
 * folder from what strangers commit, so that a cache there needs no consent.
 */
export function cacheRequest(
  { root }: Pick<Repository, 'root'>,
  config: Pick<Config, 'cache' | 'shared' | 'files'>,
): TrustRequest | undefined {
  const folder = cacheFolder({ root }, config);
  if (config.cache === undefined && folder === defaultFolder(root)) return undefined;
  const main = config.cache === undefined && !isBelow(root, folder) ? mainWorktree(root) : undefined;
  const { path, isOwn } = realPlaceOf(main ?? root, folder);
  if (isOwn && isBelow(join(main ?? root, VARVE_FOLDER), path)) return undefined;
  const file = config.files.get('cache') ?? '.varve/cache';
  return { about: 'cache', name: '', facts: [{ key: 'folder', value: path, file }, ...sharedFacts(config)] };
}

/** What it asks of this machine that a group may write to a folder. */
export function sharedFacts({ shared, files }: Pick<Config, 'shared' | 'files'>): Fact[] {
  return shared === undefined ? [] : [{ key: 'shared', value: shared, file: files.get('shared')! }];
}

/** Make the request of the cache that a repository of DVC gets when it is imported. */
export function importedCacheRequest(root: string): TrustRequest | undefined {
  return cacheRequest({ root }, { files: new Map() });
}

/**
 * Tell the absolute folder of the cache. Unless it is set, it lies in Git's common folder: all worktrees share it, and `git clean -fdx`
 * leaves it. A cache that an earlier varve made at `.varve/cache` stays in use where it lies, for linked worktrees too.
 */
export function cacheFolder({ root }: Pick<Repository, 'root'>, { cache }: Pick<Config, 'cache'>): string {
  if (cache !== undefined) return resolve(root, cache);
  const earlier = join(root, VARVE_FOLDER, 'cache');
  if (isThere(earlier)) return earlier;
  const current = defaultFolder(root);
  if (isThere(current)) return current;
  const main = mainWorktree(root);
  const shared = main === undefined ? undefined : join(main, VARVE_FOLDER, 'cache');
  return shared !== undefined && isThere(shared) ? shared : current;
}

function defaultFolder(root: string): string {
  return join(commonFolder(root), 'varve', 'cache');
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw systemError(error, 'read', path);
  }
}
