import type { ImportDvcResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Take the versions of every output that the history of local branches names into varve's own format. Data comes from DVC's
 * cache, else from its remotes. Until all of it is there, nothing in the repository changes; then new branches appear beside the
 * old ones.
 * @throws VarveError `dvc-missing`, `branch-moved`
 */
export function importDvc({ backend }: Context): Promise<ImportDvcResult> {
  return backend.importDvc();
}
