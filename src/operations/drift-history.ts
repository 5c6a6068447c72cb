import { compareHistory } from '../drift/history.ts';
import type { DriftSeries } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import { findRevision } from '../workspace/git/pointers.ts';
import type { Watch } from './context/context.ts';
import { profiledVersions } from './datasets/history.ts';
import { nameDataset } from './datasets/resolve.ts';
import { driftSettings } from './drift.ts';

/**
 * Compare every committed version of a dataset with the one before it, by their profiles. `path@REV` ends at that revision.
 * @throws VarveError `history-missing`, and the codes of nameDataset and profiledVersions
 */
export async function driftHistory(
  cwd: string,
  dataset: string,
  options: { readonly schema?: string | undefined } = {},
  watch: Watch = {},
): Promise<DriftSeries> {
  const named = await nameDataset(cwd, dataset, watch);
  const { context, version, part } = named;
  if (part !== undefined) throw partOfDataset(dataset, part.dataset);
  const last = version?.commit ?? (context && findRevision(context.repository.root, 'HEAD'));
  const versions =
    context === undefined || version === undefined || last === undefined
      ? []
      : await profiledVersions(context, version.path, last);
  if (versions.length < 2) {
    throw new VarveError(
      'history-missing',
      `${dataset} has fewer than two committed versions with statistics`,
      {
        path: dataset,
        remedy: 'Commit its pointer after each `varve add`, or compare two datasets: `varve drift A B`.',
      },
    );
  }
  return compareHistory(versions, driftSettings(named, cwd, options.schema));
}

function partOfDataset(name: string, dataset: string): VarveError {
  return new VarveError(
    'history-missing',
    `${name} is a part of ${dataset}, and only the whole has statistics`,
    {
      path: name,
      remedy: `Name ${dataset}, or compare two versions of the part: \`varve drift PART@REV PART@REV\`.`,
    },
  );
}
