import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { type Repository, repositoryAt, VARVE_FOLDER } from '../repository.ts';
import { isBelow, realPlaceOf } from './folders.ts';
import type { TrustRequest } from './request.ts';

/** Make the request of the cache; undefined if it lies in varve's own folder, as it does unless it is set. */
export function cacheRequest(
  repository: Repository,
  config: Pick<Config, 'cache' | 'files'>,
): TrustRequest | undefined {
  const { root } = repository;
  const { path, isOwn } = realPlaceOf(root, cacheFolder(repository, config));
  if (isOwn && isBelow(join(root, VARVE_FOLDER), path)) return undefined;
  const file = config.files.get('cache') ?? '.varve/cache';
  return { about: 'cache', name: '', facts: [{ key: 'folder', value: path, file }] };
}

/** Make the request of the cache that a repository of DVC gets when it is imported. */
export function importedCacheRequest(root: string): TrustRequest | undefined {
  return cacheRequest(repositoryAt(root), { files: new Map() });
}

/** Tell the absolute folder of the cache. */
export function cacheFolder({ root, stateFolder }: Repository, { cache }: Pick<Config, 'cache'>): string {
  return cache === undefined ? join(stateFolder, 'cache') : resolve(root, cache);
}
