import type { DatabaseAddress } from './address.ts';
import type { AskOptions, DatabaseQuery, ResultSet } from './query.ts';

/**
 * Ask a database, by a driver that is loaded for it.
 * @throws VarveError `database-refused`, `database-unreachable`, `database-error`, `tls-refused`, `certificates-unreadable`, `column-unreadable`,
 * `column-unordered`, `column-missing`
 */
export async function openResultSet(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  options: AskOptions,
): Promise<ResultSet> {
  if (address.kind === 'mysql') {
    const { queryMysql } = await import('./mysql.ts');
    return queryMysql(address, wanted, options);
  }
  const { queryPostgresql } = await import('./postgresql.ts');
  return queryPostgresql(address, wanted, options);
}
