import type { TransferChoice, TransferResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { recordRun } from './lineage/run.ts';

/** Send what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export function push(
  context: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<TransferResult> {
  return recordRun(
    context,
    'push',
    ({ backend }) => backend.push(paths, choice),
    async (result) => {
      const { pushedDatasets } = await import('./lineage/datasets.ts');
      return pushedDatasets(context, paths, result);
    },
  );
}
