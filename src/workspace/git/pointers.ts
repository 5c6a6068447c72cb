import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkDataPath } from '../../base/files/data-path.ts';
import { VarveError } from '../../errors.ts';
import { POINTER_SUFFIX, type Pointer, parsePastPointer, pointerPath } from '../pointer.ts';
import { askGit, git, gitList, gitStream } from './git.ts';
import { filesKeptOut } from './sparse.ts';
import { indexChecksum, pointersWithoutGit, rememberPointers } from './tracked-pointers.ts';

/** A dataset as one commit (or the working tree) has it. `path` is POSIX, relative to the root. */
export interface PointedDataset {
  readonly path: string;
  readonly pointer: Pointer;
}

/** The pathspec of every pointer. */
export const EVERY_POINTER = `:(glob)**/*${POINTER_SUFFIX}`;
const ABSENT = /^0+$/;
/** The mode of a symbolic link in a tree or an index: it holds a path, no facts. */
const LINK = '120000';
/** How `git ls-files -t` marks a path; of one that is tracked, another letter stands there. */
const UNTRACKED = '? ';

/** The datasets of the working tree: pointers that Git tracks or would offer to track, sorted. */
export function datasetPaths(root: string): string[] {
  return (pointersWithoutGit(root) ?? pointersByGit(root)).filter(isPointerPath).map(datasetOf).sort();
}

function pointersByGit(root: string): string[] {
  const index = indexChecksum(root);
  const args = ['ls-files', '-t', '-z', '--cached', '--others', '--exclude-standard', '--', EVERY_POINTER];
  const tagged = gitList(root, args);
  const tracked = tagged.filter((line) => !line.startsWith(UNTRACKED)).map(untagged);
  rememberPointers(root, index, [...new Set(tracked)]);
  return [...new Set(tagged.map(untagged))].filter((path) => existsSync(join(root, path)));
}

function untagged(line: string): string {
  return line.slice(UNTRACKED.length);
}

/**
 * The commit that `revision` names.
 * @throws VarveError `revision-unknown`
 */
export function resolveRevision(root: string, revision: string): string {
  const commit = findRevision(root, revision);
  if (commit !== undefined) return commit;
  throw revisionUnknown(revision);
}

export function revisionUnknown(revision: string): VarveError {
  // It names none only where there is none yet.
  if (revision === 'HEAD')
    return new VarveError('revision-unknown', 'HEAD names no commit: this branch has none yet', {
      path: revision,
      remedy: 'Commit the pointers first: `git add -A && git commit`.',
    });
  return new VarveError('revision-unknown', `${revision} names no commit`, {
    path: revision,
    remedy: 'See `git log` and `git branch --all`; in a shallow clone, run `git fetch --unshallow`.',
  });
}

/** Resolve a revision as {@link resolveRevision} does; undefined if there is no such commit. */
export function findRevision(root: string, revision: string): string | undefined {
  if (revision === '' || revision.startsWith('-') || revision.includes('\0')) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const { code, output } = git(root, args, { accept: [1, 128] });
  return code === 0 ? output.toString().trim() : undefined;
}

/** Arguments of git-rev-list for all that has a name, and HEAD if there is a commit yet. */
export function everyName(root: string): string[] {
  const head = findRevision(root, 'HEAD');
  return ['--branches', '--tags', '--remotes', ...(head === undefined ? [] : [head])];
}

/** The commits at the tips of all branches, those of other clones too as far as they were fetched, each once. */
export function branchTips(root: string): string[] {
  const tips = gitList(root, ['for-each-ref', '--format=%(objectname)%00', 'refs/heads', 'refs/remotes']);
  return [...new Set(tips.map((tip) => tip.trim()).filter((tip) => tip !== ''))];
}

/** A dataset of a commit whose pointer nobody has looked into yet. */
export interface ListedPointer {
  /** Of the dataset, POSIX, relative to the root. */
  readonly path: string;
  /** @throws VarveError as readPointer */
  readonly read: () => Pointer;
}

/** Every dataset of a commit, sorted by path. @throws VarveError as readPointer */
export async function datasetsAt(root: string, commit: string): Promise<PointedDataset[]> {
  return (await pointersAt(root, commit)).map(({ path, read }) => ({ path, pointer: read() }));
}

