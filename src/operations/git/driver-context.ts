import { resolve } from 'node:path';
import { findDvcRoot } from '../../dvc/tree/find-root.ts';
import { findGitRoot, findRepository, repositoryAt } from '../../workspace/repository.ts';
import type { Watch, WorkingContext } from '../context/context.ts';

/**
 * Where a driver or hook works that Git calls for varve's own pointers. Beside varve's branches a clone may have branches of DVC, from
 * which an import made them, and Git also calls while one of those is checked out: then there are no settings, but the cache is there.
 * @throws VarveError `repository-missing`, `repository-uninitialised`
 */
export function driverContext(cwd: string, watch: Watch = {}): WorkingContext {
  const isDvc = findDvcRoot(cwd) !== undefined;
  const repository = isDvc ? repositoryAt(findGitRoot(cwd)) : findRepository(cwd);
  return { ...watch, repository, cwd: resolve(cwd) };
}
