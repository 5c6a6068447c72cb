import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { parseDatabaseUrl, SYSTEM, splitTableUrl, withAuthority } from '../database/address.ts';
import type { DatabaseQuery } from '../database/query.ts';
import type { ExportFormat } from '../engine/export-rows.ts';
import { VarveError } from '../errors.ts';
import type { DatabaseOrigin } from '../workspace/database-origin.ts';
import { pointerPath } from '../workspace/pointer.ts';
import { giveConsent } from '../workspace/trust/consent.ts';
import { databaseRequest } from '../workspace/trust/database.ts';
import { isInside } from '../workspace/trust/folders.ts';
import type { TrustRequest } from '../workspace/trust/request.ts';
import { recordAdd } from './add.ts';
import { addFromStream } from './add-from-stream.ts';
import { appendRows, refuseUnkept } from './append-rows.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import { withCopiedTable } from './datasets/copied-table.ts';

export interface DatabaseOptions extends BackendAddOptions {
  /** A table, read whole in the order of its primary key; it may have the name of its schema before it. */
  readonly table?: string | undefined;
  /** A query, in place of a table. It can read only. */
  readonly query?: string | undefined;
  /**
   * Only rows whose value in this column is greater than that of the last row that was taken. They are appended: `to` is a folder, and each
   * run adds a file of Parquet to it.
   */
  readonly incremental?: string | undefined;
  /** Path of the file that is made, `.parquet` or `.csv`; of the folder with `incremental`. */
  readonly to: string;
  /** In place of the one that variables or files of the database's own clients have. It is kept nowhere. */
  readonly password?: string | undefined;
}

/**
 * Take a table of a database, or what a query gives, into a file, and add it. All is read in one transaction, which sees one state and can
 * change nothing. Rows wait on the disk: memory does not grow with them.
 * @param given `mysql://user@host/database` or `postgresql://…`, without a password; `?table=` or `?query=` may stand behind it in place of the option
 * @throws VarveError `database-url-invalid`, `database-refused`, `database-unreachable`, `database-error`, `tls-refused`, `certificates-unreadable`,
 * `column-unreadable`, and those of addFromStream; with `incremental` also `column-missing`, `column-unordered`, `types-differ`, `dvc-unsupported`
 */
export function addDatabase(context: Context, given: string, options: DatabaseOptions): Promise<AddResult> {
  const { url, ...named } = splitTableUrl(given);
  const wanted = queryOf([named, options]);
  return recordAdd(context, (told) => addRows(told, url, wanted, options), { url, table: wanted.table });
}

async function addRows(
  context: Context,
  asGiven: string,
  wanted: DatabaseQuery,
  { incremental, to, password, table, query, ...options }: DatabaseOptions,
): Promise<AddResult> {
  const { authority } = parseDatabaseUrl(asGiven);
  const url = withPlainScheme(
    authority === undefined ? asGiven : withAuthority(asGiven, wholePath(context, authority)),
  );
  const asked = { address: parseDatabaseUrl(url), wanted };
  const database: DatabaseOrigin = {
    url,
    ...(wanted.table === undefined ? { query: wanted.query } : { table: wanted.table }),
  };
  refuseUnkept({
    ...database,
    ...(incremental !== undefined && { incremental: { column: incremental, rows: 0 } }),
  });
  const added =
    incremental === undefined
      ? await withCopiedTable(asked, { format: formatOf(to), password }, context, ({ path }) =>
          addFromStream(context, createReadStream(path), to, { ...options, database }),
        )
      : await appendRows(context, asked, database, { column: incremental, to, password, ...options });
  // Who asks on this machine has agreed to ask again.
  for (const { path } of added.datasets)
    giveConsent(
      context.repository.root,
      consentTo(context.repository.root, database, incremental, pointerPath(path)),
    );
  return added;
}

/** Schemes may be written in any letters; a pointer has them in small ones. */
function withPlainScheme(url: string): string {
  return url.replace(/^[^:]*/, (scheme) => scheme.toLowerCase());
}

/** How far rows have been taken is no part of what is agreed to. */
function consentTo(
  root: string,
  database: DatabaseOrigin,
  column: string | undefined,
  file: string,
): TrustRequest {
  const incremental = column === undefined ? {} : { incremental: { column, rows: 0 } };
  return databaseRequest(root, { ...database, ...incremental }, file);
}

/** A pointer means the same file wherever a command runs. By its real name it is known to lie in the repository, where it does. */
function wholePath({ repository: { root }, cwd }: Context, authority: string): string {
  if (authority === SYSTEM) return authority;
  const path = resolve(cwd, authority);
  const real = existsSync(path) ? realpathSync(path) : path;
  return isInside(root, real) ? real : path;
}

/** @throws VarveError `usage` unless just one table or query is named */
function queryOf(places: readonly Pick<DatabaseOptions, 'table' | 'query'>[]): DatabaseQuery {
  const named = places.flatMap(({ table, query }): DatabaseQuery[] => [
    ...(table === undefined ? [] : [{ table }]),
    ...(query === undefined ? [] : [{ query }]),
  ]);
  if (named.length === 1) return named[0]!;
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
