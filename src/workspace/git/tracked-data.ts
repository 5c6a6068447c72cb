import { posix } from 'node:path';
import { foldersAbove } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { counted } from '../../wording/numbers.ts';
import { gitWord, shellWord } from '../../wording/quote.ts';
import { gitList } from './git.ts';
import { pathspecsOf } from './pathspecs.ts';

/** Files that a message names with the command that takes them out of Git. */
const MAX_NAMED = 3;

/** What people read, and nothing runs or obeys. */
const DOCUMENT = /(^|\/)((README|LICEN[CS]E|NOTICE|CHANGELOG)(\.(md|rst|txt))?|\.gitkeep)$/i;

/** Whether data may come beside a file that Git tracks, with no consent to that. */
export function isDocument(path: string): boolean {
  return DOCUMENT.test(path);
}

interface Tracked {
  readonly path: string;
  /** Another repository, of which Git tracks a commit. */
  readonly isRepository: boolean;
}

/**
 * Refuse datasets whose data Git keeps itself. What is left out of a dataset may stay.
 * @param isLeftOut whether a path from the root is no part of the dataset that it lies within
 * @param pointerSuffix by which the pointers of other datasets are known
 * @throws VarveError `path-tracked`, `dataset-nested`, `nested-repository`
 */
export function refuseTrackedData(
  root: string,
  datasets: readonly string[],
  rules: {
    readonly isLeftOut: (dataset: string, path: string) => boolean;
    readonly pointerSuffix: string;
  },
): void {
  const tracked = trackedWithin(root, datasets);
  for (const dataset of datasets) refuseTracked(dataset, tracked.get(dataset) ?? [], rules);
}

function refuseTracked(
  dataset: string,
  all: readonly Tracked[],
  { isLeftOut, pointerSuffix }: Parameters<typeof refuseTrackedData>[2],
): void {
  const repository = all.find(({ isRepository }) => isRepository);
  if (repository !== undefined) throw holdsRepository(dataset, repository.path);
  const pointer = all.find(({ path }) => path !== dataset && path.endsWith(pointerSuffix));
  if (pointer !== undefined) throw holdsPointer(dataset, pointer.path);
  const tracked = all.filter(({ path }) => path === dataset || !isLeftOut(dataset, path));
  if (tracked.length > 0) throw trackedByGit(dataset, pathsOf(tracked), pathsOf(all));
}

/** What Git tracks at or within each path. What was removed from the working tree is no longer there, although Git's index has it until the next commit. */
function trackedWithin(root: string, paths: readonly string[]): Map<string, Tracked[]> {
  const found = new Map<string, Tracked[]>(paths.map((path) => [path, []]));
  if (paths.length === 0) return found;
  const pathspecs = pathspecsOf(paths);
  const removed = new Set(gitList(root, ['ls-files', '-d', '-z', '--', ...pathspecs]));
  // `<mode> <object> <stage>\t<path>`: https://git-scm.com/docs/git-ls-files#_output
  for (const line of gitList(root, ['ls-files', '-s', '-z', '--', ...pathspecs])) {
    const path = line.slice(line.indexOf('\t') + 1);
    const tracked = { path, isRepository: line.startsWith('160000 ') };
    found.get(path)?.push(tracked);
    if (!removed.has(path)) for (const folder of foldersAbove(path)) found.get(folder)?.push(tracked);
  }
  return found;
}

function holdsRepository(dataset: string, path: string): VarveError {
  const what =
    path === dataset
      ? `${path} is a Git repository of its own`
      : `${path} within ${dataset} is a Git repository of its own`;
  return new VarveError('nested-repository', what, {
    path,
    remedy: 'Move it out of the data, or add its data from inside it.',
  });
}

function holdsPointer(dataset: string, path: string): VarveError {
  return new VarveError('dataset-nested', `${path} names a dataset within ${dataset}`, {
    path,
    remedy: `Datasets cannot hold one another: add what lies beside it by itself, or first run \`varve rm ${shellWord(path)}\`, which leaves its data where it is.`,
  });
}

function pathsOf(tracked: readonly Tracked[]): string[] {
  return tracked.map(({ path }) => path);
}

function trackedByGit(dataset: string, data: readonly string[], all: readonly string[]): VarveError {
  const command = `git rm -q --cached ${untracking(dataset, data, all)}`;
  const [first] = data;
  if (first === dataset)
    return new VarveError('path-tracked', `${dataset} is tracked by Git`, {
      path: dataset,
      remedy: `Run \`${command}\`: the data stays where it is, and Git keeps it no longer.`,
    });
  const ignoreFile = shellWord(posix.join(posix.dirname(dataset), '.varveignore'));
  return new VarveError(
    'path-tracked',
    `Git tracks ${counted(data.length, 'file')} of ${dataset}, such as ${first}`,
    {
      path: first!,
      remedy: `What is to stay in Git, such as a README, name in ${ignoreFile} and add again. Else run \`${command}\`: the data stays where it is, and Git keeps it no longer.`,
    },
  );
}

/** The words of `git rm` that name the data and nothing beside it. */
function untracking(dataset: string, data: readonly string[], all: readonly string[]): string {
  if (data.length <= MAX_NAMED) return `-- ${data.map(gitWord).join(' ')}`;
  const isData = new Set(data);
  const kept = all.filter((path) => !isData.has(path)).map((path) => shellWord(`:(exclude,literal)${path}`));
  return ['-r --', gitWord(dataset), ...kept].join(' ');
}
