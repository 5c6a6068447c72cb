import { isTabular } from '../engine/formats.ts';
import { hiveOf } from './hive.ts';

/**
 * The files whose rows make the table `name` of a directory's profile. Undefined for one of several tables in the same
 * folder: which files are whose is told by their columns, which only their profiles know.
 */
export function filesOfTable<F extends { readonly path: string }>(
  files: readonly F[],
  name: string,
): readonly F[] | undefined {
  const tabular = files.filter(({ path }) => isTabular(path));
  if (name === '') return tabular;
  const inFolder = tabular.filter(({ path }) => (hiveOf(path).folder || '.') === name);
  return inFolder.length > 0 ? inFolder : undefined;
}
