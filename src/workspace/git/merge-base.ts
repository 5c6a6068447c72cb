import { VarveError } from '../../errors.ts';
import { git, gitList } from './git.ts';
import { readBlobs } from './pointers.ts';

/** The best common ancestor of two commits. Undefined if this clone does not have it, or there is none. */
export function findMergeBase(root: string, a: string, b: string): string | undefined {
  const { code, output } = git(root, ['merge-base', a, b], { accept: [1, 128] });
  return code === 0 ? output.toString().trim() : undefined;
}

/** As findMergeBase. @throws VarveError `revision-unknown` if there is none here */
export function mergeBase(root: string, a: string, b: string): string {
  const found = findMergeBase(root, a, b);
  if (found !== undefined) return found;
  throw new VarveError('revision-unknown', `${a.slice(0, 12)} and ${b.slice(0, 12)} share no commit here`, {
    path: a,
    remedy: 'Compare the two themselves, as `A..B`; in a shallow clone, run `git fetch --unshallow`.',
  });
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
