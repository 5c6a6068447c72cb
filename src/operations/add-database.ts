import { createReadStream } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type Certificates, readCertificates } from '../base/files/certificates.ts';
import { canonicalUrl, parseDatabaseUrl, SYSTEM, splitTableUrl } from '../database/address.ts';
import type { DatabaseQuery } from '../database/query.ts';
import type { ExportFormat } from '../engine/export-rows.ts';
import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { authorityFile, authorityToKeep } from '../workspace/authority-file.ts';
import { type DatabaseOrigin, IN_REPOSITORY } from '../workspace/database-origin.ts';
import { pointerPath } from '../workspace/pointer.ts';
import { targetInRepository } from '../workspace/repository.ts';
import { giveConsent, requireSafeTrust } from '../workspace/trust/consent.ts';
import { databaseRequest } from '../workspace/trust/database.ts';
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
  /** Set where this machine is known to have agreed, by whatever means: the certificates as it did. Else who asks agrees to ask again. */
  readonly agreed?: { readonly certificates: Certificates | undefined };
}

/**
 * Take a table of a database, or what a query gives, into a file, and add it. All is read in one transaction, which sees one state and can
 * change nothing. Rows wait on the disk: memory does not grow with them.
 * @param given `mysql://user@host/database` or `postgresql://…`, without a password; `?table=` or `?query=` may stand behind it in place of the option
 * @throws VarveError `database-url-invalid`, `database-refused`, `database-unreachable`, `database-error`, `tls-refused`, `certificates-unreadable`,
 * `column-unreadable`, `trust-unsafe`, and those of addFromStream; with `incremental` also `column-missing`, `column-unordered`, `types-differ`, `dvc-unsupported`
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
  { incremental, to, password, agreed, table, query, ...options }: DatabaseOptions,
): Promise<AddResult> {
  const { repository, cwd } = context;
  const { root } = repository;
  // Before anybody is asked: a path that cannot be is refused at once.
  const pointer = pointerPath(targetInRepository(repository, cwd, to));
  const { authority, ...address } = parseDatabaseUrl(asGiven);
  const file = authority === undefined || authority === SYSTEM ? authority : resolve(cwd, authority);
  const certificates = agreed === undefined ? certificatesOf(file) : agreed.certificates;
  const asked = {
    address: {
      ...{ ...address, ...(file !== undefined && { authority: file }) },
      ...(certificates !== undefined && { certificates }),
    },
    wanted,
  };
  const database: DatabaseOrigin = {
    url: canonicalUrl(asGiven, () => authorityToKeep(root, file!)),
    ...(wanted.table === undefined ? { query: wanted.query } : { table: wanted.table }),
  };
  // How far rows have been taken is no part of what is agreed to.
  const first = {
    ...database,
    ...(incremental !== undefined && { incremental: { column: incremental, rows: 0 } }),
  };
  refuseUnkept(first);
  if (agreed === undefined) requireSafeTrust(root);
  const added =
    incremental === undefined
      ? await withCopiedTable(asked, { format: formatOf(to), password }, context, ({ path }) =>
          addFromStream(context, bytesOf(path), to, { ...options, database }),
        )
      : await appendRows(context, asked, database, {
          ...{ column: incremental, to, password, url: asGiven },
          ...options,
        });
  // Who asks on this machine has agreed to ask again, by the certificates by which it was asked.
  if (agreed === undefined) giveConsent(root, databaseRequest(root, first, pointer, certificates));
  return added;
}

/** Read the file of an authority, if one is named. @param file absolute, or the word for those that everybody trusts */
export function certificatesOf(file: string | undefined): Certificates | undefined {
  return file === undefined || file === SYSTEM ? undefined : readCertificates(file);
}

/** A file that is opened where its bytes are first asked for: until then, whoever takes them may refuse. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

/**
 * The URL that a pointer has, as a command takes it in any folder.
 * @param root of the repository, absolute, without symbolic links
 * @throws VarveError `database-url-invalid`, `certificates-unreadable`
 */
export function urlFromHere(root: string, kept: string): string {
  // A pointer may name more than one authority, which is told.
  parseDatabaseUrl(kept);
  return canonicalUrl(kept, (authority) => authorityFile(root, authority) ?? refuseLinkOut(authority));
}

function refuseLinkOut(authority: string): never {
  const path = neutral(authority.slice(IN_REPOSITORY.length));
  throw new VarveError(
    'certificates-unreadable',
    `${path} is a link out of the repository, which varve follows to no certificates`,
    {
      path,
      remedy:
        'Put the file itself there, or name one outside of the repository: `varve add` takes `?sslrootcert=` and its whole path behind the URL.',
    },
  );
}

/** @throws VarveError `usage` unless just one table or query is named */
function queryOf(places: readonly Pick<DatabaseOptions, 'table' | 'query'>[]): DatabaseQuery {
  const named = places.flatMap(({ table, query }): DatabaseQuery[] => [
    ...(table === undefined ? [] : [{ table }]),
    ...(query === undefined ? [] : [{ query }]),
  ]);
  if (named.length === 1) return named[0]!;
  if (named.length > 1)
    throw new VarveError('usage', 'a database is asked for one table or one query, and more were given', {
      remedy: 'Leave out all but one of `--table`, `--query`, and `table=` or `query=` in the URL.',
    });
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
