import { VarveError } from '../../errors.ts';
import { decodeFooters, MAX_FOOTERS_BYTES } from '../../profile/footers/format.ts';
import type { FooterStatistics } from '../../profile/footers/model.ts';
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
export function storedProfiles(context: Context, wanted: readonly WantedProfile[]): Promise<Profile[]> {
  return stored(context, wanted, profileIn);
}

/**
 * Get what the footers of the files of a version say, as storedProfile gets a profile.
 * @throws VarveError `profile-not-fetched`, `profile-damaged`
 */
export async function storedFooters(
  context: Context,
  name: string,
  digest: Digest,
): Promise<FooterStatistics> {
  return (await stored(context, [{ name, digest }], footersIn))[0]!;
}

/** @param readIn reads one from this clone; undefined if it is not there */
async function stored<T>(
  context: Context,
  wanted: readonly WantedProfile[],
  readIn: (store: Store, name: string, digest: Digest) => Promise<T | undefined>,
): Promise<T[]> {
  return closing(await context.backend.openProfileStore(), async (store) => {
    const failure = await fetchMissing(
      context,
      store,
      wanted.map(({ digest }) => digest),
    );
    const profiles: T[] = [];
    for (const { name, digest } of wanted) {
      const found = await readIn(store, name, digest);
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

/** Read as profileIn does what footers say. */
export async function footersIn(
  store: Store,
  name: string,
  digest: Digest,
): Promise<FooterStatistics | undefined> {
  if (!store.has(digest)) return undefined;
  return decodeFooters(await store.readBytes(digest, MAX_FOOTERS_BYTES), `statistics of ${name}`);
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
