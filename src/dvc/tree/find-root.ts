import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGitRoot, VARVE_FOLDER } from '../../workspace/repository.ts';

/**
 * The nearest folder upwards from `from` that holds `.dvc`, if it is nearer than a `.varve`; never above Git's root. Stands apart
 * from what opens it, since every command asks, and most find none.
 * @throws VarveError `repository-missing`, `path-missing`
 */
export function findDvcRoot(from: string): string | undefined {
  const top = findGitRoot(from);
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, VARVE_FOLDER, 'config.yaml'))) return undefined;
    if (statSync(join(folder, '.dvc'), { throwIfNoEntry: false })?.isDirectory()) return folder;
    if (folder === top || dirname(folder) === folder) return undefined;
  }
}
