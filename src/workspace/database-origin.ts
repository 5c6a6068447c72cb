import { isAbsolute, posix } from 'node:path';
import { neutral } from '../wording/neutral.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { visible } from './trust/request.ts';

/** Which rows of which database a dataset is a copy of, and what `varve update` asks again. */
export interface DatabaseOrigin {
  /** `mysql://user@host/database` or `postgresql://…`, without a password. */
  readonly url: string;
  /** Either this or `query`. */
  readonly table?: string;
  readonly query?: string;
  /** Set where rows are appended: the dataset is a folder, with a file of what each update took. */
  readonly incremental?: Incremental;
}

/** How far rows have been taken. */
export interface Incremental {
  /** Rows whose value in this column is greater than the last one are new. */
  readonly column: string;
  /** The value of the last row, as the database writes it; absent if there was no row yet. */
  readonly last?: string;
  /** How the database compared values of the column then: `number`, `text utf8mb4_bin`, or the name of a type; absent if an older varve took them. */
  readonly order?: string;
  /** How many rows were taken in all. */
  readonly rows: number;
  /** Columns of the first rows and their types, as files have them; absent if an older varve took them, or if they take more than 16 KiB. */
  readonly columns?: readonly FileColumn[];
  /** Columns that are text for the sake of values of the first rows, and stay so. */
  readonly text?: readonly string[];
}

/** A column, and its type as SQL of the engine writes it. */
export type FileColumn = readonly [name: string, type: string];

const MAX_URL = 2048;
/** A query of a page or two; a longer one belongs into a view. */
const MAX_QUERY = 16 * 1024;
/** Of names of columns, and of values that are remembered. */
const MAX_VALUE = 1024;
/** Of some hundreds of columns. */
const MAX_COLUMNS = 16 * 1024;
/** Neither a password nor a parameter but for those that say how to connect. */
const PARAMETER = /(?:sslmode|ssl-mode|sslrootcert|ssl-ca|socket|timeout)=[^\x00-\x20\x7f&#]*/.source;
const URL = new RegExp(
  `^(?:mysql|mariadb|postgres|postgresql)://(?:[^\\x00-\\x20\\x7f:@/?#]*@)?[^\\x00-\\x20\\x7f@/?#]*/[^\\x00-\\x20\\x7f@/?#]+(?:\\?${PARAMETER}(?:&${PARAMETER})*)?$`,
);

/** Tell which fact is not one that an origin can have, as the rest of a sentence; undefined if all are. */
export function problemOfOrigin({ url, table, query, incremental }: DatabaseOrigin): string | undefined {
  if (url.length > MAX_URL || !URL.test(url))
    return '`database` is not the URL of a database without a password';
  if (!authoritiesOf(url).every(isOneFile))
    return '`database` names an authority neither by its whole path, plain and of a file that stays, nor by `./` and its path in the repository';
  if ((table === undefined) === (query === undefined))
    return 'either `database-table` or `database-query` says what is asked';
  if (
    (table ?? query)!.trim() === '' ||
    (table ?? query)!.length > MAX_QUERY ||
    (table ?? query)!.includes('\0')
  )
    return 'what is asked of the database is nothing that could be asked';
  if (![table ?? query!, incremental?.column ?? ''].every(isShownWhole))
    return 'what is asked of the database holds what looks like an address with a password, which messages would not show';
  return incremental && problemOfIncremental(incremental);
}

/** Whether messages show a text as it is, in each way that they write it: else somebody would agree to another query than runs. */
function isShownWhole(text: string): boolean {
  return [text, JSON.stringify(text)]
    .flatMap((written) => [written, neutral(written), visible(written)])
    .every((shown) => withoutSecrets(shown) === shown);
}

/** The word for the authorities that everybody trusts, in place of a path. */
export const SYSTEM_AUTHORITIES = 'system';
/** What a path of a file in the repository begins with, which is from the root, wherever the pointer lies and whoever asks. */
export const IN_REPOSITORY = './';
/** Folders of which a path means another file to each who asks, or asks a server. */
const CHANGING = /^\/(proc|dev|sys|net|System\/Volumes)(\/|$)/i;

function isOneFile(path: string): boolean {
  if (path === SYSTEM_AUTHORITIES) return true;
  const isOwn = path.startsWith(IN_REPOSITORY);
  const plain = isOwn ? path.slice(IN_REPOSITORY.length) : path;
  return (
    isAbsolute(plain) !== isOwn &&
    posix.normalize(plain) === plain &&
    !/^\.{0,2}$|^\.\.\/|\/$|[\0\\]|^\/\//.test(plain) &&
    !CHANGING.test(plain)
  );
}

/** How the URL of an origin names files of certificates: one, unless somebody wrote what no command takes. */
export function authoritiesOf(url: string): string[] {
  const given = new URLSearchParams(/\?(.*)/s.exec(url)?.[1]);
  return [...given.getAll('sslrootcert'), ...given.getAll('ssl-ca')];
}

/** Columns as a pointer keeps them; undefined where they are too many. */
export function columnsToKeep(columns: readonly FileColumn[]): readonly FileColumn[] | undefined {
  return JSON.stringify(columns).length > MAX_COLUMNS ? undefined : columns;
}

function problemOfIncremental({
  column,
  last,
  order,
  columns = [],
  text = [],
}: Incremental): string | undefined {
  if (column === '' || column.length > MAX_VALUE || column.includes('\0'))
    return '`database-incremental` names no column';
  if (last !== undefined && (last.length > MAX_VALUE || last.includes('\0')))
    return '`database-last` is no value that could be remembered';
  if (order !== undefined && (order === '' || order.length > MAX_VALUE || order.includes('\0')))
    return '`database-order` is no order that could be remembered';
  if (columnsToKeep(columns) === undefined || columns.flat().some((one) => one === '' || one.includes('\0')))
    return '`database-columns` names no columns and their types';
  if (text.some((name) => name === '' || name.includes('\0')) || text.join().length > MAX_QUERY)
    return '`database-text` names no columns';
  return undefined;
}
