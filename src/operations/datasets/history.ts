import type { Profile } from '../../profile/model/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import { datasetHistory } from '../../workspace/git/pointers.ts';
import type { Context } from '../context/context.ts';
import { outputVersions } from '../dvc/datasets.ts';
import { storedProfile } from '../statistics/load.ts';

export interface ProfiledVersion {
  /** `path@commit`. */
  readonly name: string;
  /** Of the author, ISO 8601. */
  readonly date: string;
  readonly digest: Digest;
  readonly profile: Profile;
}

/**
 * The versions of a dataset that have a profile, oldest first, as `revision` (a commit or `REV..REV`) reaches them.
 * @throws VarveError `not-fetched`
 */
export async function profiledVersions(
  context: Context,
  path: string,
  revision: string,
): Promise<ProfiledVersion[]> {
  const versions: ProfiledVersion[] = [];
  const history = context.dvc
    ? outputVersions(context.dvc, revision, path)
    : datasetHistory(context.repository.root, revision, path);
  for (const { commit, date, pointer } of history.reverse()) {
    if (pointer?.profile === undefined) continue;
    const name = `${path}@${commit.slice(0, 12)}`;
    versions.push({
      name,
      date,
      digest: pointer.digest,
      profile: await storedProfile(context, name, pointer.profile),
    });
  }
  return versions;
}
