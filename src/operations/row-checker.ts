import { openRows, type RowTable } from '../engine/check-rows.ts';
import { VarveError } from '../errors.ts';
import { tablesOf } from '../profile/profile-directory.ts';
import type { RowChecker } from '../schema/row-checker.ts';
import { type DatasetFiles, filesInPlace } from './dataset-files.ts';
import type { NamedDataset } from './named-dataset.ts';
import { profileCache } from './profile-cache.ts';

/** Looks at rows of data that lies at hand; opens nothing before it is asked. Close it. */
export function rowCheckerOf(dataset: NamedDataset): RowChecker & { close(): Promise<void> } {
  const opened = new Map<string, Promise<RowTable>>();
  let files: Promise<DatasetFiles> | undefined;
  const open = async (table: string): Promise<RowTable> => {
    files ??= filesInPlace(dataset);
    const { signal } = dataset.context ?? {};
    return openRows(await filesToRead(await files, table, dataset), signal === undefined ? {} : { signal });
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

async function filesToRead({ kind, files }: DatasetFiles, table: string, dataset: NamedDataset) {
  const cache = dataset.context === undefined ? {} : profileCache(dataset.context.repository);
  const tables = kind === 'file' ? [{ name: '', files }] : await tablesOf(files, cache);
  const found = tables.find(({ name }) => name === table)?.files ?? [];
  if (found.length > 0) return found;
  throw new VarveError('missing-table', `${dataset.name} has no rows of a table ${JSON.stringify(table)}`, {
    path: dataset.name,
    remedy: 'Correct the name of the table in the schema; `varve profile` lists those there are.',
  });
}
