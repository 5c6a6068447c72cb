import { git, gitList } from './git.ts';
import { pathspecsOf } from './pathspecs.ts';

/**
 * What a sparse checkout keeps out of the working tree: files of the index that Git marks as `skip-worktree`.
 * https://git-scm.com/docs/git-sparse-checkout
 */

/** A file of the index, with the id of its content. */
export interface IndexedFile {
  readonly path: string;
  readonly blob: string;
}

/** List the files that Git tracks and keeps out of the working tree. @param pathspecs as Git takes them */
export function filesKeptOut(root: string, ...pathspecs: readonly string[]): IndexedFile[] {
  // `S <mode> <object> <stage>\t<path>`: https://git-scm.com/docs/git-ls-files#_output
  return gitList(root, ['ls-files', '-t', '-s', '-z', '--', ...pathspecs])
    .filter((line) => line.startsWith('S '))
    .map((line) => ({ path: line.slice(line.indexOf('\t') + 1), blob: line.split(' ')[2]! }));
}

/** Whether Git tracks a file and keeps it out of the working tree. @param path from the root */
export function isKeptOut(root: string, path: string): boolean {
  return fileKeptOut(root, path) !== undefined;
}

/** The first of these files that Git tracks and keeps out of the working tree. @param paths from the root */
export function firstKeptOut(root: string, paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const kept = new Set(filesKeptOut(root, ...pathspecsOf(paths)).map(({ path }) => path));
  return paths.find((path) => kept.has(path));
}

/** The text of a file that Git keeps out of the working tree; undefined of every other. @param path from the root */
export function textKeptOut(root: string, path: string): string | undefined {
  const file = fileKeptOut(root, path);
  return file && git(root, ['cat-file', 'blob', file.blob]).output.toString();
}

function fileKeptOut(root: string, path: string): IndexedFile | undefined {
  return filesKeptOut(root, `:(literal)${path}`).find((file) => file.path === path);
}
