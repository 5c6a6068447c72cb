import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, workspaceError } from '../../base/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { gitList } from './git.ts';

/**
 * Refuses a folder of settings and state (`.varve`, `.dvc`) that is a symbolic link in Git, or holds one: whoever committed it
 * would choose where this machine writes and deletes. Links that Git does not track are this machine's own, such as a cache
 * on another disk. Git is asked only if there is a link.
 * @throws VarveError `symlink-refused`
 */
export function refuseTrackedLinks(root: string, folder: string): void {
  const links = linksAt(root, folder);
  if (links.length === 0) return;
  const [tracked] = gitList(root, ['ls-files', '-z', '--', ...links.map((path) => `:(literal)${path}`)]);
  if (tracked === undefined) return;
  throw new VarveError('symlink-refused', `${tracked} is a symbolic link that came through Git`, {
    path: tracked,
    remedy: `Look where it leads, then run \`git rm --cached -- ${tracked}\` and remove it.`,
  });
}

function linksAt(root: string, folder: string): string[] {
  try {
    if (lstatSync(join(root, folder)).isSymbolicLink()) return [folder];
    return readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw workspaceError(error, 'read', folder);
  }
}
