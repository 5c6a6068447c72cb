import type { Profile } from '../../profile/model/model.ts';
import { findRevision } from '../../workspace/git/pointers.ts';
import type { ContentKey, DatasetVersion, VersionFacts } from '../backend/version.ts';
import type { Context } from '../context/context.ts';
import { storedProfiles } from '../statistics/stored.ts';

export interface ProfiledVersion {
  /** `path@commit`. */
  readonly name: string;
  /** Of the author, ISO 8601. */
  readonly date: string;
  readonly digest: ContentKey;
  readonly profile: Profile;
}

/**
 * The versions of a dataset that have a profile, oldest first, as `revision` (a commit or `REV..REV`) reaches them.
 * @throws VarveError `profile-not-fetched`
 */
export async function profiledVersions(
  context: Context,
  path: string,
  revision: string,
): Promise<ProfiledVersion[]> {
  const history = await context.backend.history(path, revision);
  const versions = history.toReversed().flatMap(({ commit, date, version }) => {
    if (version?.profile === undefined) return [];
    return {
      name: `${path}@${commit.slice(0, 12)}`,
      date,
      path,
      version,
    };
  });
  const profiles = await storedProfiles(context, versions);
  return versions.map(({ name, date, version }, at) => ({
    name,
    date,
    digest: version.content,
    profile: profiles[at]!,
  }));
}

/** Find the last version in Git's history with other data than the given one; undefined if that is the first. */
export async function previousVersion(
  { backend, repository }: Context,
  { path, commit, content }: DatasetVersion,
): Promise<VersionFacts | undefined> {
  const last = commit ?? findRevision(repository.root, 'HEAD');
  if (last === undefined) return undefined;
  const history = await backend.history(path, last);
  return history
    .map(({ version }) => version)
    .find((version) => version !== undefined && version.content !== content);
}
