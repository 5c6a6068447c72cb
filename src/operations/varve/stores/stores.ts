/**
 * Opens the stores of a repository: its cache, and its remotes once this machine agreed to them. Knows settings and
 * places; knows nothing of what is in the objects.
 */

import { join } from 'node:path';
import { VarveError } from '../../../errors.ts';
import { type BucketSource, openBucketSource } from '../../../remote/bucket/listing.ts';
import { openRemote } from '../../../remote/open.ts';
import type { Remote } from '../../../remote/remote.ts';
import { URL_FORMS } from '../../../remote/url.ts';
import type { Digest } from '../../../store/format/digest.ts';
import { writeCloneRecord } from '../../../store/gc/clones.ts';
import { writeRef } from '../../../store/gc/refs.ts';
import type { Root } from '../../../store/gc/roots.ts';
import { Store } from '../../../store/store.ts';
import { cloneId, cloneRecord } from '../../../workspace/clone-id.ts';
import { accessTo, type Config, type RemoteConfig, readConfig } from '../../../workspace/config.ts';
import { cacheFolder, cacheRequest } from '../../../workspace/trust/cache.ts';
import { requireTrust } from '../../../workspace/trust/consent.ts';
import type { WorkingContext } from '../../context/context.ts';
import { nearestName } from '../../datasets/suggest.ts';
import { remoteRequest, sourceRequest } from './requests.ts';

/** The cache of this clone. Close it. @throws VarveError `settings-untrusted` */
export async function openCache(context: WorkingContext): Promise<Store> {
  return Store.open(await openCacheFolder(context));
}

async function openCacheFolder({ repository }: WorkingContext): Promise<Remote> {
  const config = readConfig(repository);
  requireTrust(repository.root, cacheRequest(repository, config));
  const shared = config.cache !== undefined && config.shared === 'group';
  return openRemote(cacheFolder(repository, config), { shared });
}

/** Tell whether other clones may keep their data in this cache too. */
export function isCacheShared({ repository }: WorkingContext): boolean {
  return readConfig(repository).cache !== undefined;
}

/** Record in a cache that clones share what this one needs of it, so that a gc from another leaves it. */
export async function claimInCache(context: WorkingContext, roots: readonly Root[]): Promise<void> {
  if (!isCacheShared(context)) return;
  const remote = await openCacheFolder(context);
  try {
    const clone = cloneId(context.repository);
    await writeCloneRecord(remote, clone, cloneRecord(context.repository));
    await writeRef(remote, clone, roots);
  } finally {
    await remote.close();
  }
}

export interface OpenRemoteStore {
  readonly name: string;
  readonly url: string;
  readonly store: Store;
}

/**
 * The remote of this name, or the default one. Close its store.
 * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`
 */
export async function openRemoteStore(context: WorkingContext, name?: string): Promise<OpenRemoteStore> {
  const opened = await openRemoteNamed(context, name);
  const store = await Store.open(opened.remote, { indexCache: indexFolder(context) });
  return { name: opened.name, url: opened.remote.url, store };
}

/** Open a remote as openRemoteStore does, with nothing read yet. Close it. */
export async function openRemoteNamed(
  context: WorkingContext,
  name?: string,
): Promise<{ readonly name: string; readonly remote: Remote }> {
  const { repository } = context;
  const config = readConfig(repository);
  const chosen = name ?? defaultRemote(config);
  const { url, ...access } = findRemote(config, chosen);
  requireTrust(repository.root, remoteRequest(repository, config, chosen));
  const shared = config.shared === 'group';
  const options = { ...access, onWarning: context.onWarning, base: repository.root, shared };
  return { name: chosen, remote: await openRemote(url, options) };
}

/**
 * The source of data in place. Close it.
 * @param file that names the source, relative to the repository
 * @throws VarveError `settings-untrusted`
 */
export function openSourceOf(context: WorkingContext, url: string, file: string): Promise<BucketSource> {
  const { repository } = context;
  const config = readConfig(repository);
  requireTrust(repository.root, sourceRequest(config, url, file));
  return openBucketSource(url, { ...accessTo(config, url), onWarning: context.onWarning });
}

/** The folder in which this clone keeps the index files of remotes between runs. */
export function indexFolder({ repository }: WorkingContext): string {
  return join(repository.stateFolder, 'index');
}

/**
 * Say of an error of openRemoteStore what was wanted of the remote: where none is set up, the data is missing.
 * @param where that lacks it, such as `the cache`
 */
export function wantedFromRemote(error: unknown, path: string, digest: Digest, where = 'the cache'): unknown {
  if (!(error instanceof VarveError) || error.code !== 'remote-unset') return error;
  const { message, remedy } = error;
  const asked = `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  return new VarveError('object-missing', `${path} is not in ${where} (${digest}), and ${asked}`, {
    path,
    remedy,
  });
}

/** @throws VarveError `remote-unknown` */
export function findRemote(config: Config, name: string): RemoteConfig {
  const remote = config.remotes.get(name);
  if (remote !== undefined) return remote;
  const similar = nearestName(name, config.remotes.keys());
  throw new VarveError('remote-unknown', `There is no remote named ${name}`, {
    path: name,
    remedy:
      similar === undefined
        ? 'Run `varve remote add NAME URL`; `varve remote list` shows those there are.'
        : `Did you mean ${similar}?`,
  });
}

function defaultRemote(config: Config): string {
  if (config.defaultRemote !== undefined) return config.defaultRemote;
  const names = [...config.remotes.keys()];
  if (names.length === 1) return names[0]!;
  throw new VarveError(
    'remote-unset',
    names.length === 0 ? 'No remote is set up' : 'No remote is the default',
    {
      path: '.varve/config.yaml',
      remedy:
        names.length === 0
          ? `Run \`varve remote add origin URL\`, where URL is ${URL_FORMS}.`
          : `Run \`varve remote default NAME\`, where NAME is one of ${names.join(', ')}.`,
    },
  );
}
