import type { TransferChoice, TransferResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** Send what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export function push(
  { backend }: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<TransferResult> {
  return backend.push(paths, choice);
}
