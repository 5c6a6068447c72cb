import { VarveError } from '../../../errors.ts';
import { shellWord } from '../../../wording/quote.ts';
import type { WorkingContext } from '../../context/context.ts';
import { datasetNamed, selectDatasets } from './select.ts';

/**
 * The dataset that a path of the user names by its data or its pointer. Its pointer is not read: it may be damaged.
 * @param doing what the user is about, for messages: `removed`, `moved`
 * @throws VarveError `dataset-missing` for what lies within a dataset, or holds some
 */
export function namedWhole(context: WorkingContext, path: string, doing: 'removed' | 'moved'): string {
  const named = datasetNamed(context, path);
  if (named !== undefined) return named;
  const [first, ...others] = selectDatasets(context, [path]);
  if (first!.only !== undefined) throw within(path, first!.path, doing);
  throw holder(
    path,
    [first!, ...others].map((dataset) => dataset.path),
    doing,
  );
}

function within(path: string, dataset: string, doing: string): VarveError {
  return new VarveError('dataset-missing', `${path} is a part of the dataset ${dataset}, not a dataset`, {
    path,
    remedy: `What a dataset holds is ${doing} by your own tools; then run \`varve add ${shellWord(dataset)}\`.`,
  });
}

function holder(path: string, datasets: readonly string[], doing: 'removed' | 'moved'): VarveError {
  const remedy =
    doing === 'moved'
      ? 'Move the folder by `git mv`: pointers, data and `.gitignore` go with it.'
      : `Name the datasets that are meant: ${datasets.slice(0, 5).join(', ')}${datasets.length > 5 ? ', …' : ''}.`;
  return new VarveError('dataset-missing', `${path} is no dataset, but a folder that holds some`, {
    path,
    remedy,
  });
}
