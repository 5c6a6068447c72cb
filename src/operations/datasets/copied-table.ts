import type { DatabaseAddress } from '../../database/address.ts';
import { describeDatabase } from '../../database/errors.ts';
import { openResultSet } from '../../database/open.ts';
import type { Continuation, DatabaseQuery, LeftOut, ResultSet, RowSink } from '../../database/query.ts';
import { type ExportedRows, type ExportFormat, exportRows } from '../../engine/export-rows.ts';
import { VarveError } from '../../errors.ts';
import { counted } from '../../wording/numbers.ts';
import type { Watch } from '../context/context.ts';

/** What is asked of which database. */
export interface AskedTable {
  readonly address: DatabaseAddress;
  readonly wanted: DatabaseQuery;
  /** Asks only for rows behind those that were taken. */
  readonly next?: Continuation | undefined;
}

/** A file of rows, and what else the database said in the same transaction. */
export interface CopiedTable {
  readonly path: string;
  readonly rows: number;
  /** Of a continuation: the value of the last row in its column, as the database wrote it; undefined if there is no row. */
  readonly last?: string | undefined;
  readonly leftOut?: LeftOut | undefined;
}

export interface CopiedTableOptions {
  readonly format: ExportFormat;
  /** In place of the one that variables or files of the database's own clients have. */
  readonly password?: string | undefined;
}

/**
 * Have a table of a database as a file for as long as `use` runs. All rows are read in one transaction, and wait on the disk.
 * @throws VarveError `database-refused`, `database-unreachable`, `database-error`, `column-unreadable`, `column-unordered`, `column-missing`
 */
export async function withCopiedTable<T>(
  { address, wanted, next }: AskedTable,
  { format, password }: CopiedTableOptions,
  { onProgress, onWarning, signal }: Watch,
  use: (exported: CopiedTable) => Promise<T>,
): Promise<T> {
  const name = wanted.table ?? describeDatabase(address);
  const results = await openResultSet(address, wanted, { password, next, signal, onWaiting: onWarning });
  try {
    if (wanted.table !== undefined && next === undefined && results.key.length === 0)
      onWarning?.(withoutKey(wanted.table));
    const onRows = (done: number): void => onProgress?.({ phase: `read ${name}`, unit: 'rows', done });
    const how = { format, key: results.key, onRows, ...(signal && { signal }) };
    const read = (sink: RowSink): Promise<void> => results.read(sink);
    return await exportRows(columnsOf(results, name), read, how, (exported) => {
      // What is made of the rows may take long, and needs no server.
      results.close();
      for (const column of exported.asText) onWarning?.(keptAsText(column));
      const { path, rows } = exported;
      return use({ path, rows, last: results.last(), leftOut: results.leftOut });
    });
  } finally {
    results.close();
  }
}

/** @throws VarveError `database-error` where no table could have these columns */
function columnsOf({ columns }: ResultSet, path: string): ResultSet['columns'] {
  const names = columns.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, at) => name === '' || names.indexOf(name) !== at);
  if (columns.length > 0 && twice === undefined) return columns;
  throw new VarveError(
    'database-error',
    columns.length === 0
      ? 'The query gives no columns'
      : `Two columns have the name ${JSON.stringify(twice)}, or one has none`,
    { path, remedy: 'Write a query that selects columns, each `AS` a name of its own.' },
  );
}

function withoutKey(table: string): string {
  return `${table} has no primary key, so its rows come in any order, and equal data may be another version: \`--query "SELECT … ORDER BY …"\` gives them one.`;
}

function keptAsText({ name, type, values }: ExportedRows['asText'][number]): string {
  return `${name} is kept as text: ${counted(values, 'value')} of it ${values === 1 ? 'is' : 'are'} no ${type}.`;
}
