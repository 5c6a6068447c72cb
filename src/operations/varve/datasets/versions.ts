import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { datasetAt, resolveRevision } from '../../workspace/git/pointers.ts';
import { POINTER_SUFFIX, type Pointer, readPointer } from '../../workspace/pointer.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { Context } from '../context/context.ts';
import { outputVersion } from '../dvc/datasets.ts';
import { datasetNamed } from './select.ts';

/** One version of a dataset: of the working tree where `commit` is undefined. */
export interface DatasetVersion {
  readonly path: string;
  readonly pointer: Pointer;
  readonly commit: string | undefined;
}

/**
 * `path@REV`, or `path` for the working tree's version. Undefined where it names no dataset: a plain file or folder, or
 * nothing at all.
 * @throws VarveError `unknown-revision`, `not-a-dataset` where the commit has no such dataset
 */
export function datasetVersion(context: Context, argument: string): DatasetVersion | undefined {
  if (context.dvc) return outputVersion(context, context.dvc, argument);
  const { root } = context.repository;
  const whole = datasetNamed(context, argument);
  if (whole !== undefined) return { path: whole, pointer: readPointer(root, whole), commit: undefined };
  const at = argument.indexOf('@', 1);
  if (at < 0 || existsSync(join(context.cwd, argument))) return undefined;
  const commit = resolveRevision(root, argument.slice(at + 1));
  const path = pathInRepository(context.repository, context.cwd, argument.slice(0, at));
  const named = path.endsWith(POINTER_SUFFIX) ? path.slice(0, -POINTER_SUFFIX.length) : path;
  return { path: named, pointer: pointerAt(root, commit, named), commit };
}

/** @throws VarveError `not-a-dataset` */
function pointerAt(root: string, commit: string, path: string): Pointer {
  const pointer = datasetAt(root, commit, path);
  if (pointer !== undefined) return pointer;
  throw new VarveError('not-a-dataset', `${path} is not a dataset in ${commit.slice(0, 12)}`, {
    path,
    remedy: 'See `varve log` for the commits that have it.',
  });
}
