import type { TransferChoice, TransferResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { recordRun } from './lineage/run.ts';
import type { ExportTableResult } from './tables/exporter.ts';

export interface PushResult extends TransferResult {
  /** Tables on the remote that the settings say to keep up; absent if there are none. */
  readonly tables?: readonly ExportTableResult[];
}

/**
 * Send what the remote lacks of the chosen datasets. What was interrupted is not sent again. Tables there that the settings say to keep
 * up get the versions that they lack.
 */
export function push(
  context: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<PushResult> {
  return recordRun(
    context,
    'push',
    (told) => pushWithTables(told, paths, choice),
    async (result) => {
      const { pushedDatasets } = await import('./lineage/datasets.ts');
      return pushedDatasets(context, paths, result);
    },
  );
}

async function pushWithTables(
  context: Context,
  paths: readonly string[],
  choice: TransferChoice,
): Promise<PushResult> {
  const { backend } = context;
  const result = await backend.push(paths, choice);
  if (result.remote === null || choice.profilesOnly) return result;
  const followed = await backend.followedTables(result.remote.name);
  if (followed.size === 0) return result;
  const { keepTablesUp } = await import('./tables/keep-up.ts');
  return { ...result, tables: await keepTablesUp(context, followed) };
}
