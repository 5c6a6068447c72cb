import type { RemoveOptions, RemoveResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Take datasets out of version control: their pointers, their schemas, and their lines in `.gitignore`. The data stays unless it is asked
 * for, and every version that a commit has stays as well.
 * @throws VarveError `dataset-missing`, `changes-unsaved`, `dvc-unsupported`
 */
export function remove(
  { backend }: Context,
  paths: readonly string[],
  options: RemoveOptions = {},
): Promise<RemoveResult> {
  return backend.remove(paths, options);
}
