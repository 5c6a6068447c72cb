import { type DvcContext, withWorkers } from '../../dvc/tree/context.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { type Context, watching } from '../context/context.ts';

/** Runs `work` on DVC's files, with the worker threads that hash. */
export function inDvc<T>(
  context: Context,
  dvc: DvcRepository,
  work: (context: DvcContext) => Promise<T>,
): Promise<T> {
  return withWorkers({ repository: dvc, cwd: context.cwd, ...watching(context) }, work);
}
