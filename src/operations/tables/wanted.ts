import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { resolveRevision } from '../../workspace/git/pointers.ts';
import type { DatasetVersion, HistoryEntry } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/** A version that is to be one of a table. */
export interface WantedVersion extends DatasetVersion {
  readonly commit: string;
  /** Of the commit, in ms since 1970. */
  readonly time: number;
}

/**
 * List versions of a dataset in the order in which they are to be those of a table; one that stays as it was is listed once.
 * @param revisions in that order; every commit that leads to HEAD unless given
 * @throws VarveError `revision-unknown`, `dataset-missing` for a revision that does not have it
 */
export async function wantedVersions(
  { backend, repository }: Context,
  path: string,
  revisions: readonly string[] | undefined,
): Promise<WantedVersion[]> {
  const entries: HistoryEntry[] = [];
  if (revisions === undefined)
    entries.push(...[...(await backend.history(path, resolveRevision(repository.root, 'HEAD')))].reverse());
  for (const revision of revisions ?? []) {
    const [entry] = await backend.history(path, resolveRevision(repository.root, revision));
    if (entry?.version === undefined) throw notThere(path, revision);
    entries.push(entry);
  }
  const versions = entries.flatMap(({ commit, date, version }) =>
    version === undefined ? [] : [{ ...version, path, commit, time: Date.parse(date) }],
  );
  return versions.filter(({ content }, index) => content !== versions[index - 1]?.content);
}

function notThere(path: string, revision: string): VarveError {
  return new VarveError('dataset-missing', `${path} is no dataset in ${revision}`, {
    path,
    remedy: `\`varve log ${shellWord(path)}\` shows the commits that have it.`,
  });
}
