import { datasetHistory } from '../../workspace/git/pointers.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Context } from '../context/context.ts';
import { previousOutput } from '../dvc/datasets.ts';
import type { DatasetVersion } from './version.ts';

/** The last snapshot in Git's history that is not the given version; undefined where the version is the first. */
export function previousPointer(context: Context, version: DatasetVersion): Pointer | undefined {
  if (context.dvc) return previousOutput(context.dvc, version);
  return datasetHistory(context.repository.root, version.commit ?? 'HEAD', version.path)
    .map(({ pointer }) => pointer)
    .find((pointer) => pointer !== undefined && pointer.digest !== version.pointer.digest);
}
