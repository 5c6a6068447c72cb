import { isAbsolute, join } from 'node:path';
import { VarveError } from '../../../errors.ts';
import { openRemote } from '../../../remote/open.ts';
import type { Remote } from '../../../remote/remote.ts';
import { writeRef } from '../../../store/gc/refs.ts';
import type { Root } from '../../../store/gc/roots.ts';
import { Store } from '../../../store/store.ts';
import { cloneId } from '../../../workspace/clone-id.ts';
import { type Config, type RemoteConfig, readConfig } from '../../../workspace/config.ts';
import type { WorkingContext } from '../../context/context.ts';
import { nearest } from '../../datasets/suggest.ts';

/** The cache of this clone. Close it. */
export async function openCache(context: WorkingContext): Promise<Store> {
  const config = readConfig(context.repository);
  return Store.open(await openRemote(cacheFolder(context, config)));
}

/** Absolute. */
function cacheFolder({ repository }: WorkingContext, { cache }: Config): string {
  if (cache === undefined) return join(repository.stateFolder, 'cache');
  return isAbsolute(cache) ? cache : join(repository.root, cache);
}

/** Whether other clones may keep their data in this cache too. */
export function isCacheShared({ repository }: WorkingContext): boolean {
  return readConfig(repository).cache !== undefined;
}

/** In a cache that clones share, says what this one needs of it, so that a gc from another leaves it. */
export async function claimInCache(context: WorkingContext, roots: readonly Root[]): Promise<void> {
  if (!isCacheShared(context)) return;
  const remote = await openRemote(cacheFolder(context, readConfig(context.repository)));
  try {
    await writeRef(remote, cloneId(context.repository), roots);
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
 * @throws VarveError `no-remote`, `unknown-remote`
 */
export async function openRemoteStore(context: WorkingContext, name?: string): Promise<OpenRemoteStore> {
  const opened = await openRemoteNamed(context, name);
  const store = await Store.open(opened.remote, { indexCache: memoryOfRemotes(context) });
  return { name: opened.name, url: opened.remote.url, store };
}

/** As openRemoteStore, with nothing read yet. Close it. */
export async function openRemoteNamed(
  context: WorkingContext,
  name?: string,
): Promise<{ readonly name: string; readonly remote: Remote }> {
  const config = readConfig(context.repository);
  const chosen = name ?? defaultRemote(config);
  const remote = findRemote(config, chosen);
  const { url, ...options } = remote;
  return { name: chosen, remote: await openRemote(url, { ...options, base: context.repository.root }) };
}

/** Folder in which this clone keeps what it knows of remotes. */
export function memoryOfRemotes({ repository }: WorkingContext): string {
  return join(repository.stateFolder, 'index');
}

/** @throws VarveError `unknown-remote` */
export function findRemote(config: Config, name: string): RemoteConfig {
  const remote = config.remotes.get(name);
  if (remote !== undefined) return remote;
  const similar = nearest(name, config.remotes.keys());
  throw new VarveError('unknown-remote', `There is no remote named ${name}`, {
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
  throw new VarveError('no-remote', names.length === 0 ? 'No remote is set up' : 'No remote is the default', {
    path: '.varve/config.yaml',
    remedy:
      names.length === 0
        ? 'Run `varve remote add origin URL`, where URL is a folder, s3://bucket/prefix or minio://alias/bucket.'
        : `Name one with \`--remote\`, or run \`varve remote default NAME\` (${names.join(', ')}).`,
  });
}
