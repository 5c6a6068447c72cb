import type { MoveResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Move datasets: data, pointer, schema, and the line in `.gitignore`. No byte is read or copied.
 * @param target where the dataset is to lie, or a folder that is there, into which all go
 * @throws VarveError `dataset-missing`, `path-taken`, `dataset-nested`, `path-tracked`, `dvc-unsupported`
 */
export function move({ backend }: Context, paths: readonly string[], target: string): Promise<MoveResult> {
  return backend.move(paths, target);
}
