import { askGit, gitStream } from './git.ts';

/** The mode of a symbolic link: what it holds is a path, no text. */
const LINK = '120000';

/** The files of a commit whose names end in one of `suffixes`, each with its content as Git names it. Links are left out. */
export async function trackedFiles(
  root: string,
  commit: string,
  suffixes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const line of gitStream(root, ['ls-tree', '-r', '-z', '--full-tree', commit])) {
    const tab = line.indexOf('\t');
    const path = line.slice(tab + 1);
    if (!suffixes.some((suffix) => path.endsWith(suffix))) continue;
    const [mode, type, blob] = line.slice(0, tab).split(' ');
    if (type === 'blob' && mode !== LINK) found.set(path, blob!);
  }
  return found;
}

/** The text of a file by its content, as trackedFiles gives it; undefined if it has more bytes than `maxBytes`. */
export async function trackedText(root: string, blob: string, maxBytes: number): Promise<string | undefined> {
  const size = Number((await askGit(root, ['cat-file', '-s', blob])).output.toString());
  if (size > maxBytes) return undefined;
  return (await askGit(root, ['cat-file', 'blob', blob])).output.toString('utf8');
}
