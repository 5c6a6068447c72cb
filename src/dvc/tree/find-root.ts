import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { findGitRoot, VARVE_FOLDER } from '../../workspace/repository.ts';

/**
 * The nearest folder upwards from `from` that holds `.dvc`, if it is nearer than a `.varve`; never above Git's root. Stands apart
 * from what opens it, since every command asks, and most find none.
 * @throws VarveError `repository-missing`, `path-missing`, `nested-repository`
 */
export function findDvcRoot(from: string): string | undefined {
  const top = findGitRoot(from);
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, VARVE_FOLDER, 'config.yaml'))) return undefined;
    if (statSync(join(folder, '.dvc'), { throwIfNoEntry: false })?.isDirectory()) {
      refuseBareRepositories(folder, top);
      return folder;
    }
    if (folder === top || dirname(folder) === folder) return undefined;
  }
}

/**
 * Refuse a folder between Git's root and that of DVC which looks like a bare repository. Files of these names come with any pull request;
 * Git, started there, would obey their `config`, down to programs that it names.
 * @see is_git_directory in https://github.com/git/git/blob/master/setup.c
 */
function refuseBareRepositories(root: string, top: string): void {
  const has = (folder: string, name: string): boolean =>
    lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;
  for (let folder = root; folder !== top; folder = dirname(folder)) {
    if (
      !has(folder, 'HEAD') ||
      !(has(folder, 'commondir') || (has(folder, 'objects') && has(folder, 'refs')))
    )
      continue;
    throw new VarveError('nested-repository', `${folder} looks like a bare Git repository within another`, {
      path: folder,
      remedy: `Do not run Git in it, since its \`config\` may name programs. Remove the file \`HEAD\` there, or ask who made it.`,
    });
  }
}
