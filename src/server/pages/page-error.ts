import { VarveError } from '../../errors.ts';

/** Make the error for a dataset that a revision has not. */
export function noDataset(path: string, at: string): VarveError {
  return new VarveError('dataset-missing', `There is no dataset at ${path} in ${at}`, {
    path,
    remedy:
      'It may be called otherwise there, or be in another branch: the list of datasets shows what there is.',
  });
}

/** Make the error for what a dataset has not. */
export function nothingInDataset(path: string, dataset: string): VarveError {
  return new VarveError('path-missing', `${dataset} has nothing at ${path}`, {
    path,
    remedy: 'The files of the dataset show what it has.',
  });
}
