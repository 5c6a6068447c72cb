import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Root } from '../../store/gc/roots.ts';
import type { Store } from '../../store/store.ts';
import { transfer } from '../../store/transfer/transfer.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** Implements Backend.fetchProfiles. */
export async function fetchProfiles(
  context: WorkingContext,
  versions: readonly DatasetVersion[],
): Promise<void> {
  await closing(await openCache(context), async (cache) => {
    const missing = versions
      .filter(({ profile }) => profile !== undefined && !cache.has(profile))
      .map(rootOf);
    if (missing.length === 0) return;
    const { store } = await openRemoteStore(context);
    await closing(store, async () => {
      for (const root of missing) await bring(context, store, cache, root);
    });
  });
}

/** A profile's version is one of varve's own, so its content is named by a digest. */
function rootOf({ path, kind, content, profile }: DatasetVersion): Root {
  return { path, kind, digest: content as Digest, ...(profile === undefined ? {} : { profile }) };
}

/** What the remote does not have is left out: others may be there. */
async function bring(context: WorkingContext, from: Store, cache: Store, root: Root): Promise<void> {
  try {
    await transfer(from, cache, [root], { ...watching(context), profilesOnly: true });
  } catch (error) {
    if (!(error instanceof VarveError) || error.code !== 'object-missing') throw error;
  }
}
