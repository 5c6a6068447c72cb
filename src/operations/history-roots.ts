import type { Root } from '../store/roots.ts';
import {
  type PointedDataset,
  pointersInHistory,
  pointersNotCommitted,
  worktreeRoots,
} from '../workspace/git-pointers.ts';
import type { Context } from './context.ts';
import { distinctRoots, selectDatasets } from './datasets.ts';

/**
 * Every snapshot that anyone in this clone can still come back to: of all branches, tags, stashes, reflogs and worktrees,
 * of the index, and of pointers that are not committed.
 */
export async function everyRoot(context: Context): Promise<Root[]> {
  return [...(await distinctRoots(everyPointer(context))).values()];
}

async function* everyPointer(context: Context): AsyncGenerator<PointedDataset> {
  const { root } = context.repository;
  yield* pointersInHistory(root, ['--all', '--reflog']);
  for (const tree of worktreeRoots(root)) {
    yield* pointersNotCommitted(tree);
    const repository = { root: tree, folder: `${tree}/.varve` };
    yield* selectDatasets({ repository, cwd: tree }, []);
  }
}
