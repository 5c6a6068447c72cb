import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { findGitRoot } from '../repository.ts';

/**
 * Git's folder that all worktrees of a repository share, by which the repository is told from others: absolute, without symbolic links.
 * Reads what `git rev-parse --git-common-dir` reads, without a process. Source: gitrepository-layout(5), `.git` and `commondir`.
 * @param root a folder of a working tree
 * @throws VarveError `repository-missing`, `path-missing`
 */
export function commonFolder(root: string): string {
  const entry = join(findGitRoot(root), '.git');
  // In worktrees and submodules, `.git` is a file that names the folder.
  const named = readLine(entry, /^gitdir: (.+?)\r?\n?$/);
  const folder = named === undefined ? entry : resolve(dirname(entry), named);
  const common = readLine(join(folder, 'commondir'), /^(.+?)\r?\n?$/);
  const place = common === undefined ? folder : resolve(folder, common);
  try {
    return realpathSync(place);
  } catch (error) {
    throw systemError(error, 'read', place);
  }
}

/**
 * Find the root of the main worktree, for a linked one; undefined in the main one itself, and where the common folder belongs to a bare
 * repository or a submodule.
 */
export function mainWorktree(root: string): string | undefined {
  const common = commonFolder(root);
  const main = dirname(common);
  return basename(common) === '.git' && main !== root ? main : undefined;
}

/** Read a small file of Git; undefined if there is none. */
function readLine(path: string, form: RegExp): string | undefined {
  try {
    return form.exec(readFileSync(path, 'utf8'))?.[1];
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw systemError(error, 'read', path);
  }
}
