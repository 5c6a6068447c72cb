import { git, gitList } from './git.ts';
import { readBlobs } from './pointers.ts';

/** The commit in which HEAD and `commit` parted. Undefined if this clone does not have it, or there is none. */
export function mergeBase(root: string, commit: string): string | undefined {
  const { code, output } = git(root, ['merge-base', commit, 'HEAD'], { accept: [1, 128] });
  return code === 0 ? output.toString().trim() : undefined;
}

/** Texts of the files of a commit whose names end so, by their paths from `root`. Links are left out. */
export function textsAt(root: string, commit: string, suffixes: readonly string[]): Map<string, string> {
  const blobs = new Map<string, string>();
  for (const line of gitList(root, ['ls-tree', '-r', '-z', commit])) {
    const tab = line.indexOf('\t');
    const [mode, type, blob] = line.slice(0, tab).split(' ');
    const path = line.slice(tab + 1);
    if (type === 'blob' && mode?.startsWith('100') && suffixes.some((suffix) => path.endsWith(suffix)))
      blobs.set(path, blob!);
  }
  const texts = readBlobs(root, [...new Set(blobs.values())]);
  return new Map([...blobs].map(([path, blob]) => [path, texts.get(blob) ?? '']));
}
