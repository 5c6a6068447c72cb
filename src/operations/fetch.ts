import type { TransferChoice, TransferResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** Bring what the cache lacks of the chosen datasets; the data itself is not touched. */
export function fetch(
  { backend }: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<TransferResult> {
  return backend.fetch(paths, choice);
}
