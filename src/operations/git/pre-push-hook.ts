import { datasetsAt, pointersInHistory } from '../../workspace/git/pointers.ts';
import type { TransferResult } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { distinctRoots } from '../varve/datasets/select.ts';
import { pushRoots } from '../varve/push.ts';

const NOTHING = /^0+$/;

/**
 * Send the data of the commits that `git push` is about to send, so that nobody gets a pointer whose data is nowhere.
 * Undefined if they name none.
 * @param gitRemote name of Git's remote
 * @param lines what Git writes to the hook: `<local ref> <local id> <remote ref> <remote id>` for each ref. See githooks(5).
 */
export async function gitPrePush(
  context: WorkingContext,
  gitRemote: string,
  lines: string,
): Promise<TransferResult | undefined> {
  const { root } = context.repository;
  const tips = lines
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((id) => /^[0-9a-f]{40,64}$/.test(id) && !NOTHING.test(id));
  if (tips.length === 0) return undefined;
  const roots = await distinctRoots(pointersInHistory(root, [...tips, '--not', `--remotes=${gitRemote}`]));
  for (const tip of tips) {
    for (const [key, value] of await distinctRoots(await datasetsAt(root, tip))) roots.set(key, value);
  }
  return roots.size === 0 ? undefined : pushRoots(context, [...roots.values()], {}, { leavesOut: true });
}
