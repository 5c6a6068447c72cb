/** Which rows of which database a dataset is a copy of, and what `varve update` asks again. */
export interface DatabaseOrigin {
  /** `mysql://user@host/database` or `postgresql://…`, without a password. */
  readonly url: string;
  /** Either this or `query`. */
  readonly table?: string;
  readonly query?: string;
}

const MAX_URL = 2048;
/** A query of a page or two; a longer one belongs into a view. */
const MAX_QUERY = 16 * 1024;
/** Neither a password nor a parameter but for those that say how to connect. */
const URL =
  /^(?:mysql|mariadb|postgres|postgresql):\/\/(?:[^\x00-\x20\x7f:@/?#]*@)?[^\x00-\x20\x7f@/?#]*\/[^\x00-\x20\x7f@/?#]+(?:\?(?:sslmode|ssl-mode|socket)=[^\x00-\x20\x7f&#]*(?:&(?:sslmode|ssl-mode|socket)=[^\x00-\x20\x7f&#]*)*)?$/;

/** Tell which fact is not one that an origin can have, as the rest of a sentence; undefined if all are. */
export function problemOfOrigin({ url, table, query }: DatabaseOrigin): string | undefined {
  if (url.length > MAX_URL || !URL.test(url))
    return '`database` is not the URL of a database without a password';
  if ((table === undefined) === (query === undefined))
    return 'either `database-table` or `database-query` says what is asked';
  if (
    (table ?? query)!.trim() === '' ||
    (table ?? query)!.length > MAX_QUERY ||
    (table ?? query)!.includes('\0')
  )
    return 'what is asked of the database is nothing that could be asked';
  return undefined;
}
