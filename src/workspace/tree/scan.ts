/**
 * The data of a working tree: which files lie there and whether they changed. It may not read Git, but
 * for whether modes count, nor write a file of a dataset.
 */

import { type Dirent, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isUnfinished } from '../../base/files/atomic-write.ts';
import { problemOfDataPath, reservedName } from '../../base/files/data-path.ts';
import { comparePaths } from '../../base/files/path-order.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { POINTER_SUFFIX } from '../pointer.ts';
import { isFollowed } from '../trust/link.ts';
import { IGNORE_FILE, type IgnoreRules, ignoreRules } from './varveignore.ts';

/** A file of a dataset as the file system shows it, or an empty folder: then `path` ends in `/`. */
export interface ScannedFile {
  /** Relative to the dataset, POSIX; '' for the data of a dataset that is a single file. */
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
  readonly inode: number;
  readonly executable: boolean;
}

/** Tell what lies at the path of a dataset; undefined if nothing does. @throws VarveError `symlink-refused` */
export function dataKind(root: string, dataset: string): 'file' | 'directory' | undefined {
  refuseLinksAbove(root, dataset);
  const stats = statOfDataset(root, dataset);
  return stats === undefined ? undefined : stats.isDirectory() ? 'directory' : 'file';
}

/**
 * List every file and empty folder of a dataset, sorted by path bytes; none if no data lies there. Memory is that of the names
 * in the folders on one way down.
 * @param unfinished takes the paths, from the root, of files that a write of varve left in the dataset or still writes: they are no data
 * @throws VarveError `symlink-refused`, `special-file-refused`, `nested-repository`, `dataset-nested`, `name-unsupported`
 */
export function* scanDataset(root: string, dataset: string, unfinished?: string[]): Iterable<ScannedFile> {
  refuseLinksAbove(root, dataset);
  const stats = statOfDataset(root, dataset);
  if (stats === undefined) return;
  if (stats.isDirectory()) yield* scanFolders(root, dataset, unfinished);
  else yield scanned('', stats);
}

/** One file of a dataset, or a folder that is empty, as a scan shows it. `path` is from the root, `name` from the dataset. */
export function scannedFile(root: string, path: string, name: string): ScannedFile {
  const stats = statOf(root, path.replace(/\/$/, ''));
  if (stats !== undefined) return scanned(name, stats);
  throw new VarveError('source-changed', `${path} went away while varve was at work`, {
    path,
    remedy: 'Let no other program change the data meanwhile, then run the same command again.',
  });
}

/**
 * Git keeps no pointer behind a link, so that data behind one is not where its dataset says: it would be read or removed elsewhere.
 * @throws VarveError `symlink-refused`
 */
export function refuseLinksAbove(root: string, dataset: string): void {
  for (let slash = dataset.indexOf('/'); slash > 0; slash = dataset.indexOf('/', slash + 1)) {
    const folder = dataset.slice(0, slash);
    const stats = lstatSync(`${root}/${folder}`, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isSymbolicLink()) throw refuse(folder, stats);
  }
}

/** The folder of a dataset may be a link that the user of this machine made. */
function statOfDataset(root: string, dataset: string): Stats | undefined {
  try {
    return statOf(root, dataset);
  } catch (error) {
    const isLink = error instanceof VarveError && error.code === 'symlink-refused';
    if (!isLink) throw error;
    if (isFollowed(root, dataset)) return statSync(`${root}/${dataset}`);
    throw unfollowed(dataset);
  }
}

function statOf(root: string, path: string): Stats | undefined {
  try {
    // Joined by hand: `join` takes as long as the call to the system.
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isFile() || stats.isDirectory()) return stats;
    throw refuse(path, stats);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', path);
  }
}

interface Frame {
  /** Relative to the dataset, '' or with a `/` at its end. */
  readonly folder: string;
  readonly names: readonly string[];
  readonly rules: IgnoreRules;
  next: number;
  yielded: boolean;
}

function* scanFolders(
  root: string,
  dataset: string,
  unfinished: string[] | undefined,
): Iterable<ScannedFile> {
  const rules = ignoreRules(root, posix.dirname(dataset));
  const stack: Frame[] = [openFolder(root, dataset, '', rules, unfinished)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const name = frame.names[frame.next++];
    if (name === undefined) {
      stack.pop();
      if (frame.yielded || frame.folder === '') continue;
      const stats = statOf(root, `${dataset}/${frame.folder.slice(0, -1)}`);
      if (stats !== undefined) yield scanned(frame.folder, stats);
      continue;
    }
    frame.yielded = true;
    const path = frame.folder + name;
    if (name.endsWith('/')) {
      stack.push(openFolder(root, dataset, path, frame.rules, unfinished));
    } else {
      const stats = statOf(root, `${dataset}/${path}`);
      if (stats !== undefined) yield scanned(path, stats);
    }
  }
}

