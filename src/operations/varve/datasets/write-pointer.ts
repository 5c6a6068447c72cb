import { problemOfDataPath } from '../../../base/data-path.ts';
import { VarveError } from '../../../errors.ts';
import { checkGitAccepts } from '../../../workspace/git/gitignore.ts';
import { formatPointer, type Pointer, readPointer, writePointer } from '../../../workspace/pointer.ts';
import { pathInRepository, type Repository } from '../../../workspace/repository.ts';
import type { AddedDataset } from '../../backend/results.ts';
import type { WorkingContext } from '../../context/context.ts';
import { datasetAround, datasetNamed } from './select.ts';

/** The fields of a pointer that describe the rows of its snapshot. */
export type PointedStatistics = Pick<Pointer, 'rows' | 'profile'>;

/**
 * Resolves where a dataset that a person names lies, or would lie, from the root.
 * @throws VarveError `path-unsupported`, `dataset-nested`, and the codes of checkGitAccepts
 */
export function datasetPath(context: WorkingContext, path: string): string {
  const { root } = context.repository;
  const dataset = datasetNamed(context, path) ?? pathInRepository(context.repository, context.cwd, path);
  const problem = dataset === '' ? "holds the repository's own files" : problemOfDataPath(dataset);
  if (problem !== undefined) {
    throw new VarveError('path-unsupported', `No data may lie at ${JSON.stringify(path)}: it ${problem}`, {
      path,
      remedy: 'Put the data into a folder of its own, such as data/, and add that.',
    });
  }
  const around = datasetAround(root, dataset);
  if (around !== undefined) {
    throw new VarveError('dataset-nested', `${dataset} lies within the dataset ${around}`, {
      path: dataset,
      remedy: `Run \`varve add ${around}\`: it takes only what changed.`,
    });
  }
  checkGitAccepts(root, dataset);
  return dataset;
}

/** A pointer that cannot be read is about to be replaced by one that can. */
export function replaceablePointer(root: string, dataset: string): Pointer | undefined {
  try {
    return readPointer(root, dataset);
  } catch (error) {
    if (
      error instanceof VarveError &&
      ['path-missing', 'pointer-damaged', 'pointer-conflict'].includes(error.code)
    ) {
      return undefined;
    }
    throw error;
  }
}

export function statisticsOf({ rows, profile }: Pointer): PointedStatistics {
  return { ...(rows === undefined ? {} : { rows }), ...(profile === undefined ? {} : { profile }) };
}

/** Writes the pointer of a dataset whose snapshot the store holds, unless it is the same as before. */
export function pointTo(
  { root }: Repository,
  dataset: string,
  before: Pointer | undefined,
  pointer: Pointer,
): AddedDataset {
  const same = before !== undefined && formatPointer(before) === formatPointer(pointer);
  if (!same) writePointer(root, dataset, pointer);
  return { ...pointer, path: dataset, change: before === undefined ? 'new' : same ? 'unchanged' : 'changed' };
}
