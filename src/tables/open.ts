import type { OpenTable, TableFolder, TableFormat } from './format.ts';

/** Open a table of a format, which may not be there yet. @throws VarveError `table-foreign` if others have written to it */
export async function openTable(format: TableFormat, folder: TableFolder): Promise<OpenTable> {
  if (format === 'delta') return (await import('./delta/table.ts')).openDelta(folder);
  return (await import('./iceberg/table.ts')).openIceberg(folder);
}
