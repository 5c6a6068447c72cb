import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { type Digest, toRaw } from '../../store/format/digest.ts';
import { writeRef } from '../../store/gc/refs.ts';
import type { Root } from '../../store/gc/roots.ts';
import { readKeptIndexes } from '../../store/index/load.ts';
import { markMissing } from '../../store/index/lost.ts';
import { Store } from '../../store/store.ts';
import type { Batch } from '../../store/writing/batch.ts';
import { byteSize } from '../../wording/numbers.ts';
import { shellWord } from '../../wording/quote.ts';
import { cloneId } from '../../workspace/clone-id.ts';
import { CompletedPushesFile } from '../../workspace/completed-pushes.ts';
import { readConfig } from '../../workspace/config.ts';
import { cacheFolder } from '../../workspace/trust/cache.ts';
import type { AddResult } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { keepsUnpushedOnly } from './evict.ts';
import { COMPLETED_PUSHES, refuseVanished } from './push.ts';
import { claimInCache, indexFolder, openRemoteNamed } from './stores/stores.ts';

/** Where an add puts what it reads: the data into the cache, or past it onto a remote; manifests and statistics into the cache in any case. */
export interface AddDestination {
  /** Takes in the files. */
  readonly data: Batch;
  /** The remote that the data goes to; undefined for the cache. */
  readonly remote: AddResult['remote'];
  /** Whether the bytes of a file that did not change need not be taken in again. */
  has(digest: Digest): boolean;
  /** As has, for a file that is cut into chunks, each of which is looked for. */
  hasChunksOf(digest: Digest): Promise<boolean>;
  /** Learn that so many bytes of a dataset are about to be taken in. */
  expect(dataset: string, bytes: number): Promise<void>;
  /** Take in a manifest or a profile. @param bytes called for each store that it goes into */
  addMeta(bytes: () => Iterable<Uint8Array>): Promise<Digest>;
  /** Make all of it durable, first where the data is. @param roots all that was taken in, for whoever collects garbage meanwhile */
  commit(roots: readonly Root[]): Promise<void>;
  abort(): Promise<void>;
  close(): Promise<void>;
}

/** Take in everything into the cache. */
export async function intoCache(context: WorkingContext, cache: Store): Promise<AddDestination> {
  const batch = cache.batch();
  // What a remote had when it was last asked the cache need not have. A push finds out if the remote lost it.
  const remotes = keepsUnpushedOnly(context) ? await readKeptIndexes(indexFolder(context)) : undefined;
  let free: Promise<number | undefined> | undefined;
  return {
    data: batch,
    remote: undefined,
    has: (digest) => batch.relyOn(toRaw(digest)) || remotes?.first(toRaw(digest)) !== undefined,
    hasChunksOf: (digest) => batch.relyOnObject(toRaw(digest)),
    async expect(dataset, bytes) {
      // Asked once: of a thousand small files each would ask the disk, and read the settings for where it is.
      free ??= roomOfCache(context);
      warnOfLittleRoom(context, dataset, bytes, await free);
    },
    addMeta: async (bytes) => (await batch.addBytes(bytes(), 'meta')).digest,
    async commit(roots) {
      await claimInCache(context, roots);
      await batch.commit();
    },
    abort: () => batch.abort(),
    close: async () => undefined,
  };
}

/**
 * Send data to a remote while it is read, so that the cache needs room for lists and statistics alone. What is sent is complete before anything
 * names it: the ref that keeps it there is written before the index.
 * @param name of the remote; the default one unless given
 * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `remote-missing`
 */
export async function pastCache(
  context: WorkingContext,
  cache: Store,
  name: string | undefined,
): Promise<AddDestination> {
  const opened = await openRemoteNamed(context, name);
  const { remote } = opened;
  try {
    refuseVanished(
      opened.name,
      remote.url,
      new CompletedPushesFile(join(indexFolder(context), COMPLETED_PUSHES)),
    );
    await remote.claim();
    const store = await Store.open(remote, { indexCache: indexFolder(context) });
    // The cache keeps no copy: what an index says alone is not enough.
    await markMissing(store.core);
    const batches = { data: store.batch(), meta: cache.batch() };
    return {
      data: batches.data,
      has: (digest) => batches.data.relyOn(toRaw(digest)),
      hasChunksOf: (digest) => batches.data.relyOnObject(toRaw(digest)),
      expect: async () => undefined,
      remote: { name: opened.name, url: remote.url },
      async addMeta(bytes) {
        await batches.data.addBytes(bytes(), 'meta');
        return (await batches.meta.addBytes(bytes(), 'meta')).digest;
      },
      async commit(roots) {
        await claimInCache(context, roots);
        await writeRef(remote, cloneId(context.repository), roots);
        await batches.data.commit();
        await batches.meta.commit();
      },
      async abort() {
        await batches.data.abort();
        await batches.meta.abort();
      },
      close: () => remote.close(),
    };
  } catch (error) {
    await remote.close();
    throw error;
  }
}

/**
 * Warn, before much is copied, that the disk of the cache may lack the room. It need not: what the cache has already is not copied again,
 * and some file systems share blocks.
 * @param bytes that are to be read
 * @param free bytes of the disk, if the system tells
 */
function warnOfLittleRoom(
  { repository, onWarning }: WorkingContext,
  dataset: string,
  bytes: number,
  free: number | undefined,
): void {
  if (onWarning === undefined || free === undefined || bytes <= free) return;
  const way = readConfig(repository).remotes.size === 0 ? '' : ` ${pastTheCache(dataset)}`;
  onWarning(
    `${dataset} has ${byteSize(bytes)} that may be new to the cache, whose disk has ${byteSize(free)} free.${way}`,
  );
}

/** Undefined where the system does not tell. */
function roomOfCache({ repository }: WorkingContext): Promise<number | undefined> {
  return freeBytes(cacheFolder(repository, readConfig(repository)), repository.root);
}

/** Say to whom the cache's disk was too small that there is a way without. */
export function withoutRoom(context: WorkingContext, dataset: string, error: unknown): unknown {
  if (!(error instanceof VarveError) || error.code !== 'disk-full') return error;
  if (readConfig(context.repository).remotes.size === 0) return error;
  const { code, message, path, details, remedy } = error;
  return new VarveError(code, message, {
    ...(path !== undefined && { path }),
    details,
    cause: error,
    remedy: `${remedy} ${pastTheCache(dataset)}`,
  });
}

function pastTheCache(dataset: string): string {
  return `\`varve add --to-remote ${shellWord(dataset)}\` sends the data to the remote while it is read, and needs no room in the cache.`;
}

/** Undefined where the system does not tell. */
async function freeBytes(...folders: readonly string[]): Promise<number | undefined> {
  for (const folder of folders) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      // The cache may not be made yet: the repository lies on its disk, as a rule.
    }
  }
  return undefined;
}
