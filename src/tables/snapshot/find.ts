import type { TableLocation, TableSnapshot } from './snapshot.ts';

/**
 * Find the table that lies in a folder, in the version that is asked for.
 * @param at version of Delta Lake, or snapshot, branch or tag of Iceberg; the newest version unless given
 * @returns undefined if no table lies there
 * @throws VarveError `table-version-missing`, `table-damaged`, `table-feature-unsupported`
 */
export async function findTable(
  source: TableLocation,
  at: string | undefined,
): Promise<TableSnapshot | undefined> {
  const { findDelta } = await import('./delta.ts');
  const delta = await findDelta(source, at);
  if (delta !== undefined) return delta;
  const { findIceberg } = await import('./iceberg.ts');
  return findIceberg(source, at);
}
