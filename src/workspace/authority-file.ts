import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { IN_REPOSITORY, SYSTEM_AUTHORITIES } from './database-origin.ts';
import { isInside, realPlaceOf } from './trust/folders.ts';

/**
 * How a pointer names a file of certificates: in the repository by its path from the root, so that each clone means its own.
 * @param root of the repository, absolute, without symbolic links
 * @param path absolute, or the word for the authorities that everybody trusts
 */
export function authorityToKeep(root: string, path: string): string {
  if (path === SYSTEM_AUTHORITIES) return path;
  const real = existsSync(path) ? realpathSync(path) : path;
  if (realPlaceOf(root, real).isOwn) return IN_REPOSITORY + relative(root, real).split(sep).join('/');
  return isInside(root, path) ? real : path;
}

/**
 * The file that a pointer means; undefined for one of the repository from which a link leads out of it, which Git may have brought.
 * @param root as of {@link authorityToKeep}
 * @throws VarveError `link-loop`
 */
export function authorityFile(root: string, kept: string): string | undefined {
  if (!kept.startsWith(IN_REPOSITORY)) return kept;
  const { path, isOwn } = realPlaceOf(root, join(root, kept));
  return isOwn ? path : undefined;
}
