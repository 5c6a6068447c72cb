import { VarveError } from '../errors.ts';
import { datasetHistory, resolveRevision } from '../workspace/git/pointers.ts';
import { pathInRepository } from '../workspace/repository.ts';
import type { Context } from './context/context.ts';
import { datasetNamed } from './datasets/select.ts';
import { outputLog } from './dvc/datasets.ts';

export interface LogResult {
  readonly path: string;
  /** Newest first. */
  readonly versions: readonly LoggedVersion[];
}

export interface LoggedVersion {
  readonly commit: string;
  /** ISO 8601, with the author's zone. */
  readonly date: string;
  readonly author: string;
  readonly subject: string;
  /** Null where this commit took the dataset out. */
  readonly snapshot: {
    readonly digest: string;
    readonly bytes: number;
    readonly files: number;
    readonly rows?: number;
  } | null;
}

/** The versions of one dataset over Git's history. Also of one that is gone from the working tree. */
export function log(context: Context, path: string, revision = 'HEAD'): LogResult {
  if (context.dvc) return outputLog(context, context.dvc, path, revision);
  const { root } = context.repository;
  const dataset = datasetNamed(context, path) ?? pathInRepository(context.repository, context.cwd, path);
  const history = datasetHistory(root, resolveRevision(root, revision), dataset);
  if (history.length === 0) {
    throw new VarveError('not-a-dataset', `No commit of ${revision} has a dataset at ${path}`, {
      path,
      remedy: 'Commit its pointer first; `varve status` lists the datasets that there are.',
    });
  }
  const versions = history.map(({ pointer, ...commit }) => {
    if (pointer === undefined) return { ...commit, snapshot: null };
    const { digest, bytes, files, rows } = pointer;
    return { ...commit, snapshot: { digest, bytes, files, ...(rows === undefined ? {} : { rows }) } };
  });
  return { path: dataset, versions };
}
