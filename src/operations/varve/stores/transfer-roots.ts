import { isChosen } from '../../base/path-order.ts';
import type { Root } from '../../store/gc/roots.ts';
import type { TransferOptions } from '../../store/transfer/transfer.ts';
import { pointersInHistory } from '../../workspace/git/pointers.ts';
import { distinctRoots, rootOf, type SelectedDataset } from '../datasets/select.ts';
import type { InPlace } from '../in-place/fetch.ts';
import { type Context, watching } from './context.ts';

/** What push, fetch and pull have in common. */
export interface TransferChoice {
  /** Name of a remote; the default one where it is not given. */
  readonly remote?: string | undefined;
  /** Every version that a branch or tag reaches, not only the working tree's. */
  readonly allCommits?: boolean | undefined;
  /** Statistics and no data. */
  readonly profilesOnly?: boolean | undefined;
  /** Requests at a time. */
  readonly jobs?: number | undefined;
}

export interface TransferResult {
  /** Null where everything is in place and its lists are here already, so that no remote had to be asked. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Versions of datasets that were asked for. */
  readonly snapshots: number;
  /** What really had to be sent. */
  readonly objects: number;
  readonly bytes: number;
  /** Datasets whose data lies in a bucket. Of them, the remote has the lists; a push copies nothing more. */
  readonly inPlace?: readonly InPlace[];
}

/** The roots that a transfer is about: those of the working tree, and of history where that is asked for. */
export async function rootsToTransfer(
  context: Context,
  datasets: readonly SelectedDataset[],
  { allCommits }: TransferChoice,
): Promise<Root[]> {
  const current = datasets.map(rootOf);
  if (!allCommits) return current;
  const history = await distinctRoots(
    pointersInHistory(context.repository.root, ['--branches', '--tags', '--remotes', 'HEAD']),
  );
  return [
    ...current,
    ...[...history.values()].filter(({ path }) => datasets.some((one) => isChosen(path, [one.path]))),
  ];
}

export function transferOptions(context: Context, { jobs, profilesOnly }: TransferChoice): TransferOptions {
  return { ...watching(context), ...(jobs && { jobs }), ...(profilesOnly && { profilesOnly }) };
}
