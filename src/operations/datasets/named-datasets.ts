import { isDatabaseUrl, parseTableUrl } from '../../database/address.ts';
import { describeDatabase } from '../../database/errors.ts';
import type { Watch } from '../context/context.ts';
import { type NamedDataset, nameDataset } from './resolve.ts';

/**
 * Name what each of some arguments means, as nameDataset does, and tables of databases by their URL too: their rows are here for as long
 * as `use` runs. Only what a person types comes here, since a URL opens a connection.
 * @throws VarveError as nameDataset and withCopiedTable; `database-url-invalid`
 */
export async function withNamedDatasets<T>(
  cwd: string,
  [first, ...others]: readonly string[],
  watch: Watch,
  use: (datasets: readonly NamedDataset[]) => Promise<T>,
): Promise<T> {
  if (first === undefined) return use([]);
  const withOthers = (dataset: NamedDataset): Promise<T> =>
    withNamedDatasets(cwd, others, watch, (rest) => use([dataset, ...rest]));
  if (!isDatabaseUrl(first)) return withOthers(await nameDataset(cwd, first, watch));
  const asked = parseTableUrl(first);
  const place = describeDatabase(asked.address);
  const name = asked.wanted.table === undefined ? place : `${place}?table=${asked.wanted.table}`;
  const { withCopiedTable } = await import('./copied-table.ts');
  return withCopiedTable(asked, { format: 'parquet' }, watch, ({ path: absolutePath }) =>
    withOthers({ name, context: undefined, version: undefined, absolutePath, isForNow: true, cwd, watch }),
  );
}
