import { VarveError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { findRevision, resolveRevision } from '../workspace/git/pointers.ts';
import type { ComparedDataset, DatasetDiff, DiffResult } from './backend/results.ts';
import type { VersionFacts } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context } from './context/context.ts';
import { withDatasetRenames } from './datasets/renames.ts';
import { splitRevisions } from './datasets/revisions.ts';
import { fetchMissing } from './statistics/fetch-missing.ts';

/** Compares the statistics of two versions of the dataset at `path`; nothing if one has none, or they are not of one kind. */
export type CompareStatistics = (
  profiles: Store,
  path: string,
  versions: readonly [before: VersionFacts, after: VersionFacts],
) => Promise<Pick<DatasetDiff, 'statistics' | 'footers'>>;

/**
 * `words` are up to two revisions, then paths: none compares HEAD with the data of the working tree, one that commit with
 * it, two one another. `A..B` are two; `A...B` are B and the last commit that it shares with A, as with `git diff`.
 * @throws VarveError `revision-unknown`, `dataset-missing`
 */
export async function diff(
  context: Context,
  words: readonly string[],
  options: { readonly compareStatistics?: CompareStatistics | undefined } = {},
): Promise<DiffResult> {
  const { commits, paths } = await splitRevisions(context, words, 2);
  return diffRevisions(context, { before: commits[0], after: commits[1] }, paths, options);
}

/**
 * As diff, for revisions and paths that nobody has to tell apart.
 * @param revisions `before` is HEAD unless given, `after` the data of the working tree
 * @throws VarveError `revision-unknown`, `dataset-missing`
 */
export async function diffRevisions(
  context: Context,
  revisions: { readonly before?: string | undefined; readonly after?: string | undefined },
  paths: readonly string[],
  options: { readonly compareStatistics?: CompareStatistics | undefined } = {},
): Promise<DiffResult> {
  const { root } = context.repository;
  const commitOf = (revision: string | undefined) =>
    revision === undefined ? undefined : resolveRevision(root, revision);
  const before = commitOf(revisions.before) ?? findRevision(root, 'HEAD');
  if (before === undefined) throw noCommit(root);
  const after = commitOf(revisions.after);
  const { compared: found, problems } = await context.backend.diff({ before, after }, paths);
  const compared = withDatasetRenames(found);
  const datasets = await withStatistics(context, compared, options.compareStatistics);
  return { before, after: after ?? null, datasets, ...(problems && { problems }) };
}

async function withStatistics(
  context: Context,
  compared: readonly ComparedDataset[],
  compare: CompareStatistics | undefined,
): Promise<DatasetDiff[]> {
  const hasProfiles = ({ versions }: ComparedDataset) =>
    versions?.every(({ profile, footers }) => (profile ?? footers) !== undefined) ?? false;
  if (compare === undefined || !compared.some(hasProfiles)) return compared.map(({ diff: found }) => found);
  return closing(await context.backend.openProfileStore(), async (profiles) => {
    await fetchStatistics(context, profiles, compared);
    const datasets: DatasetDiff[] = [];
    for (const { diff: found, versions } of compared) {
      datasets.push({ ...found, ...(versions && (await compare(profiles, found.path, versions))) });
    }
    return datasets;
  });
}

async function fetchStatistics(
  context: Context,
  profiles: Store,
  compared: readonly ComparedDataset[],
): Promise<void> {
  const wanted = compared.flatMap(({ versions }) => {
    const [before, after] = versions?.map(({ profile, footers }) => profile ?? footers) ?? [];
    return before === undefined || after === undefined || before === after ? [] : [before, after];
  });
  const failure = await fetchMissing(context, profiles, wanted);
  if (failure !== undefined && failure.code !== 'remote-unset')
    context.onWarning?.(
      `Statistics that this clone lacks are not compared: ${failure.message}. ${failure.remedy}`,
    );
}

function noCommit(root: string): VarveError {
  return new VarveError('revision-unknown', `${root} has no commit yet to compare with`, {
    path: root,
    remedy: 'Commit the pointers first; `varve status` shows which data has changed without one.',
  });
}
