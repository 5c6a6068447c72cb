import type { FollowedTable } from '../../workspace/config.ts';
import type { Context } from '../context/context.ts';
import { exportTable } from '../export-table.ts';
import type { ExportTableResult } from './exporter.ts';

/** Bring tables up to date that the settings name. @throws VarveError as exportTable */
export async function keepTablesUp(
  context: Context,
  tables: ReadonlyMap<string, FollowedTable>,
): Promise<ExportTableResult[]> {
  const { root } = context.repository;
  const results: ExportTableResult[] = [];
  // The settings name datasets from the root, wherever the user is.
  for (const [path, { dataset, format, remote }] of tables)
    results.push(await exportTable(context, path, `${root}/${dataset}`, { format, remote }));
  return results;
}
