import { join, resolve } from 'node:path';
import { parseUrl } from '../../remote/url.ts';
import { accessTo, type Config, entryFor } from '../../workspace/config.ts';
import type { Repository } from '../../workspace/repository.ts';
import { isPlainAws } from '../../workspace/trust/access.ts';
import { isBelow, placeOf } from '../../workspace/trust/folders.ts';
import type { Fact, TrustRequest } from '../../workspace/trust/request.ts';

const SHARED: Fact['file'] = '.varve/config.yaml';

/**
 * What a remote asks of this machine; undefined where it is a folder of the repository, or lies on AWS itself.
 * @param name of a remote of the configuration
 */
export function remoteRequest({ root }: Repository, config: Config, name: string): TrustRequest | undefined {
  const { url, ...access } = config.remotes.get(name)!;
  const fileOf = (key: string): string => config.files.get(`remotes.${name}.${key}`) ?? SHARED;
  const place = parseUrl(url, root);
  if (place.kind === 'folder') {
    const { path, isOwn } = placeOf(root, place.path);
    if (isOwn) return undefined;
    return { about: 'remote', name, facts: [{ key: 'folder', value: path, file: fileOf('url') }] };
  }
  if (place.kind === 's3' && isPlainAws(access)) return undefined;
  const facts = Object.entries({ url, ...access }).map(([key, value]) => ({
    key,
    value,
    file: fileOf(key),
  }));
  return { about: 'remote', name, facts };
}

/** What the cache asks of this machine; undefined where it lies in varve's own folder, as it does unless it is set. */
export function cacheRequest(
  { root, folder }: Repository,
  config: Pick<Config, 'cache' | 'files'>,
): TrustRequest | undefined {
  const { path, isOwn } = placeOf(root, cacheFolder({ root, folder }, config));
  if (isOwn && isBelow(join(root, '.varve'), path)) return undefined;
  const file = config.files.get('cache') ?? '.varve/cache';
  return { about: 'cache', name: '', facts: [{ key: 'folder', value: path, file }] };
}

/** What the cache asks that a repository of DVC gets when it is imported. */
export function importedCacheRequest(root: string): TrustRequest | undefined {
  return cacheRequest({ root, folder: join(root, '.varve') }, { files: new Map() });
}

/** Absolute. */
export function cacheFolder({ root, folder }: Repository, { cache }: Pick<Config, 'cache'>): string {
  return cache === undefined ? join(folder, 'cache') : resolve(root, cache);
}

/**
 * What the way to a source asks of this machine: its entry in the settings, or the alias in its URL. Undefined where it leads to AWS
 * itself.
 * @param file that names the source, where no entry does
 * @throws VarveError `invalid-remote-url`
 */
export function sourceRequest(config: Config, url: string, file: string): TrustRequest | undefined {
  const access = accessTo(config, url);
  const place = parseUrl(url, '/');
  if (place.kind === 'folder' || (place.kind === 's3' && isPlainAws(access))) return undefined;
  const entry = entryFor(config, url);
  // An endpoint says all that an alias would.
  const isByAlias = place.kind === 'minio' && access.endpoint === undefined;
  const source = isByAlias ? `minio://${place.alias}/${place.bucket}` : entry!;
  const facts = Object.entries(access).map(([key, value]) => ({
    key,
    value,
    file: config.files.get(`sources.${entry}.${key}`) ?? file,
  }));
  return {
    about: 'source',
    name: url,
    facts: [{ key: 'source', value: source, file: isByAlias ? file : facts[0]!.file }, ...facts],
  };
}
