import { join, relative } from 'node:path';
import { VarveError } from '../../errors.ts';
import { decodeFooters, MAX_FOOTERS_BYTES } from '../../profile/footers/format.ts';
import type { FooterStatistics } from '../../profile/footers/model.ts';
import { decodeProfile } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import { countFiles, countRows } from '../../profile/model/tables.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { counted, grouped } from '../../wording/numbers.ts';
import { shellWord } from '../../wording/quote.ts';
import type { VersionFacts } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';
import { fetchMissing } from './fetch-missing.ts';

/** Room for the profile of some ten thousand features. */
export const MAX_PROFILE_BYTES = 256 * 1024 * 1024;

/** A version with which a profile travels. */
export interface WantedProfile {
  /** The version, for messages. */
  readonly name: string;
  /** The dataset, from the root. */
  readonly path: string;
  readonly version: VersionFacts;
}

/** The profile of a version that has one, as storedProfiles gets it. @throws VarveError `profile-not-fetched`, `profile-mismatch` */
export async function storedProfile(context: Context, wanted: WantedProfile): Promise<Profile> {
  return (await storedProfiles(context, [wanted]))[0]!;
}

/**
 * Get profiles from this clone. What it lacks is fetched from the remote first, all at once, unless the context is offline.
 * @throws VarveError `profile-not-fetched`, `settings-untrusted`, `profile-mismatch` for what is not of the version
 */
export async function storedProfiles(context: Context, wanted: readonly WantedProfile[]): Promise<Profile[]> {
  const named = wanted.map(({ name, version }) => ({ name, digest: version.profile! }));
  const profiles = await stored(context, named, profileIn);
  for (const [at, profile] of profiles.entries())
    if (!isOf(profile, wanted[at]!.version)) throw mismatch(context, wanted[at]!, profile);
  return profiles;
}

/**
 * Read the profile of a version from `store` alone; undefined if that does not have it, or has one that is not of the version, of which nothing
 * can be told.
 */
export async function fittingProfileIn(
  store: Store,
  name: string,
  version: SizedVersion,
): Promise<Profile | undefined> {
  const found = version.profile && (await profileIn(store, name, version.profile));
  return found && isOf(found, version) ? found : undefined;
}

/** What a version says of its files and rows, as its pointer has it. */
export type SizedVersion = Pick<VersionFacts, 'kind' | 'name' | 'files' | 'bytes' | 'rows' | 'profile'>;

/**
 * Whether a profile counts the files and rows that a version has. An earlier varve left out files that are no tables where it read data in
 * place, and a pointer can name the profile of anything. What DVC writes of a folder may not say how many files it has, and not every
 * pointer says how many rows.
 */
export function isOf(profile: Profile, version: Omit<SizedVersion, 'profile'>): boolean {
  const { kind, name, files, bytes, rows } = version;
  if (!name.startsWith('sha256:')) return true;
  if (rows !== undefined && countRows(profile) !== rows) return false;
  if (kind === 'file') return true;
  const counted = countFiles(profile);
  return counted?.files === files && counted.bytes === BigInt(bytes);
}

function mismatch(
  { cwd, repository }: Context,
  { name, path, version }: WantedProfile,
  profile: Profile,
): VarveError {
  const here = shellWord(relative(cwd, join(repository.root, path)) || '.');
  const anew =
    version.source === undefined
      ? `take the lines \`rows\` and \`profile\` out of ${path}.varve, and run \`varve add ${here}\``
      : `run \`varve add ${shellWord(version.source)} --to ${here} --statistics full\``;
  return new VarveError(
    'profile-mismatch',
    `The statistics of ${name} count ${differing(profile, version)}`,
    {
      path: name,
      remedy: `They are not of this version, or an earlier varve did not count all of its files. To have them made anew, ${anew}, and commit what that changes.`,
    },
  );
}

/** What a profile counts, and what its version has in its place. */
function differing(profile: Profile, { kind, files, bytes, rows }: VersionFacts): string {
  const found = countRows(profile);
  const counts = countFiles(profile);
  if (kind === 'directory' && counts === undefined) return `no files, and it has ${filesOf(files, bytes)}`;
  if (rows !== undefined && found !== rows)
    return `${counted(found, 'row')}, and it has ${grouped(rows)} by its pointer`;
  return `${filesOf(counts!.files, counts!.bytes)}, and it has ${filesOf(files, bytes)}`;
}

function filesOf(files: number, bytes: number | bigint): string {
  return `${counted(files, 'file')} of ${counted(Number(bytes), 'byte')}`;
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
  wanted: readonly { readonly name: string; readonly digest: Digest }[],
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

/** Read a profile from `store` alone, whatever it is of; undefined if that has none. */
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
