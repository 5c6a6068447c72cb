import { openRows, type RowTable } from '../../engine/check-rows.ts';
import { VarveError } from '../../errors.ts';
import { openTableRows } from '../../profile/dataset/profile-directory.ts';
import type { RowChecker } from '../../schema/row-checker.ts';
import type { DatasetFiles } from '../backend/version.ts';
import { watching } from '../context/context.ts';
import { filesInPlace } from '../datasets/files.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { profileCache } from './cache.ts';
import { engineOptions, type ProfilingOptions } from './load.ts';

/** Looks at rows of data that lies at hand; opens nothing before it is asked. Close it. */
export function rowCheckerOf(
  dataset: NamedDataset,
  options: ProfilingOptions = {},
): RowChecker & { close(): Promise<void> } {
  const opened = new Map<string, Promise<RowTable>>();
  let files: Promise<DatasetFiles> | undefined;
  const open = async (table: string): Promise<RowTable> => {
    files ??= filesInPlace(dataset);
    const rows = await rowsOf(dataset, await files, table, options);
    if (rows !== undefined) return rows;
    throw new VarveError('missing-table', `${dataset.name} has no rows of a table ${JSON.stringify(table)}`, {
      path: dataset.name,
      remedy: 'Correct the name of the table in the schema; `varve profile` lists those there are.',
    });
  };
  return {
    async check({ table, failing, value }) {
      const rows = opened.get(table) ?? open(table);
      opened.set(table, rows);
      return (await rows).ask(failing, value);
    },
    async close() {
      for (const rows of opened.values()) (await rows.catch(() => undefined))?.close();
    },
  };
}

async function rowsOf(
  { context, watch }: NamedDataset,
  { kind, files }: DatasetFiles,
  table: string,
  { slice, ...machine }: ProfilingOptions,
): Promise<RowTable | undefined> {
  const { signal } = watching(watch);
  const options = { ...engineOptions(machine), ...(signal && { signal }), ...(slice && { slice }) };
  if (kind === 'file') return table === '' ? openRows([{ files, constants: [] }], options) : undefined;
  const cache = context === undefined ? {} : profileCache(context.repository);
  return openTableRows(files, table, { ...options, ...cache });
}