/** As datasetsAt, for who goes on where one of the pointers cannot be read. */
export async function pointersAt(root: string, commit: string): Promise<ListedPointer[]> {
  const found: { path: string; blob: string }[] = [];
  for await (const line of gitStream(root, ['ls-tree', '-r', '-z', '--full-tree', commit])) {
    const tab = line.indexOf('\t');
    const path = line.slice(tab + 1);
    const [mode, type, blob] = line.slice(0, tab).split(' ');
    if (type === 'blob' && mode !== LINK && isPointerPath(path)) found.push({ path, blob: blob! });
  }
  const texts = await askBlobs(root, [...new Set(found.map(({ blob }) => blob))]);
  return found.map(({ path, blob }) => ({
    path: datasetOf(path),
    read: () => {
      checkDataPath(datasetOf(path), path);
      return pointed(path, texts.get(blob), commit).pointer;
    },
  }));
}

/** Find the dataset at `path` in `commit`; undefined if the commit has none there. @throws VarveError as readPointer */
export function datasetAt(root: string, commit: string, path: string): Pointer | undefined {
  checkDataPath(path, pointerPath(path));
  const listed = gitList(root, [
    'ls-tree',
    '-z',
    '--full-tree',
    commit,
    '--',
    `:(literal)${pointerPath(path)}`,
  ]);
  const [mode, type, blob] = listed[0]?.split(/[ \t]/, 3) ?? [];
  if (type !== 'blob' || mode === LINK) return undefined;
  return pointed(pointerPath(path), readBlobs(root, [blob!]).get(blob!), commit).pointer;
}

/**
 * Every version of every pointer that the given revisions reach, each path and content once. `revisions` are arguments of
 * git-rev-list, such as `--all`, `--reflog`, `main`, `--not`. What they name is kept and moved, never put at its path, so that
 * paths are not judged: no old commit may keep a gc or a push from their work for ever.
 */
export async function* pointersInHistory(
  root: string,
  revisions: readonly string[],
): AsyncIterable<PointedDataset> {
  const found = new Map<string, Set<string>>();
  for await (const { path, blob } of pointerChanges(root, revisions)) {
    const blobs = found.get(path) ?? new Set();
    found.set(path, blobs.add(blob));
  }
  yield* parsed(root, found);
}

/** Pointers that are staged in the index, or lie in the working tree: named by no commit yet, but by people. */
export async function* pointersNotCommitted(root: string): AsyncIterable<PointedDataset> {
  const found = new Map<string, Set<string>>();
  for (const line of gitList(root, ['ls-files', '-z', '--stage', '--', EVERY_POINTER])) {
    const tab = line.indexOf('\t');
    const path = line.slice(tab + 1);
    const [mode, blob] = line.slice(0, tab).split(' ');
    if (mode === LINK || !isPointerPath(path)) continue;
    const blobs = found.get(path) ?? new Set();
    found.set(path, blobs.add(blob!));
  }
  yield* parsed(root, found);
}

/** The datasets whose pointers a sparse checkout keeps out of the working tree, as the index has them. @throws VarveError as readPointer */
export function datasetsKeptOut(root: string): PointedDataset[] {
  const files = filesKeptOut(root, EVERY_POINTER).filter(({ path }) => isPointerPath(path));
  const texts = readBlobs(root, [...new Set(files.map(({ blob }) => blob))]);
  return files.map(({ path, blob }) => pointed(path, texts.get(blob), 'the index'));
}

/** One commit that changed a dataset. `pointer` is undefined if it took the dataset out. */
export interface DatasetCommit {
  readonly commit: string;
  /** ISO 8601, with the author's zone. */
  readonly date: string;
  readonly author: string;
  readonly subject: string;
  readonly pointer: Pointer | undefined;
}

/** The commits, newest first, that changed the dataset at `path`, as `revision` reaches them. */
export function datasetHistory(root: string, revision: string, path: string): DatasetCommit[] {
  const file = pointerPath(path);
  const format = '--format=%H%x1f%aI%x1f%an%x1f%s';
  const commits = gitList(root, ['log', '-z', format, revision, '--', `:(literal)${file}`]).map((line) =>
    line.split('\x1f'),
  );
  const texts = readBlobs(
    root,
    commits.map(([commit]) => `${commit}:${file}`),
  );
  return commits.map(([commit = '', date = '', author = '', subject = '']) => {
    const text = texts.get(`${commit}:${file}`);
    const pointer = text === undefined ? undefined : pointed(file, text, commit.slice(0, 12)).pointer;
    return { commit, date, author, subject, pointer };
  });
}

