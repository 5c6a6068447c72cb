import { type DvcContext, withWorkers } from '../../dvc/tree/context.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { type WorkingContext, watching } from '../context/context.ts';

/** Where somebody works in a repository of DVC; `DvcContext` is that with the threads that hash. */
export type DvcPlace = WorkingContext<DvcRepository>;

/** Run `work` on DVC's files, with the worker threads that hash. */
export function inDvc<T>(context: DvcPlace, work: (context: DvcContext) => Promise<T>): Promise<T> {
  const { repository, cwd } = context;
  return withWorkers({ repository, cwd, ...watching(context) }, work);
}
