import type { DriftReport } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { ComparedDataset, DatasetDiff, DiffResult } from './backend/results.ts';
import type { VersionFacts } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context } from './context/context.ts';
import { splitRevisions } from './datasets/revisions.ts';

/** Compares the profiles of two versions of the dataset at `path`; undefined if one has none. */
export type CompareStatistics = (
  profiles: Store,
  path: string,
  versions: readonly [before: VersionFacts, after: VersionFacts],
) => Promise<DriftReport | undefined>;

/**
 * `words` are up to two revisions, then paths: none compares HEAD with the data of the working tree, one that commit with
 * it, two one another.
 * @throws VarveError `unknown-revision`, `not-a-dataset`
 */
export async function diff(
  context: Context,
  words: readonly string[],
  options: { readonly compareStatistics?: CompareStatistics | undefined } = {},
): Promise<DiffResult> {
  const { commits, paths } = await splitRevisions(context, words, 2);
  const [before, after] = commits.length > 0 ? commits : (await splitRevisions(context, ['HEAD'], 1)).commits;
  if (before === undefined) throw noCommit(context.repository.root);
  const compared = await context.backend.diff({ before, after }, paths);
  const datasets = await withStatistics(context, compared, options.compareStatistics);
  return { before, after: after ?? null, datasets };
}

async function withStatistics(
  { backend }: Context,
  compared: readonly ComparedDataset[],
  compare: CompareStatistics | undefined,
): Promise<DatasetDiff[]> {
  const hasProfiles = ({ versions }: ComparedDataset) =>
    versions?.every(({ profile }) => profile !== undefined) ?? false;
  if (compare === undefined || !compared.some(hasProfiles)) return compared.map(({ diff: found }) => found);
  return closing(await backend.openProfileStore(), async (profiles) => {
    const datasets: DatasetDiff[] = [];
    for (const { diff: found, versions } of compared) {
      const statistics = versions && (await compare(profiles, found.path, versions));
      datasets.push({ ...found, ...(statistics === undefined ? {} : { statistics }) });
    }
    return datasets;
  });
}

function noCommit(root: string): VarveError {
  return new VarveError('unknown-revision', `${root} has no commit yet to compare with`, {
    path: root,
    remedy: 'Commit the pointers first: `git add -A && git commit`.',
  });
}
