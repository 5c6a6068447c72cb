import { type ErrorCode, VarveError } from '../../errors.ts';
import type { DatasetProblem } from '../backend/results.ts';

interface Each<T> {
  readonly done: T[];
  readonly problems: DatasetProblem[];
}

/**
 * Does work on each dataset by itself, so that one odd thing in one of them does not stop it on all others. What was odd is listed.
 * @param stops codes of what concerns all of them, or the user's own words
 * @throws VarveError what the first of them met, if none could be worked on; and what `stops`
 */
export async function eachDataset<D extends { readonly path: string }, T>(
  datasets: readonly D[],
  work: (dataset: D) => T | Promise<T>,
  stops: readonly ErrorCode[] = [],
): Promise<Each<T>> {
  const done: T[] = [];
  const errors: { readonly path: string; readonly error: VarveError }[] = [];
  for (const dataset of datasets) {
    try {
      done.push(await work(dataset));
    } catch (error) {
      if (!(error instanceof VarveError) || stops.includes(error.code)) throw error;
      errors.push({ path: dataset.path, error });
    }
  }
  const [first] = errors;
  if (first !== undefined && done.length === 0) throw first.error;
  const problems = errors.map(({ path, error: { code, message, remedy } }) => ({
    path,
    code,
    message,
    remedy,
  }));
  return { done, problems };
}

/** The field of a result; absent where all went well. */
export function problemsField(problems: readonly DatasetProblem[]): {
  readonly problems?: readonly DatasetProblem[];
} {
  return problems.length === 0 ? {} : { problems };
}
