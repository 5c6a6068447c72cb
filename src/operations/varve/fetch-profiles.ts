import type { Digest } from '../../store/format/digest.ts';
import { transfer } from '../../store/transfer/transfer.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { MAX_PROFILE_BYTES } from '../statistics/stored.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';
import { transferOptions } from './stores/transfer-roots.ts';

/** Implements Backend.fetchProfiles. */
export async function fetchProfiles(context: WorkingContext, profiles: readonly Digest[]): Promise<void> {
  const { store } = await openRemoteStore(context);
  await closing(store, async () => {
    const there = profiles.filter((digest) => store.has(digest) && store.size(digest)! <= MAX_PROFILE_BYTES);
    const roots = there.map(
      (digest) => ({ path: 'statistics', kind: 'file', digest, profile: digest }) as const,
    );
    await closing(await openCache(context), (cache) =>
      transfer(store, cache, roots, transferOptions(context, { profilesOnly: true })),
    );
  });
}
