import { isWithin } from '../../../base/files/path-order.ts';
import type { Root } from '../../../store/gc/roots.ts';
import type { StoreTransferOptions } from '../../../store/transfer/transfer.ts';
import { findRevision, pointersInHistory } from '../../../workspace/git/pointers.ts';
import { pathInRepository } from '../../../workspace/repository.ts';
import type { TransferChoice } from '../../backend/results.ts';
import { type WorkingContext, watching } from '../../context/context.ts';
import { distinctRoots, rootOf, type SelectedDataset } from '../datasets/select.ts';

/**
 * List the roots of a transfer, each once: those of the working tree, and of history if that is asked for. History has datasets too that
 * were removed or moved, or lie on other branches.
 * @param paths as the user named them, by which the datasets were chosen: of history, what is or lies at one of them. None: all of it
 */
export async function rootsToTransfer(
  { repository, cwd }: WorkingContext,
  datasets: readonly SelectedDataset[],
  { allCommits }: TransferChoice,
  paths: readonly string[],
): Promise<Root[]> {
  const current = datasets.map(rootOf);
  if (!allCommits) return current;
  const { root } = repository;
  // A detached HEAD is on no branch; before the first commit there is none.
  const head = findRevision(root, 'HEAD') === undefined ? [] : ['HEAD'];
  const history = await distinctRoots(
    pointersInHistory(root, ['--branches', '--tags', '--remotes', ...head]),
  );
  const places = [
    ...datasets.map(({ path }) => path),
    ...paths.map((path) => pathInRepository(repository, cwd, path)),
  ];
  const isNamed = ({ path }: Root): boolean =>
    paths.length === 0 || places.some((place) => isWithin(path, place));
  const whole = await distinctRoots(datasets.filter(({ only }) => only === undefined));
  const others = [...history].filter(([key, root]) => !whole.has(key) && isNamed(root));
  return [...current, ...others.map(([, root]) => root)];
}

/** Count versions: one may have several lists of statistics or blocks. */
export function versionCount(roots: readonly Root[]): number {
  return new Set(roots.map(({ path, digest }) => `${path}\0${digest}`)).size;
}

export function transferOptions(
  context: WorkingContext,
  { jobs, profilesOnly }: TransferChoice,
): StoreTransferOptions {
  return { ...watching(context), ...(jobs && { jobs }), ...(profilesOnly && { profilesOnly }) };
}
