import { markAndSweep } from '../../store/gc/collect.ts';
import { cloneId, cloneRecord } from '../../workspace/clone-id.ts';
import type { GcOptions, GcResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { expiryOf, knownClone } from './clones.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { isCacheShared, openCache, openRemoteStore } from './stores/stores.ts';

const HOUR = 3_600_000;
/** A cache is written to by the commands of one person, a remote by anyone, from clones that may be offline for days. */
const GRACE = { cache: HOUR, remote: 14 * 24 * HOUR } as const;

/**
 * Drop what no pointer names: of no commit, branch, tag, stash, reflog or worktree of this clone, and of no push (or, in a
 * cache that clones share, no work) of another.
 */
export async function gc(context: WorkingContext, options: GcOptions): Promise<GcResult> {
  const { remote, dryRun = false } = options;
  const graceMs = options.graceMs ?? (remote === undefined ? GRACE.cache : GRACE.remote);
  const { onProgress } = watching(context);
  const how = { graceMs, dryRun, ...(onProgress && { onProgress }) };
  const clone = cloneId(context.repository);
  if (remote === undefined) {
    const roots = await everyRootOfCache(context);
    const shared = isCacheShared(context) ? { clone, cloneRecord: cloneRecord(context.repository) } : {};
    const { expired, ...freed } = await closing(await openCache(context), (cache) =>
      markAndSweep(cache, roots, { ...how, ...shared }),
    );
    return { remote: null, dryRun, graceMs, cloneExpiryMs: null, expiredClones: [], ...freed };
  }
  const roots = await everyRoot(context);
  const { name, url, store } = await openRemoteStore(context, remote);
  return closing(store, async () => {
    const cloneExpiryMs = options.cloneExpiryMs ?? expiryOf(context);
    const self = { clone, cloneRecord: cloneRecord(context.repository) };
    const { expired, ...freed } = await markAndSweep(store, roots, { ...how, ...self, cloneExpiryMs });
    const keepsVersions = await store.core.remote.keepsVersions?.();
    return {
      remote: { name, url },
      dryRun,
      graceMs,
      cloneExpiryMs: Number.isFinite(cloneExpiryMs) ? cloneExpiryMs : null,
      expiredClones: expired.map((one) => knownClone(context, { ...one, hasExpired: true })),
      ...freed,
      ...(keepsVersions && { keepsVersions }),
    };
  });
}
