import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemOfDataPath } from '../../../base/files/data-path.ts';
import { VarveError } from '../../../errors.ts';
import { checkGitAccepts } from '../../../workspace/git/gitignore.ts';
import {
  formatPointer,
  type Pointer,
  pointerPath,
  readPointer,
  writePointer,
} from '../../../workspace/pointer.ts';
import { pathInRepository, type Repository } from '../../../workspace/repository.ts';
import type { AddedDataset } from '../../backend/results.ts';
import type { WorkingContext } from '../../context/context.ts';
import { datasetAround, datasetNamed, refuseKeptOut } from './select.ts';

/** The fields of a pointer that describe the rows of its snapshot. */
export type PointedStatistics = Pick<Pointer, 'rows' | 'profile'>;

/**
 * Resolve where a dataset that a person names lies, or would lie, from the root. Of a path within a dataset that is a folder, `part` is
 * the way from there.
 * @throws VarveError `path-unsupported`, and the codes of checkGitAccepts
 */
export function datasetPath(
  context: WorkingContext,
  path: string,
): { readonly dataset: string; readonly part?: string } {
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
  if (around !== undefined) return { dataset: around, part: dataset.slice(around.length + 1) };
  if (!existsSync(join(root, pointerPath(dataset)))) refuseKeptOut(root, dataset);
  checkGitAccepts(root, dataset);
  return { dataset };
}

/**
 * Read the pointer that is about to be replaced; one that cannot be read gives way to one that can. One in which Git left two versions
 * is a question that only a person can answer.
 * @param decided whether the answer is what lies here
 * @throws VarveError `pointer-conflict`
 */
export function replaceablePointer(root: string, dataset: string, decided: boolean): Pointer | undefined {
  try {
    return readPointer(root, dataset);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    if (error.code === 'path-missing' || error.code === 'pointer-damaged') return undefined;
    if (error.code === 'pointer-conflict' && decided) return undefined;
    throw error;
  }
}

export function statisticsOf({ rows, profile }: Pointer): PointedStatistics {
  return { ...(rows === undefined ? {} : { rows }), ...(profile === undefined ? {} : { profile }) };
}

/**
 * Write the pointer of a dataset whose snapshot the store holds, unless it is the same as before. Where it was imported from is kept as
 * long as it is the same data.
 */
export function pointTo(
  { root }: Repository,
  dataset: string,
  before: Pointer | undefined,
  made: Pointer,
): AddedDataset {
  const isImported = before?.imported !== undefined && before.digest === made.digest;
  const pointer = isImported ? { ...made, imported: before.imported } : made;
  const same = before !== undefined && formatPointer(before) === formatPointer(pointer);
  if (!same) writePointer(root, dataset, pointer);
  return { ...pointer, path: dataset, change: before === undefined ? 'new' : same ? 'unchanged' : 'changed' };
}
