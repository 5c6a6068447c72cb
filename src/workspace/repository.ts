/**
 * The working tree: pointers, settings, Git and the files as they lie there. It may not know which command runs, and uses of a store only
 * its formats: whoever calls passes what restores bytes.
 */

import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isAbsent, systemError } from '../base/files/system-errors.ts';
import { VarveError } from '../errors.ts';
import { isKeptOut } from './git/sparse.ts';
import { checkNotes } from './trust/folders.ts';

/** A working tree whose data varve looks after. */
export interface Repository {
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** Absolute folder of what varve knows for this clone alone, outside Git's sight: what it read, and when. */
  readonly stateFolder: string;
}

/** Folder of varve's settings and state in a repository of its own format, from the root. */
export const VARVE_FOLDER = '.varve';

/**
 * The Git working tree that holds `from`: the nearest folder upwards with a `.git` (a folder, or the file that worktrees
 * and submodules have).
 * @throws VarveError `repository-missing`, `path-missing`
 */
export function findGitRoot(from: string): string {
  const start = realFolder(from);
  const root = enclosingGitRoot(start);
  if (root !== undefined) return root;
  throw new VarveError('repository-missing', `${start} is not in a Git repository`, {
    path: start,
    remedy: 'Run `git init` and `varve init` there, or change to a repository.',
  });
}

/** Find the root of the repository that a path lies in; undefined if there is none. Links are not resolved. */
export function enclosingGitRoot(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The working tree in which varve was started. @throws VarveError `repository-missing`, `repository-uninitialised`, `link-refused` */
export function findRepository(from: string): Repository {
  const repository = repositoryAt(findGitRoot(from));
  const { root } = repository;
  if (existsSync(join(root, VARVE_FOLDER, 'config.yaml'))) {
    checkNotes(root, repository.stateFolder);
    return repository;
  }
  refuseSettingsKeptOut(root);
  throw new VarveError('repository-uninitialised', `varve was not started in ${root}`, {
    path: root,
    remedy: 'Run `varve init`.',
  });
}

/** Refuse a sparse checkout without varve's settings: varve would be started a second time. @throws VarveError `repository-uninitialised` if a sparse checkout keeps them out */
export function refuseSettingsKeptOut(root: string): void {
  const settings = `${VARVE_FOLDER}/config.yaml`;
  if (!isKeptOut(root, settings)) return;
  throw new VarveError('repository-uninitialised', `Git keeps ${settings} out of this sparse checkout`, {
    path: root,
    remedy: `Run \`git sparse-checkout add ${VARVE_FOLDER}\`, which brings the settings of varve.`,
  });
}

/** A repository of varve's own format at this root. Nothing is looked at. */
export function repositoryAt(root: string): Repository {
  return { root, stateFolder: join(root, VARVE_FOLDER) };
}

/**
 * Turn a path that a user wrote into a POSIX path relative to the root ('' for the root itself). Links on the way are
 * resolved, so a path that leaves the repository by one is found out; the last step is not followed.
 * @throws VarveError `path-outside`
 */
export function pathInRepository({ root }: Pick<Repository, 'root'>, cwd: string, path: string): string {
  const real = withRealParents(resolve(cwd, path));
  const inside = relative(root, real);
  if (!isBelow(root, real)) {
    throw new VarveError('path-outside', `${path} lies outside the repository ${root}`, {
      path,
      remedy: 'Move the data into the repository, or start varve in the repository that holds it.',
    });
  }
  return sep === '/' ? inside : inside.replaceAll(sep, '/');
}

/** As pathInRepository, for a path where data is only to lie. @throws VarveError `path-outside` */
export function targetInRepository(repository: Pick<Repository, 'root'>, cwd: string, to: string): string {
  try {
    return pathInRepository(repository, cwd, to);
  } catch (error) {
    if (!(error instanceof VarveError) || error.code !== 'path-outside') throw error;
    throw new VarveError('path-outside', error.message, {
      path: to,
      remedy: '`--to` is a path in the repository, such as `data/orders.csv`: name one there.',
      cause: error,
    });
  }
}

/**
 * Refuse a path that lies in the repository of `cwd` by its name, and elsewhere in truth: a link on the way leads out of it, and Git may
 * have brought that link. Looks at the folders alone, not at the last step. Outside of repositories nothing is refused.
 * @throws VarveError `symlink-refused`
 */
export function refuseLinksOut(cwd: string, path: string): void {
  const folder = realpathSync(cwd);
  const root = enclosingGitRoot(folder);
  if (root === undefined) return;
  const named = resolve(folder, path);
  if (isBelow(root, named) && !isBelow(root, withRealParents(named)))
    throw new VarveError(
      'symlink-refused',
      `A symbolic link on the way leads ${path} out of the repository`,
      {
        path,
        remedy:
          'If the link is your own, name the path that it leads to. If somebody else made it, ask why before you go on.',
      },
    );
}

function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** Resolve the links on the way to a path, as far as there is one; the last step is not followed. */
export function withRealParents(absolute: string): string {
  const parent = dirname(absolute);
  if (parent === absolute) return absolute;
  try {
    return join(realpathSync(parent), basename(absolute));
  } catch (error) {
    if (!isAbsent(error)) throw systemError(error, 'read', parent);
    return join(withRealParents(parent), basename(absolute));
  }
}

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : dirname(real);
  } catch (error) {
    throw systemError(error, 'read', path);
  }
}
