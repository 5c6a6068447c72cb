import { openDvcRemote } from '../../dvc/objects/remotes.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { DvcPlace } from './context.ts';
import { readWholeNote } from './profile-notes.ts';
import { inDvcWithProfiles, keepProfile } from './profiles.ts';
import { outputsOf } from './versions.ts';

/** Implements Backend.fetchProfiles: each from the remote of its data. */
export function fetchProfiles(context: DvcPlace, versions: readonly DatasetVersion[]): Promise<void> {
  return inDvcWithProfiles(context, async (within, cache) => {
    const byRemote = new Map<string | undefined, Set<Digest>>();
    for (const { path, commit, profile } of versions) {
      if (profile === undefined || cache.has(profile)) continue;
      const output = outputsOf(context.repository, commit).find((one) => one.path === path);
      const wanted = byRemote.get(output?.remote) ?? new Set();
      byRemote.set(output?.remote, wanted.add(profile));
    }
    for (const [name, digests] of byRemote) {
      await closing(await openDvcRemote(within, name), async (remote) => {
        for (const digest of digests) {
          const bytes = await readWholeNote(remote, digest);
          if (bytes !== undefined) await keepProfile(cache, bytes);
        }
      });
    }
  });
}
