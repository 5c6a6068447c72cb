import { type Dirent, lstatSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isUnfinished } from '../../base/files/atomic-write.ts';
import { problemOfDataPath } from '../../base/files/data-path.ts';
import { comparePaths } from '../../base/files/path-order.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { refuseLinksAbove } from '../../workspace/tree/scan.ts';
import { DVC_IGNORE } from '../format/dvcignore.ts';
import { fileFactsOf } from '../objects/object-io.ts';
import type { FileFacts } from '../objects/object-jobs.ts';
import type { DvcRepository } from './repository.ts';

/** A file of an output as it lies in the workspace; `path` is relative to the output, '' for an output that is a file. */
export interface FoundFile {
  readonly path: string;
  /** Of what a link to the cache leads to. */
  readonly facts: FileFacts;
  readonly link: 'none' | 'symlink' | 'hardlink';
  readonly executable: boolean;
}

export interface FoundOutput {
  readonly kind: 'file' | 'directory';
  /** Sorted by path as DVC sorts. */
  readonly files: readonly FoundFile[];
}

/**
 * What lies at the path of an output; undefined if nothing does. As with DVC, empty folders are nothing. Links are
 * followed only into the cache, where DVC may have put the data.
 * @param unfinished takes the paths, from the top, of files that a write of varve left in the output or still writes: they are no data
 * @throws VarveError `symlink-refused`, `special-file-refused`, `dataset-nested`, `name-unsupported`
 */
export function scanOutput(
  repository: DvcRepository,
  path: string,
  unfinished?: string[],
): FoundOutput | undefined {
  refuseLinksAbove(repository.root, path);
  const found = lstatSync(join(repository.root, path), { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return { kind: 'file', files: [inspect(repository, path, '', found)] };
  const files: FoundFile[] = [];
  scanFolder(repository, path, '', files, unfinished);
  return { kind: 'directory', files };
}

/** @param folder within the output, '' or ending in `/` */
function scanFolder(
  repository: DvcRepository,
  output: string,
  folder: string,
  into: FoundFile[],
  unfinished: string[] | undefined,
): void {
  const top = `${output}/${folder}`;
  for (const name of namesIn(repository, top, unfinished)) {
    if (name.endsWith('/')) {
      scanFolder(repository, output, folder + name, into, unfinished);
      continue;
    }
    const found = lstatSync(`${repository.root}/${top}${name}`, { throwIfNoEntry: false });
    if (found !== undefined) into.push(inspect(repository, top + name, folder + name, found));
  }
}

/** List what of a folder belongs to the data, folders with a `/` at their end, in the order of whole paths. */
function namesIn(repository: DvcRepository, folder: string, unfinished: string[] | undefined): string[] {
  const isIgnored = repository.ignore.in(folder);
  const names: string[] = [];
  for (const entry of entries(repository.root, folder)) {
    const name = entry.isDirectory() ? `${entry.name}/` : entry.name;
    if (isUnfinished(entry.name)) {
      // With `cache.type symlink`, an unfinished file is a link.
      if (entry.isFile() || entry.isSymbolicLink()) unfinished?.push(folder + entry.name);
      continue;
    }
    if (isIgnored(name)) continue;
    checkName(folder + entry.name, entry.name);
    names.push(name);
  }
  return names.sort(comparePaths);
}

function entries(root: string, folder: string): Dirent[] {
  try {
    return readdirSync(`${root}/${folder}`, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw systemError(error, 'read', folder);
  }
}

function inspect(repository: DvcRepository, whole: string, path: string, found: Stats): FoundFile {
  const executable = (found.mode & 0o100) !== 0;
  if (found.isFile()) {
    return { path, facts: fileFactsOf(found), link: found.nlink > 1 ? 'hardlink' : 'none', executable };
  }
  if (!found.isSymbolicLink())
    throw refused(whole, 'special-file-refused', 'is a socket, a pipe or a device');
  const target = statSync(join(repository.root, whole), { throwIfNoEntry: false });
  if (!leadsToCache(repository, whole)) throw refused(whole, 'symlink-refused', 'is a symbolic link');
  // A link to an object that is gone: the file is missing as surely as if there were no link.
  const facts = target?.isFile() ? fileFactsOf(target) : { ...fileFactsOf(found), size: -1 };
  return { path, facts, link: 'symlink', executable: false };
}

function leadsToCache(repository: DvcRepository, whole: string): boolean {
  const link = join(repository.root, whole);
  const steps = relative(repository.config.cacheDir, resolve(link, '..', readlinkSync(link)));
  return /^(files[\\/]md5[\\/])?[0-9a-f]{2}[\\/][0-9a-f]{30}$/.test(steps);
}

function checkName(path: string, name: string): void {
  if (name === DVC_IGNORE) {
    throw refused(path, 'dataset-nested', 'lies within the data', 'Move it above the data, as DVC demands.');
  }
  const problem = name.includes('\ufffd') ? 'is not valid UTF-8' : problemOfDataPath(path);
  if (problem === undefined) return;
  throw refused(
    JSON.stringify(path),
    'name-unsupported',
    `cannot be part of the data: it ${problem}`,
    'Rename it, move it out, or name it in .dvcignore.',
  );
}

function refused(
  path: string,
  code: ErrorCode,
  what: string,
  remedy = 'Replace it by the file or folder itself, or name it in .dvcignore.',
): VarveError {
  return new VarveError(code, `${path} ${what}`, { path, remedy });
}
