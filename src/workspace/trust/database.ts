import type { DatabaseOrigin } from '../database-origin.ts';
import type { TrustRequest } from './request.ts';

/**
 * Make the request of data that a database gave: that this is asked of it, by what this machine knows of passwords. What is asked counts
 * too, since its answer becomes data that is pushed.
 * @param file the pointer that says so, relative to the repository
 */
export function databaseRequest(
  { url, table, query, incremental }: DatabaseOrigin,
  file: string,
): TrustRequest {
  const asked = table === undefined ? { key: 'query', value: query! } : { key: 'table', value: table };
  return {
    about: 'database',
    name: url,
    facts: [
      { key: 'database', value: url, file },
      { ...asked, file },
      ...(incremental === undefined ? [] : [{ key: 'incremental', value: incremental.column, file }]),
    ],
  };
}
