import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { git } from '../../workspace/git/git.ts';
import type { CheckoutResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDatasetQuietly, problemsField } from '../datasets/each.ts';
import { checkoutFrom } from '../varve/checkout.ts';
import { selectPaths, withPointer } from '../varve/datasets/select.ts';
import { removeOtherBranches } from '../varve/other-branches.ts';
import { openCache } from '../varve/stores/stores.ts';

/** Hooks after which other pointers may lie here. See githooks(5). */
export const CHECKOUT_HOOKS = ['post-checkout', 'post-merge', 'post-rewrite'] as const;

export type CheckoutHook = (typeof CHECKOUT_HOOKS)[number];

/**
 * Make the data follow the pointers that Git has just put here, dataset by dataset: what is edited stays, what the cache lacks is named and
 * left to `varve pull`. Asks no server. Undefined where Git has not come to rest.
 * @param args what Git gives the hook
 */
export async function followCheckout(
  context: WorkingContext,
  hook: CheckoutHook,
  args: readonly string[],
): Promise<CheckoutResult | undefined> {
  const { root } = context.repository;
  const isOfFiles = hook === 'post-checkout' && args[2] === '0';
  if (isOfFiles || (hook !== 'post-rewrite' && isRebasing(root))) return undefined;
  return closing(await openCache(context), async (cache) => {
    const { done, problems } = await eachDatasetQuietly(selectPaths(context, []), async ({ path }) => {
      const dataset = withPointer(root, { path });
      const result = await checkoutFrom(context, cache, [dataset], { named: false, keepEdited: true });
      return result;
    });
    const takenAway = await removeOtherBranches(context, cache);
    const moved = done.flatMap((result) => result.moved ?? []);
    return {
      datasets: done.flatMap((result) => result.datasets),
      ...(moved.length > 0 && { moved }),
      ...(takenAway.length > 0 && { takenAway }),
      ...problemsField(problems),
    };
  });
}

/** In a rebase each step is a checkout; the last hook of it comes when all is done. */
function isRebasing(root: string): boolean {
  return ['rebase-merge', 'rebase-apply'].some((name) =>
    existsSync(resolve(root, git(root, ['rev-parse', '--git-path', name]).output.toString().trim())),
  );
}
