import { VarveError } from '../../errors.ts';
import { decodeProfile } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';

/** Room for the profile of some ten thousand features. */
export const MAX_PROFILE_BYTES = 256 * 1024 * 1024;

/** The profile of a version that has one, from this clone. @throws VarveError `profile-not-fetched` */
export async function storedProfile({ backend }: Context, name: string, digest: Digest): Promise<Profile> {
  return closing(await backend.openProfileStore(), async (store) => {
    const found = await profileIn(store, name, digest);
    if (found !== undefined) return found;
    throw new VarveError('profile-not-fetched', `The profile of ${name} is not in this clone`, {
      path: name,
      remedy: 'Run `varve fetch --profiles-only --all-commits`: it brings profiles and no data.',
    });
  });
}

/** Reads a profile as storedProfile does, from `store` alone; undefined if that has none. */
export async function profileIn(store: Store, name: string, digest: Digest): Promise<Profile | undefined> {
  if (!store.has(digest)) return undefined;
  return decodeProfile(await store.readBytes(digest, MAX_PROFILE_BYTES), `profile of ${name}`);
}
