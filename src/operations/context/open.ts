import { resolve } from 'node:path';
import { findDvcRoot } from '../../dvc/tree/find-root.ts';
import { findRepository } from '../../workspace/repository.ts';
import { VarveBackend } from '../varve/backend.ts';
import type { Context, Watch } from './context.ts';

/**
 * Open the repository around `cwd` with the backend that looks after its data: DVC if that was started and varve was
 * not, else varve itself. This is the one place that chooses; it loads DVC's side only if that is chosen.
 * @throws VarveError `repository-missing`, `repository-uninitialised`, `path-missing`; in a repository of DVC `config-invalid`
 */
export async function openContext(cwd: string, watch: Watch = {}): Promise<Context> {
  const dvcRoot = findDvcRoot(cwd);
  if (dvcRoot === undefined) {
    const where = { ...watch, repository: findRepository(cwd), cwd: resolve(cwd) };
    return { ...where, backend: new VarveBackend(where) };
  }
  const { DvcBackend, openDvcRepository } = await import('../dvc/backend.ts');
  const where = { ...watch, repository: openDvcRepository(dvcRoot), cwd: resolve(cwd) };
  return { ...where, backend: new DvcBackend(where) };
}
