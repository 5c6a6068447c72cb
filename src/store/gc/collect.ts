import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import { packKey } from '../format/pack.ts';
import { wholeKey } from '../format/whole-object-key.ts';
import { pruneIndex } from '../index/merge.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { decide, type Known, replacement, type StoredFile, type StoredFiles } from './decide.ts';
import { markLive } from './mark.ts';
import { type Condemned, probeClock, readCondemned, writeCondemned } from './pending-deletions.ts';
import { dropRefs, listRefs, writeRef } from './refs.ts';
import { repackSparse } from './repack.ts';
import type { Root } from './roots.ts';

export interface GarbageOptions {
  /** On a remote: the clone whose earlier pushes `roots` replace. */
  readonly clone?: string;
  /** Time between the gc that finds something unneeded and the gc that may remove it. 0 removes at once. */
  readonly graceMs: number;
  /** Says what would happen and writes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: OnProgress;
}

/** Objects are files of the store: packs and whole objects. In a dry run, what would be. */
export interface Collected {
  readonly freedBytes: number;
  readonly freedObjects: number;
  /** Needed by nothing; a gc after the grace period removes them. */
  readonly condemnedBytes: number;
  readonly condemnedObjects: number;
  readonly keptBytes: number;
  readonly keptObjects: number;
  /** Live bytes copied out of packs that were mostly garbage. */
  readonly repackedBytes: number;
  /** Why nothing was removed, though there was something. */
  readonly postponed?: string;
}

/**
 * Mark and sweep in two runs. The first condemns what neither `roots` nor the refs of other clones need; a later one, when
 * the grace period is over by the remote's own clock, removes what still nothing needs. Between the two, whoever writes
 * sees the condemned list and relies on none of it; so two pushes and a gc at once lose nothing.
 * @throws VarveError `not-a-store`, `damaged-ref`, `damaged-manifest`, …: where it cannot tell what is needed, it removes nothing
 */
export async function collectGarbage(
  store: Store,
  roots: readonly Root[],
  options: GarbageOptions,
): Promise<Collected> {
  const { core } = store;
  const { clone, graceMs, dryRun = false } = options;
  if (!dryRun) await core.remote.claim();
  const now = dryRun ? Date.now() : await probeClock(core.remote);
  if (clone !== undefined && !dryRun) await writeRef(core.remote, clone, roots);
  // What is there, before what is needed: a push says what it needs before it looks at what is there.
  await core.reload();
  if (core.catalog.damagedIndexes.length > 0) throw cannotTell(core.remote.url);
  const condemned = await readCondemned(core.remote);
  const refs = await listRefs(core.remote);
  const replaced = refs.filter((ref) => ref.clone === clone && ref.modified.getTime() <= now - graceMs);
  const others = refs.filter((ref) => !replaced.includes(ref));
  const marks = await markLive(core, roots, others, now - graceMs, options.onProgress);
  const repackedBytes = dryRun ? 0 : await repackSparse(core, marks);
  const known: Known = {
    files: await listFiles(core),
    live: marks.keys,
    pending: condemned,
    graceEnd: now - graceMs,
    atOnce: graceMs === 0,
    unfinished: marks.unfinished,
  };
  const { fresh, remove, postponed, figures } = decide(known);
  if (!dryRun) {
    if (fresh.length > 0) await writeCondemned(core.remote, fresh);
    await sweep(core, known, remove, condemned);
    await dropRefs(core.remote, replaced, roots);
    await core.reload();
  }
  return {
    ...figures,
    repackedBytes,
    ...(postponed === undefined ? {} : { postponed }),
  };
}

async function listFiles({ remote, catalog }: StoreCore): Promise<StoredFiles> {
  const indexed = new Set<string>();
  for (const segment of catalog.segments) {
    for (const { name } of segment.packs) indexed.add(packKey(name));
    for (const { digest, generation } of segment.allWholes()) indexed.add(wholeKey(digest, generation));
  }
  const files = new Map<string, StoredFile>();
  for (const prefix of ['packs/', 'objects/']) {
    for await (const { key, size, modified } of remote.list(prefix)) {
      // What has another name is not varve's.
      if (isStoreKey(key))
        files.set(key, { size, modified: modified.getTime(), isIndexed: indexed.has(key) });
    }
  }
  return files;
}

/** The index first, so that it never names what is gone; the condemned list last, so that nobody relies on it meanwhile. */
async function sweep(
  core: StoreCore,
  known: Known,
  remove: ReadonlySet<string>,
  lists: readonly Condemned[],
): Promise<void> {
  const stays = (key: string): boolean => known.files.has(key) && !remove.has(key);
  await pruneIndex(core, stays);
  await core.remote.remove([...remove]);
  for (const list of lists) {
    const keys = replacement(list, known);
    if (keys === undefined) continue;
    if (keys.length > 0) await writeCondemned(core.remote, keys, list.isDamage);
    await core.remote.remove([list.key]);
  }
}

function cannotTell(url: string): VarveError {
  return new VarveError('damaged-index', `The index of ${url} is damaged: gc cannot tell what is needed`, {
    path: url,
    remedy: 'Run `varve verify --remote NAME`, which writes it anew, then run gc again.',
  });
}
