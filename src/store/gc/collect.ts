import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import { packKey } from '../format/pack.ts';
import { wholeKey } from '../format/whole-object-key.ts';
import { pruneIndex } from '../index/merge.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { type Marks, markLive } from './mark.ts';
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
  const plan = decide(await listFiles(core), marks, condemned, now - graceMs, graceMs === 0);
  if (!dryRun) {
    if (plan.fresh.length > 0) await writeCondemned(core.remote, plan.fresh);
    await sweep(core, plan, condemned, now - graceMs);
    await dropRefs(core.remote, replaced, roots);
    await core.reload();
  }
  return {
    ...plan.figures,
    repackedBytes,
    ...(plan.postponed === undefined ? {} : { postponed: plan.postponed }),
  };
}

interface StoredFile {
  readonly size: number;
  readonly modified: number;
  /** Whether an index names it. What none names may be on its way in. */
  readonly isIndexed: boolean;
}
type StoredFiles = ReadonlyMap<string, StoredFile>;

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

interface Plan {
  readonly files: StoredFiles;
  readonly live: ReadonlySet<string>;
  /** Found unneeded for the first time. */
  readonly fresh: readonly string[];
  readonly remove: ReadonlySet<string>;
  readonly postponed: string | undefined;
  readonly figures: Omit<Collected, 'repackedBytes' | 'postponed'>;
}

function decide(
  files: StoredFiles,
  marks: Marks,
  condemned: readonly Condemned[],
  graceEnd: number,
  atOnce: boolean,
): Plan {
  const waiting = new Set(condemned.flatMap(({ keys }) => keys));
  const ripe = new Set(condemned.filter(({ since }) => since <= graceEnd).flatMap(({ keys }) => keys));
  const garbage = [...files.keys()].filter((key) => !marks.keys.has(key));
  const fresh = garbage.filter((key) => {
    const { isIndexed, modified } = files.get(key)!;
    return !waiting.has(key) && (isIndexed || modified <= graceEnd);
  });
  const due = garbage.filter((key) => ripe.has(key)).concat(atOnce ? fresh : []);
  const remove = new Set(marks.unfinished === undefined ? due : []);
  const left = garbage.filter((key) => !remove.has(key));
  const kept = [...files.keys()].filter((key) => marks.keys.has(key));
  const bytesOf = (keys: Iterable<string>): number => {
    let sum = 0;
    for (const key of keys) sum += files.get(key)!.size;
    return sum;
  };
  const figures = {
    freedBytes: bytesOf(remove),
    freedObjects: remove.size,
    condemnedBytes: bytesOf(left),
    condemnedObjects: left.length,
    keptBytes: bytesOf(kept),
    keptObjects: kept.length,
  };
  return {
    files,
    live: marks.keys,
    fresh,
    remove,
    postponed: due.length > 0 ? marks.unfinished : undefined,
    figures,
  };
}

/** The index first, so that it never names what is gone; the condemned list last, so that nobody relies on it meanwhile. */
async function sweep(
  core: StoreCore,
  { files, live, remove }: Plan,
  condemned: readonly Condemned[],
  graceEnd: number,
): Promise<void> {
  const stays = (key: string): boolean => files.has(key) && !remove.has(key);
  await pruneIndex(core, stays);
  await core.remote.remove([...remove]);
  for (const list of condemned) {
    const pardoned = list.keys.some((key) => live.has(key));
    // Keys removed in this run stay listed until the next: somebody may still hold an index that names them.
    const isOver = list.since <= graceEnd && !list.keys.some((key) => files.has(key) && !live.has(key));
    if (!pardoned && !isOver) continue;
    const rest = list.keys.filter((key) => !live.has(key));
    if (!isOver) await writeCondemned(core.remote, rest);
    await core.remote.remove([list.key]);
  }
}

function cannotTell(url: string): VarveError {
  return new VarveError('damaged-index', `The index of ${url} is damaged: gc cannot tell what is needed`, {
    path: url,
    remedy: 'Push again from a clone that has the data, so that the index names it, then run gc again.',
  });
}