/** The names in a folder that belong to the dataset, folders with a `/`, in the order of whole paths. */
function openFolder(
  root: string,
  dataset: string,
  folder: string,
  above: IgnoreRules,
  unfinished: string[] | undefined,
): Frame {
  const names: string[] = [];
  const whole = posix.join(dataset, folder);
  const entries = readFolder(root, whole);
  const rules = entries.some(({ name }) => name === IGNORE_FILE)
    ? above.within(whole.replace(/\/$/, ''))
    : above;
  for (const entry of entries) {
    const name = entry.isDirectory() ? `${entry.name}/` : entry.name;
    const path = `${dataset}/${folder}${name}`;
    if (isUnfinished(entry.name)) {
      if (entry.isFile()) unfinished?.push(posix.join(whole, entry.name));
      continue;
    }
    if (!rules.empty && rules.ignores(path)) continue;
    checkEntry(path, folder + entry.name, entry);
    names.push(name);
  }
  return { folder, names: names.sort(comparePaths), rules, next: 0, yielded: false };
}

function readFolder(root: string, folder: string): Dirent[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw systemError(error, 'read', folder);
  }
}

/** Refuse a folder of a reserved name, which makes a repository of the folder that holds it. */
const REPOSITORIES: Readonly<Record<string, string>> = {
  '.git': 'a Git repository',
  '.varve': 'a repository of varve',
  '.dvc': 'a repository of DVC',
};

const UNKEPT = /[\\\x00-\x1f\x7f\ufffd]/;

/**
 * Tell why no file of a dataset may have this name, as the rest of a sentence about its path; undefined if one may. A scan would
 * refuse it, or not find it.
 */
function problemOfName(name: string): string | undefined {
  if (UNKEPT.test(name)) return 'has a name that other machines cannot keep';
  if (name === IGNORE_FILE) return 'would say what belongs to the dataset';
  if (name.endsWith(POINTER_SUFFIX)) return 'would pass for the pointer of another dataset';
  return isUnfinished(name) ? 'would pass for an unfinished file of varve' : undefined;
}

/** Tell the same of a path, of which each step is a name. */
export function problemOfNames(path: string): string | undefined {
  return path
    .split('/')
    .map(problemOfName)
    .find((found) => found !== undefined);
}

/** @param inside the path within the dataset */
function checkEntry(path: string, inside: string, entry: Dirent): void {
  const { name } = entry;
  if (UNKEPT.test(name)) throw badName(path);
  const reserved = reservedName(name);
  if (reserved !== undefined)
    throw nested(
      path,
      'nested-repository',
      REPOSITORIES[reserved] ?? 'a repository',
      'Move it out, add its data from inside it, or leave what is its own to it by a line `.git` in a .varveignore.',
    );
  const problem = problemOfDataPath(inside);
  if (problem !== undefined) throw unsafeName(path, problem);
  if (entry.isFile()) {
    if (name.endsWith(POINTER_SUFFIX)) {
      throw nested(
        path,
        'dataset-nested',
        'the pointer of another dataset',
        'Datasets cannot hold one another: add either the whole or the parts.',
      );
    }
  } else if (!entry.isDirectory()) throw refuse(path, entry);
}

function scanned(path: string, stats: Stats): ScannedFile {
  const folder = stats.isDirectory();
  return {
    path,
    size: folder ? 0 : stats.size,
    modifiedMs: stats.mtimeMs,
    changedMs: stats.ctimeMs,
    inode: stats.ino,
    executable: !folder && (stats.mode & 0o100) !== 0,
  };
}

function refuse(path: string, entry: Stats | Dirent): VarveError {
  if (entry.isSymbolicLink()) {
    return new VarveError('symlink-refused', `${path} is a symbolic link`, {
      path,
      remedy: 'Replace it by the file or folder that it names, or exclude it in a .varveignore.',
    });
  }
  return new VarveError('special-file-refused', `${path} is a socket, a pipe or a device, not a file`, {
    path,
    remedy: 'Remove it, or exclude it in a .varveignore.',
  });
}

function unfollowed(dataset: string): VarveError {
  return new VarveError('symlink-refused', `${dataset} is a symbolic link`, {
    path: dataset,
    remedy: `If you made it, and it leads to a folder outside of the repository, run \`varve add --follow ${shellWord(dataset)}\`, which agrees to that folder on this machine. Else replace it by the file or folder that it names.`,
  });
}

function badName(path: string): VarveError {
  return new VarveError(
    'name-unsupported',
    `${JSON.stringify(path)} has a name that other machines cannot keep`,
    {
      path,
      remedy:
        'Rename it without backslashes and control characters, in UTF-8, or exclude it in a .varveignore.',
    },
  );
}

function unsafeName(path: string, problem: string): VarveError {
  return new VarveError('name-unsupported', `${path} cannot be part of a dataset: it ${problem}`, {
    path,
    remedy: 'Rename it, move it out, or exclude it in a .varveignore.',
  });
}

function nested(path: string, code: ErrorCode, what: string, remedy: string): VarveError {
  return new VarveError(code, `${path} is ${what} within the dataset`, { path, remedy });
}
