import type { StatusResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** Look at names, sizes and times; read only the files that look changed. */
export function status({ backend }: Context, paths: readonly string[] = []): Promise<StatusResult> {
  return backend.status(paths);
}
