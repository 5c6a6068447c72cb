import { VarveError } from '../../errors.ts';
import { markAndSweep } from '../../store/gc/collect.ts';
import type { Root } from '../../store/gc/roots.ts';
import type { Store } from '../../store/store.ts';
import { cloneId, cloneRecord } from '../../workspace/clone-id.ts';
import type { GcOptions, GcResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { expiryOf, knownClone } from './clones.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { evictPushed, keepsUnpushedOnly } from './evict.ts';
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
    return closing(await openCache(context), async (cache) => {
      const evicted = await evictFromCache(context, cache, roots, dryRun);
      const { expired, ...freed } = await markAndSweep(cache, roots, { ...how, ...shared });
      return {
        remote: null,
        dryRun,
        graceMs,
        cloneExpiryMs: null,
        expiredClones: [],
        ...freed,
        ...(evicted && { evicted }),
      };
    });
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

/** Drop from the cache what the default remote has. Where that cannot be asked, the cache keeps all, and what nothing needs goes all the same. */
async function evictFromCache(
  context: WorkingContext,
  cache: Store,
  roots: readonly Root[],
  dryRun: boolean,
): Promise<GcResult['evicted']> {
  if (!keepsUnpushedOnly(context)) return undefined;
  try {
    const opened = await openRemoteStore(context);
    const evicted = await closing(opened.store, () => evictPushed(context, cache, opened, roots, { dryRun }));
    return evicted && { ...evicted, remote: opened.name };
  } catch (error) {
    if (!(error instanceof VarveError) || context.signal?.aborted) throw error;
    context.onWarning?.(
      `The cache keeps what a remote may have, although \`keep: unpushed\` is set: ${error.message}`,
    );
    return undefined;
  }
}