/** Roots of every working tree of the repository: the main one, and those that `git worktree add` made. */
export function worktreeRoots(root: string): string[] {
  return gitList(root, ['worktree', 'list', '--porcelain', '-z'])
    .filter((line) => line.startsWith('worktree '))
    .map((line) => line.slice('worktree '.length))
    .filter((path) => existsSync(path));
}

async function* pointerChanges(
  root: string,
  revisions: readonly string[],
): AsyncIterable<{ path: string; blob: string }> {
  const shape = ['--full-history', '-m', '--root', '--raw', '-z', '--no-renames', '--no-abbrev', '--format='];
  let change: string | undefined;
  for await (const record of gitStream(root, ['log', ...shape, ...revisions, '--', EVERY_POINTER])) {
    const text = record.replace(/^\n+/, '');
    if (text.startsWith(':')) change = text;
    else if (change !== undefined && text !== '') {
      const [, mode, , blob] = change.split(' ');
      if (isPointerChange(text, mode!, blob!)) yield { path: text, blob: blob! };
      change = undefined;
    }
  }
}

async function* parsed(
  root: string,
  found: ReadonlyMap<string, ReadonlySet<string>>,
): AsyncIterable<PointedDataset> {
  const texts = await askBlobs(root, [...new Set([...found.values()].flatMap((blobs) => [...blobs]))]);
  for (const [path, blobs] of found) {
    for (const blob of blobs) yield pointed(path, texts.get(blob), blob.slice(0, 12));
  }
}

/** Read a pointer that Git keeps. @param origin what has it, for messages */
export function pointed(path: string, text: string | undefined, origin: string): PointedDataset {
  if (text === undefined) {
    throw new VarveError('git-failed', `Git has lost ${path} as ${origin} has it`, {
      path,
      remedy: 'Run `git fsck`, and fetch what is missing from another clone.',
    });
  }
  try {
    return { path: datasetOf(path), pointer: parsePastPointer(text, path) };
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    const { code, remedy } = error;
    throw new VarveError(code, `${error.message} (in ${origin})`, { path, remedy, cause: error });
  }
}

/** The path of the dataset that a pointer at this path names. */
export function datasetOf(pointer: string): string {
  return pointer.slice(0, -POINTER_SUFFIX.length);
}

/** Whether a change of a commit puts a pointer at `path`. @param mode as Git writes it behind the change */
export function isPointerChange(path: string, mode: string, blob: string): boolean {
  return mode !== LINK && !ABSENT.test(blob) && isPointerPath(path);
}

/** A file of which nothing but the suffix is its name points to nothing. */
function isPointerPath(path: string): boolean {
  return path.endsWith(POINTER_SUFFIX) && !path.endsWith(`/${POINTER_SUFFIX}`) && path !== POINTER_SUFFIX;
}

/** Contents by name (an id, or `commit:path`), of those that there are: one Git process for all of them. */
export function readBlobs(root: string, blobs: readonly string[]): Map<string, string> {
  if (blobs.length === 0) return new Map();
  return textsIn(git(root, ['cat-file', '--batch'], { input: batchOf(blobs) }).output, blobs);
}

/** Read contents as readBlobs does, and let others have their turn until Git answers. */
export async function askBlobs(root: string, blobs: readonly string[]): Promise<Map<string, string>> {
  if (blobs.length === 0) return new Map();
  const { output } = await askGit(root, ['cat-file', '--batch'], { input: batchOf(blobs) });
  return textsIn(output, blobs);
}

function batchOf(blobs: readonly string[]): string {
  return `${blobs.join('\n')}\n`;
}

/** What `git cat-file --batch` answered. Source: git-cat-file(1), "BATCH OUTPUT". */
function textsIn(output: Buffer, blobs: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  let at = 0;
  for (const blob of blobs) {
    const end = output.indexOf(10, at);
    const [, type, size] = output.toString('latin1', at, end).split(' ');
    if (type !== 'blob') {
      at = end + 1;
      continue;
    }
    at = end + 1 + Number(size);
    texts.set(blob, output.toString('utf8', end + 1, at));
    at += 1;
  }
  return texts;
}
