import { openRows, type RowTable } from '../engine/check-rows.ts';
import { VarveError } from '../errors.ts';
import { filesOfTable } from '../profile/table-files.ts';
import type { RowChecker } from '../schema/row-checker.ts';
import { type DatasetFiles, filesInPlace } from './dataset-files.ts';
import type { NamedDataset } from './named-dataset.ts';

/** Looks at rows of data that lies at hand; opens nothing before it is asked. Close it. */
export function rowCheckerOf(dataset: NamedDataset): RowChecker & { close(): Promise<void> } {
  const opened = new Map<string, Promise<RowTable>>();
  let files: Promise<DatasetFiles> | undefined;
  const open = async (table: string): Promise<RowTable> => {
    files ??= filesInPlace(dataset);
    const { signal } = dataset.context ?? {};
    return openRows(filesToRead(await files, table, dataset.name), signal === undefined ? {} : { signal });
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

function filesToRead({ kind, files }: DatasetFiles, table: string, dataset: string) {
  const found = kind === 'file' ? files : filesOfTable(files, table);
  if (found !== undefined && found.length > 0) return found;
  throw new VarveError(
    'mixed-tables',
    `The rows of table ${table} of ${dataset} cannot be told from others beside them`,
    {
      path: dataset,
      remedy:
        'Put files with different columns into different folders, or drop the row checks of this table.',
    },
  );
}
