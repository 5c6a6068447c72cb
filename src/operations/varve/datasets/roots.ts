import type { Root } from '../../../store/gc/roots.ts';
import {
  type PointedDataset,
  pointersInHistory,
  pointersNotCommitted,
  worktreeRoots,
} from '../../../workspace/git/pointers.ts';
import { repositoryAt } from '../../../workspace/repository.ts';
import type { WorkingContext } from '../../context/context.ts';
import { rootOfRead } from '../in-place/snapshot.ts';
import { distinctRoots, selectDatasets } from './select.ts';

/**
 * Every snapshot that anyone in this clone can still come back to: of all branches, tags, stashes, reflogs and worktrees,
 * of the index, and of pointers that are not committed.
 */
export async function everyRoot(context: WorkingContext): Promise<Root[]> {
  return [...(await distinctRoots(everyPointer(context))).values()];
}

/** List what the cache must keep: what everyRoot names, and what was read of snapshots in place. */
export async function everyRootOfCache(context: WorkingContext): Promise<Root[]> {
  const roots = await distinctRoots(everyPointer(context));
  const read = new Map<string, Root>();
  const clones = worktreeRoots(context.repository.root).map(repositoryAt);
  for await (const { path, pointer } of everyPointer(context)) {
    for (const clone of clones) {
      const root = rootOfRead(clone, path, pointer);
      if (root !== undefined) read.set(`${path}\0${root.digest}`, root);
    }
  }
  return [...roots.values(), ...read.values()];
}

async function* everyPointer(context: WorkingContext): AsyncGenerator<PointedDataset> {
  const { root } = context.repository;
  yield* pointersInHistory(root, ['--all', '--reflog']);
  for (const tree of worktreeRoots(root)) {
    yield* pointersNotCommitted(tree);
    yield* selectDatasets({ repository: repositoryAt(tree), cwd: tree }, []);
  }
}
