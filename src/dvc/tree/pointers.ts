import { posix } from 'node:path';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';
import { VarveError } from '../../errors.ts';
import { git, gitList } from '../../workspace/git/git.ts';
import { readBlobs } from '../../workspace/git/pointers.ts';
import { type Output, readDvcFile, readLock } from '../format/output.ts';
import type { DvcRepository } from './repository.ts';

export const DVC_SUFFIX = '.dvc';
const LOCK = 'dvc.lock';
const PATTERNS = [`:(glob)**/*${DVC_SUFFIX}`, `:(glob)**/${LOCK}`];

/** Every output of the working tree, sorted by path. */
export function outputsInTree(repository: DvcRepository): Output[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...PATTERNS];
  const paths = [...new Set(gitList(repository.root, args))].filter(
    (path) => !repository.ignore.ignoresWithin(path),
  );
  return collect(paths, (path) => readTrackedIfThere(repository.root, path));
}

/** Every output of a commit, sorted by path. */
export function outputsAt(repository: DvcRepository, commit: string): Output[] {
  const blobs = new Map<string, string>();
  for (const line of gitList(repository.root, ['ls-tree', '-r', '-z', '--full-tree', commit])) {
    const tab = line.indexOf('\t');
    const [mode, type, blob] = line.slice(0, tab).split(' ');
    const path = line.slice(tab + 1);
    if (type !== 'blob' || mode === '120000' || !path.startsWith(repository.prefix)) continue;
    const inside = path.slice(repository.prefix.length);
    if (isPointer(inside) || posix.basename(inside) === 'dvc.yaml') blobs.set(inside, blob!);
  }
  const texts = readBlobs(repository.root, [...new Set(blobs.values())]);
  const paths = [...blobs.keys()].filter((path) => isPointer(path) && !repository.ignore.ignoresWithin(path));
  return collect(paths, (path) => texts.get(blobs.get(path) ?? ''));
}

/** The commits, newest first, that changed any pointer of DVC, over everything that the given revisions reach. */
export function commitsWithOutputs(repository: DvcRepository, revisions: readonly string[]): string[] {
  const args = ['log', '--full-history', '--format=%H', ...revisions, '--', ...PATTERNS];
  return git(repository.root, args)
    .output.toString()
    .split('\n')
    .filter((line) => line !== '');
}

/**
 * The commits that brought each version of each output, newest first: those whose parents have another, or none.
 * @param onUnreadable told of each commit whose pointers cannot be read, which is left out
 */
export function* outputCommits(
  repository: DvcRepository,
  revisions: readonly string[],
  onUnreadable: (error: VarveError) => void,
): Generator<OutputCommit & { readonly output: Output }> {
  const args = ['log', '-z', '--full-history', '--format=%H%x1f%P%x1f%aI%x1f%an%x1f%s', ...revisions];
  const known = new Map<string, readonly Output[]>();
  const outputsOf = (commit: string): readonly Output[] => {
    const outputs = known.get(commit) ?? readableOutputs(repository, commit, onUnreadable);
    known.set(commit, outputs);
    return outputs;
  };
  for (const line of gitList(repository.root, [...args, '--', ...PATTERNS])) {
    const [commit = '', parents = '', date = '', author = '', subject = ''] = line.split('\x1f');
    const before = parents.split(' ').flatMap((parent) => (parent === '' ? [] : outputsOf(parent)));
    for (const output of outputsOf(commit)) {
      const isOld = before.some(({ path, id }) => path === output.path && id?.value === output.id?.value);
      if (!isOld) yield { commit, date, author, subject, output };
    }
  }
}

function readableOutputs(
  repository: DvcRepository,
  commit: string,
  onUnreadable: (error: VarveError) => void,
): Output[] {
  try {
    return outputsAt(repository, commit);
  } catch (error) {
    if (!(error instanceof VarveError) || error.code === 'git-failed') throw error;
    onUnreadable(error);
    return [];
  }
}

/** One commit that changed an output. `output` is undefined if it took the output out. */
export interface OutputCommit {
  readonly commit: string;
  /** ISO 8601, with the author's zone. */
  readonly date: string;
  readonly author: string;
  readonly subject: string;
  readonly output: Output | undefined;
}

/** The commits, newest first, that changed what the pointer of an output says of it. */
export function outputHistory(
  repository: DvcRepository,
  revision: string,
  path: string,
  pointer: string,
): OutputCommit[] {
  const { root, prefix } = repository;
  const args = ['log', '--format=%H%x1f%aI%x1f%an%x1f%s', revision, '--', `:(literal)${pointer}`];
  const lines = git(root, args)
    .output.toString()
    .split('\n')
    .filter((line) => line !== '');
  const commits = lines.map((line) => line.split('\x1f') as [string, string, string, string]);
  const texts = readBlobs(
    root,
    commits.map(([commit]) => `${commit}:${prefix}${pointer}`),
  );
  const history = commits.map(([commit, date, author, subject]): OutputCommit => {
    const text = texts.get(`${commit}:${prefix}${pointer}`);
    const outputs =
      text === undefined ? [] : collect([pointer], (name) => (name === pointer ? text : undefined));
    return { commit, date, author, subject, output: outputs.find((output) => output.path === path) };
  });
  // A dvc.lock also changes with other outputs.
  return history.filter(({ output }, index) => output?.id?.value !== history[index + 1]?.output?.id?.value);
}

function collect(paths: readonly string[], read: (path: string) => string | undefined): Output[] {
  const outputs = paths.flatMap((path) => {
    const text = read(path);
    if (text === undefined) return [];
    if (posix.basename(path) !== LOCK) return readDvcFile(text, path);
    return readLock(text, path, read(posix.join(posix.dirname(path), 'dvc.yaml')));
  });
  outputs.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const twice = outputs.find((output, index) => output.path === outputs[index + 1]?.path);
  if (twice === undefined) return outputs;
  const other = outputs[outputs.indexOf(twice) + 1]!;
  throw new VarveError(
    'pointer-damaged',
    `${twice.path} is an output of both ${twice.pointer} and ${other.pointer}`,
    {
      path: twice.path,
      remedy: 'Remove one of the two: DVC allows one file to name an output.',
    },
  );
}

function isPointer(path: string): boolean {
  const name = posix.basename(path);
  return name === LOCK || (name.endsWith(DVC_SUFFIX) && name !== DVC_SUFFIX);
}
