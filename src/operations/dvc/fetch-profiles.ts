import { openDvcRemote } from '../../dvc/objects/remotes.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { closing } from '../context/closing.ts';
import type { DvcPlace } from './context.ts';
import { readWholeNote } from './profile-notes.ts';
import { inDvcWithProfiles, keepProfile } from './profiles.ts';

/**
 * Implements Backend.fetchProfiles. A digest does not tell which remote has its profile: the default one is asked first, then those
 * that outputs of the working tree name.
 */
export function fetchProfiles(context: DvcPlace, profiles: readonly Digest[]): Promise<void> {
  return inDvcWithProfiles(context, async (within, cache) => {
    const named = outputsInTree(within.repository).flatMap(({ remote }) => remote ?? []);
    const failures: unknown[] = [];
    for (const name of [undefined, ...new Set(named)]) {
      const missing = profiles.filter((digest) => !cache.has(digest));
      if (missing.length === 0) return;
      await fetchFrom(within, name, cache, missing).catch((error: unknown) => failures.push(error));
      within.signal?.throwIfAborted();
    }
    if (failures.length > 0 && !profiles.every((digest) => cache.has(digest))) throw failures[0];
  });
}

async function fetchFrom(
  context: DvcContext,
  name: string | undefined,
  cache: Store,
  profiles: readonly Digest[],
): Promise<void> {
  await closing(await openDvcRemote(context, name), async (remote) => {
    for (const digest of profiles) {
      const bytes = await readWholeNote(remote, digest);
      if (bytes !== undefined) await keepProfile(cache, bytes);
    }
  });
}
