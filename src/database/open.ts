import type { DatabaseAddress } from './address.ts';
import type { Continuation, DatabaseQuery, ResultSet } from './query.ts';

/**
 * Ask a database, by a driver that is loaded for it.
 * @param next unless given, all that is asked
 * @throws VarveError `database-refused`, `database-unreachable`, `database-error`, `column-unreadable`, `column-unordered`
 */
export async function openResultSet(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  password: string | undefined,
  next?: Continuation,
): Promise<ResultSet> {
  if (address.kind === 'mysql') {
    const { queryMysql } = await import('./mysql.ts');
    return queryMysql(address, wanted, password, next);
  }
  const { queryPostgresql } = await import('./postgresql.ts');
  return queryPostgresql(address, wanted, password, next);
}
