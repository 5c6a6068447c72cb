import type { NamedVersion, TableLocation, TableSnapshot } from './snapshot.ts';

/**
 * Find the table that lies in a folder, in the version that is asked for.
 * @returns undefined if no table lies there
 * @throws VarveError `table-version-missing`, `table-damaged`, `table-feature-unsupported`
 */
export async function findTable(
  source: TableLocation,
  wanted: NamedVersion,
): Promise<TableSnapshot | undefined> {
  const { findDelta } = await import('./delta.ts');
  const delta = await findDelta(source, wanted);
  if (delta !== undefined) return delta;
  const { findIceberg } = await import('./iceberg.ts');
  return findIceberg(source, wanted);
}
