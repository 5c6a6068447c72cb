import { VarveError } from '../../errors.ts';
import type { FollowedTable } from '../../workspace/config.ts';
import type { Context } from '../context/context.ts';
import { exportTable } from '../export-table.ts';
import type { ExportTableResult } from './exporter.ts';

/**
 * Bring tables up to date that the settings name. One whose dataset is gone stays as it is, and a warning says so.
 * @throws VarveError as exportTable
 */
export async function keepTablesUp(
  context: Context,
  tables: ReadonlyMap<string, FollowedTable>,
): Promise<ExportTableResult[]> {
  const { root } = context.repository;
  const results: ExportTableResult[] = [];
  for (const [path, { dataset, format, remote }] of tables) {
    try {
      // The settings name datasets from the root, wherever the user is.
      results.push(await exportTable(context, path, `${root}/${dataset}`, { format, remote }));
    } catch (error) {
      if (!(error instanceof VarveError && error.code === 'dataset-missing')) throw error;
      context.onWarning?.(
        `The table ${path} on ${remote} stays as it is: ${dataset} is no dataset any more. Name another in \`tables\` of .varve/config.yaml, or take the table out there.`,
      );
    }
  }
  return results;
}
