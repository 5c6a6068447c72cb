import type { ExportDvcResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Turn the snapshots of every commit on local branches into outputs of DVC. Data comes from the cache, else from the default
 * remote. Until all of it is there, nothing in the repository changes; then new branches appear beside the old ones.
 * @throws VarveError `dvc-exists`, `branch-moved`
 */
export function exportDvc({ backend }: Context): Promise<ExportDvcResult> {
  return backend.exportDvc();
}
