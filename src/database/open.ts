import type { DatabaseAddress } from './address.ts';
import type { DatabaseQuery, ResultSet } from './query.ts';

/**
 * Ask a database, by a driver that is loaded for it.
 * @throws VarveError `database-refused`, `database-unreachable`, `database-error`, `column-unreadable`
 */
export async function openResultSet(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  password: string | undefined,
): Promise<ResultSet> {
  if (address.kind === 'mysql') {
    const { queryMysql } = await import('./mysql.ts');
    return queryMysql(address, wanted, password);
  }
  const { queryPostgresql } = await import('./postgresql.ts');
  return queryPostgresql(address, wanted, password);
}
