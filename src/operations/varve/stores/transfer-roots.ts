import { isChosen } from '../../../base/files/path-order.ts';
import type { Root } from '../../../store/gc/roots.ts';
import type { StoreTransferOptions } from '../../../store/transfer/transfer.ts';
import { findRevision, pointersInHistory } from '../../../workspace/git/pointers.ts';
import type { TransferChoice } from '../../backend/results.ts';
import { type WorkingContext, watching } from '../../context/context.ts';
import { distinctRoots, rootOf, type SelectedDataset } from '../datasets/select.ts';

/** List the roots of a transfer: those of the working tree, and of history if that is asked for. */
export async function rootsToTransfer(
  context: WorkingContext,
  datasets: readonly SelectedDataset[],
  { allCommits }: TransferChoice,
): Promise<Root[]> {
  const current = datasets.map(rootOf);
  if (!allCommits) return current;
  const { root } = context.repository;
  // A detached HEAD is on no branch; before the first commit there is none.
  const head = findRevision(root, 'HEAD') === undefined ? [] : ['HEAD'];
  const history = await distinctRoots(
    pointersInHistory(root, ['--branches', '--tags', '--remotes', ...head]),
  );
  return [
    ...current,
    ...[...history.values()].filter(({ path }) => datasets.some((one) => isChosen(path, [one.path]))),
  ];
}

export function transferOptions(
  context: WorkingContext,
  { jobs, profilesOnly }: TransferChoice,
): StoreTransferOptions {
  return { ...watching(context), ...(jobs && { jobs }), ...(profilesOnly && { profilesOnly }) };
}
