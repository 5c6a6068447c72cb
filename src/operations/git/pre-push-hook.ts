import { VarveError } from '../../errors.ts';
import { readConfig } from '../../workspace/config.ts';
import { datasetsAt, pointersInHistory } from '../../workspace/git/pointers.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import type { PushResult } from '../push.ts';
import { distinctRoots } from '../varve/datasets/select.ts';
import { pushRoots } from '../varve/push.ts';

const NOTHING = /^0+$/;

/**
 * Send the data of the commits that `git push` is about to send, so that nobody gets a pointer whose data is nowhere.
 * Undefined if they name none. Tables on the remote that the settings say to keep up get the versions that they lack.
 * @param gitRemote name of Git's remote
 * @param lines what Git writes to the hook: `<local ref> <local id> <remote ref> <remote id>` for each ref. See githooks(5).
 */
export async function gitPrePush(
  context: WorkingContext,
  gitRemote: string,
  lines: string,
): Promise<PushResult | undefined> {
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
  if (roots.size === 0) return undefined;
  const pushed = await pushRoots(context, [...roots.values()], {}, { leavesOut: true });
  return pushed.remote === null ? pushed : { ...pushed, ...(await withTables(context, pushed.remote.name)) };
}

/** A table that cannot be brought up to date is no reason to hold commits back whose data was sent. */
async function withTables(context: WorkingContext, remote: string): Promise<Pick<PushResult, 'tables'>> {
  const { repository, cwd, onWarning } = context;
  const followed = [...readConfig(repository).tables].filter(([, table]) => table.remote === remote);
  if (followed.length === 0) return {};
  const { openContext } = await import('../context/open.ts');
  const { keepTablesUp } = await import('../tables/keep-up.ts');
  try {
    return { tables: await keepTablesUp(await openContext(cwd, watching(context)), new Map(followed)) };
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    onWarning?.(`${error.message}. ${error.remedy} \`varve push\` tries again.`);
    return {};
  }
}
