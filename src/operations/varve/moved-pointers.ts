/**
 * Datasets whose pointer was moved without its data, as by `git mv`. The place of the pointer says which dataset it is; varve's own record
 * says where the data was put last.
 */

import { renameSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { SafeFolders } from '../../workspace/checkout/safe-folder.ts';
import { ignoreDatasets, unignoreDataset } from '../../workspace/git/gitignore.ts';
import { datasetPaths } from '../../workspace/git/pointers.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import { pathOfFile } from '../../workspace/tree/data-state.ts';
import { isSameContent } from '../../workspace/tree/read-record.ts';
import { dataKind, refuseLinksAbove } from '../../workspace/tree/scan.ts';
import { moveStatCache, readStatCache, type StatCache } from '../../workspace/tree/stat-cache.ts';
import { linkedFolder } from '../../workspace/trust/link.ts';
import type { MovedDataset } from '../backend/results.ts';
import { movedSchema, schemasBeside } from '../datasets/schemas-beside.ts';
import { refuseNested, type SelectedDataset } from './datasets/select.ts';
import { untrackedData } from './other-branches.ts';
import { refuseTouched } from './tracked-files.ts';

/**
 * Find data whose pointer was moved: nothing lies at the pointer's new place, and data that was recorded as just this version lies where
 * no pointer is any more. Of several, that of the same name is taken.
 * @returns where the data lies, by the dataset whose it is
 */
export function dataLeftBehind(
  repository: Repository,
  datasets: readonly SelectedDataset[],
): Map<string, string> {
  const found = new Map<string, string>();
  const missing = datasets.filter(({ path }) => isMissing(repository.root, path));
  if (missing.length === 0) return found;
  const pointed = datasetPaths(repository.root);
  // A folder that other datasets lie in by now is not the data of one, and a link is followed only where the user said so.
  const whole = untrackedData(repository).filter(
    (path) =>
      !pointed.some((one) => isWithin(one, path)) && linkedFolder(repository.root, path) === undefined,
  );
  const left = recordsOf(repository, whole);
  for (const { path, pointer } of missing) {
    const matching = [...left.keys()].filter((from) => isVersion(repository, from, left.get(from)!, pointer));
    const from = matching.find((one) => posix.basename(one) === posix.basename(path)) ?? matching[0];
    if (from === undefined) continue;
    found.set(path, from);
    left.delete(from);
  }
  return found;
}

function isMissing(root: string, path: string): boolean {
  try {
    return dataKind(root, path) === undefined;
  } catch (error) {
    // Something odd lies there, which whoever works on it says.
    if (error instanceof VarveError) return false;
    throw error;
  }
}

function recordsOf(repository: Repository, paths: readonly string[]): Map<string, StatCache> {
  const records = new Map<string, StatCache>();
  for (const path of paths) {
    const record = readStatCache(repository, path);
    if (record !== undefined) records.set(path, record);
  }
  return records;
}

function isVersion(repository: Repository, from: string, { snapshot }: StatCache, pointer: Pointer): boolean {
  return (
    isSameContent(repository, snapshot, pointer.digest) && kindOf(repository.root, from) === pointer.kind
  );
}

function kindOf(root: string, path: string): Pointer['kind'] | undefined {
  try {
    return dataKind(root, path);
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}

/**
 * Move data after its pointer, with what was edited in it, its .gitignore line and its schema. What cannot be moved stays where it is, and
 * the version is checked out as for any dataset that is not here.
 */
export function followPointers(repository: Repository, datasets: readonly SelectedDataset[]): MovedDataset[] {
  const moved: MovedDataset[] = [];
  for (const [path, from] of dataLeftBehind(repository, datasets)) {
    try {
      follow(repository, from, path);
      moved.push({ from, path });
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
    }
  }
  return moved;
}

/** At any instant, Git ignores the data wherever it lies. */
function follow(repository: Repository, from: string, to: string): void {
  const { root } = repository;
  refuseLinksAbove(root, from);
  refuseLinksAbove(root, to);
  refuseNested(root, to);
  const paths = readStatCache(repository, from)!.paths.map((path) => pathOfFile(to, path));
  refuseTouched(root, [{ dataset: to, paths: [to, ...paths] }], nameFolding(repository));
  new SafeFolders(root).make(posix.dirname(to));
  ignoreDatasets(root, [to]);
  rename(root, from, to);
  moveStatCache(repository, from, to);
  const taken = new Set(schemasBeside(root, to));
  for (const schema of schemasBeside(root, from)) {
    const target = movedSchema(schema, from, to);
    if (!taken.has(target)) rename(root, schema, target);
  }
  unignoreDataset(root, from);
}

function rename(root: string, from: string, to: string): void {
  try {
    renameSync(join(root, from), join(root, to));
  } catch (error) {
    throw systemError(error, 'move', from);
  }
}
