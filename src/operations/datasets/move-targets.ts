import { lstatSync, renameSync } from 'node:fs';
import { join, posix } from 'node:path';
import { systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { MovedDataset } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { withoutSuffix } from './pointer-suffix.ts';

/**
 * Where each dataset goes, as `mv` has it: into `target` if that is a folder, else to it.
 * @param target as the user wrote it, by the data or by its pointer
 * @throws VarveError `usage` for several datasets and no folder; `path-taken` if one is moved to where it lies, or two to one place
 */
export function targetsOf(
  { repository, cwd }: Pick<WorkingContext, 'repository' | 'cwd'>,
  from: readonly string[],
  target: string,
  pointerSuffix: string,
): MovedDataset[] {
  const named = withoutSuffix(pathInRepository(repository, cwd, target), pointerSuffix);
  const isFolder = /[\\/]$/.test(target) || lstat(join(repository.root, named))?.isDirectory() === true;
  if (from.length > 1 && !isFolder)
    throw new VarveError('usage', `${target} is not a folder, so several datasets cannot be moved there`, {
      path: target,
      remedy: 'Make the folder first, or move one dataset at a time.',
    });
  const moves = from.map((one) => ({
    from: one,
    path: isFolder ? posix.join(named, posix.basename(one)) : named,
  }));
  const seen = new Set(from);
  for (const { path } of moves) {
    if (seen.has(path)) throw taken(path);
    seen.add(path);
  }
  return moves;
}

/** @param paths from the root @throws VarveError `path-taken` */
export function refuseTaken(root: string, ...paths: readonly string[]): void {
  const path = paths.find((one) => lstat(join(root, one)) !== undefined);
  if (path !== undefined) throw taken(path);
}

/** Give what lies at `from` the path `to`, both from the root. @throws VarveError as {@link systemError} */
export function renameInTree(root: string, from: string, to: string): void {
  try {
    renameSync(join(root, from), join(root, to));
  } catch (error) {
    throw systemError(error, 'move', from);
  }
}

function lstat(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}

function taken(path: string): VarveError {
  return new VarveError('path-taken', `Something lies at ${path} already`, {
    path,
    remedy: 'Choose another name; nothing was moved.',
  });
}
