import type { CheckoutOptions, PullResult, TransferChoice } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** Fetch, then check out. With `profilesOnly` there is no data to check out. */
export function pull(
  { backend }: Context,
  paths: readonly string[] = [],
  options: TransferChoice & CheckoutOptions = {},
): Promise<PullResult> {
  return backend.pull(paths, options);
}
