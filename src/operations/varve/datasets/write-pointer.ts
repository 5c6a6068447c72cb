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
  writePointers,
} from '../../../workspace/pointer.ts';
import { pathInRepository, type Repository } from '../../../workspace/repository.ts';
import type { AddedDataset } from '../../backend/results.ts';
import type { WorkingContext } from '../../context/context.ts';
import { datasetAround, datasetNamed, refuseKeptOut } from './select.ts';

/** The fields of a pointer that describe the rows of its snapshot. */
export type PointedStatistics = Pick<Pointer, 'rows' | 'profile' | 'footers' | 'footersBy'>;

/** Where a dataset lies, or would lie, from the root. Of a path within a dataset that is a folder, `part` is the way from there. */
export interface DatasetPath {
  readonly dataset: string;
  readonly part?: string;
}

/**
 * Resolve where datasets that a person names lie, or would lie.
 * @throws VarveError `path-unsupported`, and the codes of refuseKeptOut and checkGitAccepts
 */
export function resolveDatasets(context: WorkingContext, paths: readonly string[]): DatasetPath[] {
  const { root } = context.repository;
  const found = paths.map((path) => resolved(context, path));
  const whole = [...new Set(found.flatMap(({ dataset, part }) => (part === undefined ? [dataset] : [])))];
  refuseKeptOut(
    root,
    whole.filter((dataset) => !existsSync(join(root, pointerPath(dataset)))),
  );
  checkGitAccepts(root, whole);
  return found;
}

function resolved(context: WorkingContext, path: string): DatasetPath {
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
  return around === undefined ? { dataset } : { dataset: around, part: dataset.slice(around.length + 1) };
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

export function statisticsOf({ rows, profile, footers, footersBy }: Pointer): PointedStatistics {
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(profile === undefined ? {} : { profile }),
    ...(footers === undefined ? {} : { footers }),
    ...(footersBy === undefined ? {} : { footersBy }),
  };
}

export function withoutStatistics({ rows, profile, footers, footersBy, ...others }: Pointer): Pointer {
  return others;
}

/** A dataset whose snapshot the store holds, with its pointer as it was and as it is to be. */
export interface PointerChange {
  readonly dataset: string;
  readonly before: Pointer | undefined;
  readonly pointer: Pointer;
}

/**
 * Write the pointers of datasets, but for those that are the same as before. Where one was taken from is kept as long as it is the same
 * data, and what people said of it as long as the new one says nothing.
 */
export async function pointTo(
  { root }: Repository,
  datasets: readonly PointerChange[],
): Promise<AddedDataset[]> {
  const added = datasets.map(({ dataset, before, pointer: made }) => {
    const isSame = before?.digest === made.digest;
    const kept = {
      ...(isSame && before.imported !== undefined && { imported: before.imported }),
      ...(isSame && before.database !== undefined && !made.database && { database: before.database }),
      ...(isSame && before.topic !== undefined && !made.topic && { topic: before.topic }),
      ...(before?.meta !== undefined && made.meta === undefined && { meta: before.meta }),
    };
    const pointer = { ...made, ...kept };
    const same = before !== undefined && formatPointer(before) === formatPointer(pointer);
    const change = before === undefined ? 'new' : same ? 'unchanged' : 'changed';
    return { dataset, pointer, change } as const;
  });
  const changed = added.filter(({ change }) => change !== 'unchanged');
  await writePointers(
    root,
    changed.map(({ dataset, pointer }) => [dataset, pointer]),
  );
  return added.map(({ dataset, pointer, change }) => ({ ...pointer, path: dataset, change }));
}
