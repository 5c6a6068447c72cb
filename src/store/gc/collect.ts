/**
 * Garbage collection of a store: mark what roots and refs need, sweep the rest after a grace. It may not know where roots come from
 * (Git's history, other clones), and removes nothing while it cannot tell what is needed.
 */

import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { indexedKeys, indexLostRecipes, indexUnnamed, storedData } from '../index/lost.ts';
import { pruneIndex } from '../index/merge.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import {
  type CloneRecord,
  dropClones,
  hasExpired,
  listClones,
  readCloneNames,
  writeCloneRecord,
} from './clones.ts';
import { type Known, planCollection, replacement, type StoredFile, type StoredFiles } from './decide.ts';
import { type Marks, markLive } from './mark.ts';
import {
  type PendingDeletions,
  probeClock,
  readPendingDeletions,
  writePendingDeletions,
} from './pending-deletions.ts';
import { dropRefs, writeRef } from './refs.ts';
import { repackSparse } from './repack.ts';
import type { Root } from './roots.ts';
import { abandonedRecords, readTableRecords } from './table-records.ts';

export interface GarbageOptions {
  /** Id of the clone whose earlier refs `roots` replace. Undefined for a cache that only one clone uses: it has no refs. */
  readonly clone?: string;
  /** What people know this clone by. */
  readonly cloneRecord?: CloneRecord;
  /**
   * Time in ms after which another clone that was not seen holds nothing any more: Infinity, which is the default, for never. Its refs
   * go when the grace is over too, so that until then it need only be seen again.
   */
  readonly cloneExpiryMs?: number;
  /** Time in ms between the gc that finds something unneeded and the gc that may remove it. 0 removes at once. */
  readonly graceMs: number;
  /** Tell what would happen and write nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: OnProgress;
}

/** Counts of packs and whole objects, as `--json` prints them. In a dry run, what a gc would do. */
export interface Collected {
  readonly freedBytes: number;
  readonly freedObjects: number;
  /** Pending deletions: needed by nothing, and removed by a gc after the grace. */
  readonly condemnedBytes: number;
  readonly condemnedObjects: number;
  readonly keptBytes: number;
  readonly keptObjects: number;
  /** Live bytes copied out of packs that were mostly garbage. */
  readonly repackedBytes: number;
  /** Why nothing was removed, though there was something. */
  readonly postponed?: string;
  /** Clones that hold nothing any more, as they were not seen for so long. */
  readonly expired: readonly ExpiredClone[];
}

export interface ExpiredClone {
  /** What its refs on the remote are named by. */
  readonly clone: string;
  /** By the clock of the store, as `lastSeen`. */
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** `user@host:folder`; undefined if it left no name. */
  readonly name: string | undefined;
}

/**
 * Mark and sweep in two runs. The first lists as pending deletions what neither `roots` nor the refs of other clones need. A later
 * one, when the grace is over by the remote's own clock, removes what still nothing needs. Between the two, whoever writes reads
 * the list and relies on nothing in it, so two pushes and a gc at once lose nothing.
 * @throws VarveError `store-foreign`, `ref-damaged`, `index-damaged`, `pending-deletions-damaged`, `table-record-damaged`, `manifest-damaged`, `recipe-damaged`, before anything is removed
 */
export async function markAndSweep(
  store: Store,
  roots: readonly Root[],
  options: GarbageOptions,
): Promise<Collected> {
  const { core } = store;
  const { clone, cloneRecord, graceMs, cloneExpiryMs = Number.POSITIVE_INFINITY, dryRun = false } = options;
  if (!dryRun) await core.remote.claim();
  const now = dryRun ? Date.now() : await probeClock(core.remote);
  const self = dryRun ? undefined : clone;
  if (self !== undefined && cloneRecord !== undefined) await writeCloneRecord(core.remote, self, cloneRecord);
  const heldByIndex = await recordHeld(store, roots, self);
  // The index is read before the refs: a push writes its ref before it reads the index.
  await core.reload();
  if (core.catalog.damagedIndexes.length > 0) throw cannotTell(core.remote.url);
  const pending = await readPendingDeletions(core.remote);
  const clones = await listClones(core.remote);
  const expired = clones.filter((one) => one.clone !== clone && hasExpired(one, cloneExpiryMs, now));
  const refs = clones.flatMap((one) => (expired.includes(one) ? [] : one.refs));
  const replaced = refs.filter((ref) => ref.clone === clone && ref.modified.getTime() <= now - graceMs);
  const others = refs.filter((ref) => !replaced.includes(ref));
  const names = await readCloneNames(core.remote, clones);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const records = await readTableRecords(core.remote);
  const abandoned = await abandonedRecords(core.remote, records, now - graceMs);
  const mark = () => markLive(core, roots, others, { young: now - graceMs, nameOf }, options.onProgress);
  const marks = await markUnnamedToo(core, mark, dryRun);
  // What a lost index named is held too: the ref of this clone that said so is dropped below.
  const held = await recordHeld(store, roots, self, heldByIndex);
  for (const record of records)
    for (const key of abandoned.includes(record) ? [] : record.keys) marks.keys.add(key);
  const repackedBytes = dryRun ? 0 : await repackSparse(core, marks);
  const known: Known = {
    files: await listFiles(core),
    live: marks.keys,
    pending,
    graceEnd: now - graceMs,
    atOnce: graceMs === 0,
    unfinished: marks.unfinished,
  };
  const { fresh, remove, postponed, figures } = planCollection(known);
  if (!dryRun) {
    if (fresh.length > 0) await writePendingDeletions(core.remote, fresh);
    await sweep(core, known, remove, pending);
    await dropRefs(core.remote, replaced, held);
    if (abandoned.length > 0) await core.remote.remove(abandoned.map(({ key }) => key));
    await dropClones(
      core.remote,
      expired.filter((one) => hasExpired(one, cloneExpiryMs + graceMs, now)),
    );
    await core.reload();
  }
  return {
    ...figures,
    repackedBytes,
    ...(postponed === undefined ? {} : { postponed }),
    expired: expired.map((one) => ({
      clone: one.clone,
      name: names.get(one.clone),
      firstSeen: one.firstSeen,
      lastSeen: one.lastSeen,
    })),
  };
}

/** Mark what is needed. What of that is not there may lie in files that a lost index named: those are looked at before anything counts as unneeded. */
async function markUnnamedToo(core: StoreCore, mark: () => Promise<Marks>, dryRun: boolean): Promise<Marks> {
  const marks = await mark().catch((error: unknown) => {
    // A part of a list of files or of a recipe may be what the lost index named.
    if (dryRun || !(error instanceof VarveError) || error.code !== 'object-missing') throw error;
    return undefined;
  });
  if (marks !== undefined && (dryRun || marks.isComplete)) return marks;
  const { count, unreadable } = await indexUnnamed(core);
  let found = marks === undefined || count > 0 ? await mark() : marks;
  if (found.isComplete) return found;
  const files = await listFiles(core);
  const isUnneeded = (key: string): boolean => !found.keys.has(key);
  if ([...files.keys()].some(isUnneeded) && (await indexLostRecipes(core)) > 0) found = await mark();
  // What is missing may lie in a pack whose list is damaged: it is kept until `verify` has judged it.
  if (!found.isComplete) for (const key of unreadable) found.keys.add(key);
  return found;
}

/**
 * Record which of the roots this clone holds, if it is given.
 * @param recorded those that it recorded before: what a lost index named may have come to them
 */
async function recordHeld(
  store: Store,
  roots: readonly Root[],
  clone: string | undefined,
  recorded?: readonly Root[],
): Promise<readonly Root[]> {
  const held = roots.filter((root) => isHeld(store, root));
  if (clone !== undefined && held.length !== recorded?.length) await writeRef(store.core.remote, clone, held);
  return held;
}

/**
 * Whether a ref of the root keeps anything. One of a version that nobody pushed would keep nothing, and would look like a push that is
 * under way: whoever pushes it writes a ref first.
 */
function isHeld(store: Store, { digest, profile }: Root): boolean {
  return store.has(digest) || (profile !== undefined && store.has(profile));
}

async function listFiles(core: StoreCore): Promise<StoredFiles> {
  const indexed = indexedKeys(core);
  const files = new Map<string, StoredFile>();
  for await (const { key, size, modified } of storedData(core.remote))
    files.set(key, { size, modified: modified.getTime(), isIndexed: indexed.has(key) });
  return files;
}

/** Remove from the index first, so that it never names what is gone, and from the lists last, so that nobody relies on it meanwhile. */
async function sweep(
  core: StoreCore,
  known: Known,
  remove: ReadonlySet<string>,
  lists: readonly PendingDeletions[],
): Promise<void> {
  const stays = (key: string): boolean => known.files.has(key) && !remove.has(key);
  await pruneIndex(core, stays);
  await core.remote.remove([...remove]);
  for (const list of lists) {
    const keys = replacement(list, known);
    if (keys === undefined) continue;
    if (keys.length > 0) await writePendingDeletions(core.remote, keys, list.isDamage);
    await core.remote.remove([list.key]);
  }
}

function cannotTell(url: string): VarveError {
  return new VarveError('index-damaged', `The index of ${url} is damaged: gc cannot tell what is needed`, {
    path: url,
    remedy: 'Run `varve verify --remote NAME`, which writes it anew, then run gc again.',
  });
}
