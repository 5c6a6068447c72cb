import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { parseDatabaseUrl } from '../database/address.ts';
import { describeDatabase } from '../database/errors.ts';
import { openResultSet } from '../database/open.ts';
import type { DatabaseQuery, ResultSet } from '../database/query.ts';
import { type ExportedRows, type ExportFormat, exportRows } from '../engine/export-rows.ts';
import { VarveError } from '../errors.ts';
import { counted } from '../wording/numbers.ts';
import { addFromStream } from './add-from-stream.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

export interface DatabaseOptions extends BackendAddOptions {
  /** A table, read whole in the order of its primary key; it may have the name of its schema before it. */
  readonly table?: string | undefined;
  /** A query, in place of a table. It can read only. */
  readonly query?: string | undefined;
  /** Path of the file that is made: `.parquet` or `.csv`. */
  readonly to: string;
  /** In place of the one that variables or files of the database's own clients have. It is kept nowhere. */
  readonly password?: string | undefined;
}

/**
 * Take a table of a database, or what a query gives, into a file, and add it. All is read in one transaction, which sees one state and can
 * change nothing. Rows wait on the disk: memory does not grow with them.
 * @param url `mysql://user@host/database` or `postgresql://…`, without a password
 * @throws VarveError `database-url-invalid`, `database-refused`, `database-unreachable`, `database-error`, `column-unreadable`, and those of addFromStream
 */
export async function addDatabase(
  context: Context,
  url: string,
  { table, query, to, password, ...options }: DatabaseOptions,
): Promise<AddResult> {
  const { onProgress, onWarning, signal } = context;
  const address = parseDatabaseUrl(url);
  const wanted = queryOf(table, query);
  const format = formatOf(to);
  const name = wanted.table ?? describeDatabase(address);
  const results = await openResultSet(address, wanted, password);
  try {
    if (table !== undefined && results.key.length === 0) onWarning?.(withoutKey(table));
    const onRows = (done: number): void => onProgress?.({ phase: `read ${name}`, unit: 'rows', done });
    const how = { onRows, ...(signal && { signal }) };
    return await exportRows(columnsOf(results, name), results.rows(), format, how, (exported) => {
      for (const column of exported.asText) onWarning?.(keptAsText(column));
      return addFromStream(context, createReadStream(exported.path), to, options);
    });
  } finally {
    await results.close();
  }
}

function queryOf(table: string | undefined, query: string | undefined): DatabaseQuery {
  if (table !== undefined && query === undefined) return { table };
  if (query !== undefined && table === undefined) return { query };
  throw new VarveError('usage', 'a database needs either a table or a query', {
    remedy: 'Give `--table NAME`, or `--query "SELECT …"`.',
  });
}

function formatOf(to: string): ExportFormat {
  const suffix = extname(to).toLowerCase();
  if (suffix === '.parquet' || suffix === '.csv') return suffix === '.csv' ? 'csv' : 'parquet';
  throw new VarveError('usage', `${to} is neither .parquet nor .csv`, {
    path: to,
    remedy: 'Name a file that ends in .parquet, which keeps the types of columns, or in .csv.',
  });
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
