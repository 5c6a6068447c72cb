import { VarveError } from '../../errors.ts';
import type { FollowedTable } from '../../workspace/config.ts';
import type { Context } from '../context/context.ts';
import { exportTable } from '../export-table.ts';
import type { ExportTableResult } from './exporter.ts';

/**
 * Bring tables up to date that the settings name, once data was pushed. One whose dataset is gone stays as it is, and a warning says so. One
 * that fails keeps none of the others back.
 * @throws VarveError as exportTable, with the table that failed, the first of several
 */
export async function keepTablesUp(
  context: Context,
  tables: ReadonlyMap<string, FollowedTable>,
): Promise<ExportTableResult[]> {
  const { root } = context.repository;
  const results: ExportTableResult[] = [];
  const failures: VarveError[] = [];
  for (const [path, { dataset, format, remote }] of tables) {
    try {
      // The settings name datasets from the root, wherever the user is.
      results.push(await exportTable(context, path, `${root}/${dataset}`, { format, remote }));
    } catch (error) {
      if (!(error instanceof VarveError) || context.signal?.aborted) throw error;
      if (error.code === 'dataset-missing')
        context.onWarning?.(
          `The table ${path} on ${remote} stays as it is: ${dataset} is no dataset any more. Name another in \`tables\` of .varve/config.yaml, or take the table out there.`,
        );
      else failures.push(notUpToDate(path, remote, error));
    }
  }
  const [first] = failures;
  if (first !== undefined) throw first;
  return results;
}

/** Whoever reads it has pushed, and has to know that this worked. */
function notUpToDate(path: string, remote: string, cause: VarveError): VarveError {
  const { code, message, remedy, details } = cause;
  return new VarveError(
    code,
    `The data is pushed, but the table ${path} on ${remote} is not up to date: ${message}`,
    {
      path,
      remedy: `${remedy} Or take ${path} out of \`tables\` in .varve/config.yaml: then pushes leave it as it is.`,
      details,
      cause,
    },
  );
}
