import { VarveError } from '../../errors.ts';
import { decodeProfile } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';
import { fetchMissing } from './fetch-missing.ts';

/** Room for the profile of some ten thousand features. */
export const MAX_PROFILE_BYTES = 256 * 1024 * 1024;

/** A profile that travels with a version. */
export interface WantedProfile {
  /** The version, for messages. */
  readonly name: string;
  readonly digest: Digest;
}

/** The profile of a version that has one, as storedProfiles gets it. @throws VarveError `profile-not-fetched` */
export async function storedProfile(context: Context, name: string, digest: Digest): Promise<Profile> {
  return (await storedProfiles(context, [{ name, digest }]))[0]!;
}

/**
 * Get profiles from this clone. What it lacks is fetched from the remote first, all at once, unless the context is offline.
 * @throws VarveError `profile-not-fetched`, `settings-untrusted`
 */
export async function storedProfiles(context: Context, wanted: readonly WantedProfile[]): Promise<Profile[]> {
  return closing(await context.backend.openProfileStore(), async (store) => {
    const failure = await fetchMissing(
      context,
      store,
      wanted.map(({ digest }) => digest),
    );
    const profiles: Profile[] = [];
    for (const { name, digest } of wanted) {
      const found = await profileIn(store, name, digest);
      if (found === undefined)
        throw failure?.code === 'settings-untrusted' ? failure : notFetched(context, name, failure);
      profiles.push(found);
    }
    return profiles;
  });
}

/** Read a profile as storedProfile does, from `store` alone; undefined if that has none. */
export async function profileIn(store: Store, name: string, digest: Digest): Promise<Profile | undefined> {
  if (!store.has(digest)) return undefined;
  return decodeProfile(await store.readBytes(digest, MAX_PROFILE_BYTES), `profile of ${name}`);
}

function notFetched({ offline }: Context, name: string, failure: VarveError | undefined): VarveError {
  const message = `The profile of ${name} is not in this clone`;
  if (failure === undefined && !offline) {
    return new VarveError('profile-not-fetched', `${message}, and the remote does not have it`, {
      path: name,
      remedy: 'Run `varve push --all-commits` in the clone in which this version was added.',
    });
  }
  const reason = failure === undefined ? '' : `, and could not be fetched: ${failure.message}`;
  return new VarveError('profile-not-fetched', `${message}${reason}`, {
    path: name,
    remedy:
      failure?.remedy ?? 'Run `varve fetch --profiles-only --all-commits`: it brings profiles and no data.',
    cause: failure,
  });
}
