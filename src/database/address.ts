import type { Certificates } from '../base/files/certificates.ts';
import { VarveError } from '../errors.ts';
import { neutral } from '../wording/neutral.ts';
import { withoutSecrets } from '../wording/urls.ts';
import type { DatabaseQuery } from './query.ts';

/** Where a database is, and as whom it is asked. It holds no password. */
export interface DatabaseAddress {
  readonly kind: 'mysql' | 'postgresql';
  /** Undefined where options or variables of the client say it. */
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly database: string;
  /** Path of a socket on this machine, in place of host and port. */
  readonly socket?: string;
  /** Undefined where the URL does not say. */
  readonly tls?: TlsMode;
  /** Path of a file of certificates, in PEM: one of these authorities has to vouch for the server. */
  readonly authority?: string;
  /** What that file had as it was agreed to; unless given, it is read as the server is asked. */
  readonly certificates?: Certificates;
  /** Seconds for which the server may be silent. */
  readonly timeout?: number;
}

/**
 * - `verify`: encrypted, and the server proves who it is
 * - `verify-ca`: encrypted, and an authority of one's own vouches for the server, by whatever name; without one, as `verify`
 * - `require`: encrypted
 * - `disable`: none of it
 */
export type TlsMode = 'verify' | 'verify-ca' | 'require' | 'disable';

const SCHEMES = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgresql: 'postgresql',
  postgres: 'postgresql',
} as const;
/** What the URL of a database may begin with. */
export const DATABASE_SCHEMES = Object.keys(SCHEMES);
const DATABASE_URL = new RegExp(`^(${DATABASE_SCHEMES.join('|')})://`, 'i');
/** Words of the clients of MySQL, MariaDB and PostgreSQL. Those that take what comes, such as `prefer`, leave it to varve. */
const TLS_WORDS: Readonly<Record<string, TlsMode>> = {
  ...{ disable: 'disable', disabled: 'disable', require: 'require', required: 'require' },
  ...{ 'verify-ca': 'verify-ca', verify_ca: 'verify-ca' },
  ...{ verify: 'verify', 'verify-full': 'verify', verify_identity: 'verify' },
};
/** What may stand behind a `?`, by the names that the clients of either kind of database have for it. */
const PARAMETERS: Readonly<Record<string, 'mode' | 'authority' | 'socket' | 'timeout'>> = {
  ...{ sslmode: 'mode', 'ssl-mode': 'mode', sslrootcert: 'authority', 'ssl-ca': 'authority' },
  ...{ socket: 'socket', timeout: 'timeout' },
};

export function isDatabaseUrl(text: string): boolean {
  return DATABASE_URL.test(text);
}

/**
 * Read `mysql://user@host:port/database` or `postgresql://…`; `?sslmode=verify|verify-ca|require|disable`, `?sslrootcert=PATH`,
 * `?socket=PATH` and `?timeout=SECONDS` may follow.
 * @throws VarveError `database-url-invalid`
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const [whole] = splitOnce(text, '#');
  // Schemes may be written in any letters, and are shown as the remedy writes them.
  const shown = withoutSecrets(whole.replace(/^[^:]*/, (scheme) => scheme.toLowerCase()));
  // What stands behind it may be the end of a password.
  if (whole !== text) throw invalid(shown, 'has a # behind it', 'Write a # that belongs to a name as %23.');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid(shown, 'is no URL');
  }
  const kind = SCHEMES[url.protocol.slice(0, -1).toLowerCase() as keyof typeof SCHEMES];
  if (kind === undefined) throw invalid(shown, 'names no kind of database that is known');
  if (url.password !== '') throw passwordShown(shown, kind);
  const database = decoded(url.pathname.slice(1), shown);
  if (database === '' || database.includes('/')) throw invalid(shown, 'names no database');
  const host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'), shown);
  return {
    kind,
    ...(host !== '' && { host }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { user: decoded(url.username, shown) }),
    database,
    ...parametersOf(url.searchParams, shown),
  };
}

const PARAMETERS_TOLD =
  'Leave it out: behind the `?` stand `sslmode=`, `sslrootcert=`, `socket=` and `timeout=`, and for some commands `table=` or `query=`.';
/** Of a word that is shown. */
const MAX_WORD = 40;

type Parameters = Pick<DatabaseAddress, 'tls' | 'authority' | 'socket' | 'timeout'>;

function parametersOf(given: URLSearchParams, shown: string): Parameters {
  const found: Partial<Record<(typeof PARAMETERS)[string], string>> = {};
  let modeName = 'sslmode';
  for (const [name, value] of given) {
    const known = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name]! : undefined;
    if (known === undefined)
      throw invalid(shown, `has \`${neutral(name)}=\`, which says nothing here`, PARAMETERS_TOLD);
    if (found[known] !== undefined || value === '')
      throw invalid(shown, `has no one \`${name}=\``, `Write \`${name}=\` once, with a value behind it.`);
    found[known] = value;
    if (known === 'mode') modeName = name;
  }
  const { mode, timeout, authority, socket } = found;
  const tls = mode === undefined ? undefined : tlsOf(modeName, mode, shown);
  if (timeout !== undefined && !/^[1-9]\d{0,5}$/.test(timeout))
    throw invalid(
      shown,
      'has a `timeout=` that is no number of seconds from 1 to 999999',
      'Write it as in `?timeout=60`, or leave it out.',
    );
  // A driver takes what is no path for a host or a port, and would go there as if it were on this machine.
  if (socket !== undefined && !isPlainPath(socket))
    throw invalid(
      shown,
      'has a `socket=` that is no absolute path',
      'Name the socket by its whole path, as in `?socket=/run/mysqld/mysqld.sock`; a host stands before the name of the database.',
    );
  return {
    ...(tls !== undefined && { tls }),
    ...(authority !== undefined && { authority }),
    ...(socket !== undefined && { socket }),
    ...(timeout !== undefined && { timeout: Number(timeout) }),
  };
}

function tlsOf(name: string, word: string, shown: string): TlsMode {
  const mode = TLS_WORDS[word.toLowerCase()];
  if (mode !== undefined) return mode;
  throw invalid(
    shown,
    `has \`${name}=${neutral(word.slice(0, MAX_WORD))}\`, which is none of verify-full (or verify), verify-ca, require and disable`,
    `Write \`${name}=\` with one of those words, or leave it out: then another machine has to encrypt and to prove who it is.`,
  );
}

/**
 * Read a mode of TLS from the settings of a database's own clients; undefined for none, and for one that takes what comes.
 * @param place where it stands, for messages
 * @throws VarveError `database-url-invalid`
 */
export function clientTlsMode(word: string | undefined, place: string): TlsMode | undefined {
  if (word === undefined || word === '' || /^(allow|prefer|preferred)$/i.test(word)) return undefined;
  const mode = TLS_WORDS[word.toLowerCase()];
  if (mode !== undefined) return mode;
  throw new VarveError('database-url-invalid', `${place} has a word that no client of the database knows`, {
    path: place,
    remedy: `Correct it, or write \`?sslmode=verify\`, \`require\` or \`disable\` behind the URL, which comes before ${place}.`,
  });
}

/** The word of PostgreSQL's clients for the authorities that everybody trusts, in place of a path. */
export const SYSTEM = 'system';

/**
 * Write a URL in one form, in whatever letters and escapes its scheme and its parameters were given.
 * @param authorityAs says how its file of certificates is written, by the path that it names
 */
export function canonicalUrl(url: string, authorityAs: (path: string) => string): string {
  const [base, parameters] = splitOnce(url, '?');
  const written = Array.from(new URLSearchParams(parameters), ([name, value]) => {
    const isAuthority = Object.hasOwn(PARAMETERS, name) && PARAMETERS[name] === 'authority';
    return `${encodeURIComponent(name)}=${escapedPath(isAuthority ? authorityAs(value) : value)}`;
  });
  const place = base.replace(/^[^:]*/, (scheme) => scheme.toLowerCase());
  return written.length === 0 ? place : `${place}?${written.join('&')}`;
}

/** Paths stay as people read them. */
function escapedPath(value: string): string {
  return encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':');
}

const MAX_PORT = 65_535;

/**
 * Read a port from the settings of a database's own clients; undefined for none.
 * @param place where it stands, for messages
 * @throws VarveError `database-url-invalid`
 */
export function clientPort(text: string | undefined, place: string): number | undefined {
  if (text === undefined || /^0*$/.test(text)) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_PORT) return Number(text);
  throw new VarveError('database-url-invalid', `${place} is no port from 1 to ${MAX_PORT}`, {
    path: place,
    remedy: `Correct it, or write the port behind the host of the URL, which comes before ${place}.`,
  });
}

/** Whether two addresses lead to one database, asked as one user; how the way there is proven and waited for is no part of that. */
export function isSameDatabase(one: DatabaseAddress, other: DatabaseAddress): boolean {
  return (['kind', 'host', 'port', 'user', 'database', 'socket'] as const).every(
    (part) => one[part] === other[part],
  );
}

/** The URL of a database, and what it names of it. */
interface TableUrl {
  /** Without table and query. */
  readonly url: string;
  readonly table?: string;
  readonly query?: string;
}

/** Cut `table=` and `query=` off the URL of a database. */
export function splitTableUrl(text: string): TableUrl {
  const [base, parameters] = splitOnce(text, '?');
  const isAsked = (part: string): boolean => {
    const [name = ''] = new URLSearchParams(part).keys();
    return name === 'table' || name === 'query';
  };
  const parts = parameters.split('&');
  const others = parts.filter((part) => !isAsked(part));
  // A plus sign is one, as it is in SQL; forms alone mean a space by it.
  const asked = new URLSearchParams(parts.filter(isAsked).join('&').replaceAll('+', '%2B'));
  const [table, query] = [asked.get('table'), asked.get('query')];
  return {
    url: others.join('') === '' ? base : `${base}?${others.join('&')}`,
    ...(table && { table }),
    ...(query && { query }),
  };
}

/**
 * Read the URL of a database with what is asked of it: `mysql://user@host/shop?table=orders`, or `?query=SELECT …`.
 * @throws VarveError `database-url-invalid`
 */
export function parseTableUrl(text: string): { address: DatabaseAddress; wanted: DatabaseQuery } {
  const { url, table, query } = splitTableUrl(text);
  const address = parseDatabaseUrl(url);
  if (table !== undefined && query === undefined) return { address, wanted: { table } };
  if (query !== undefined && table === undefined) return { address, wanted: { query } };
  const path = withoutSecrets(splitOnce(text, '?')[0]);
  throw new VarveError('database-url-invalid', `${path} names neither one table nor one query`, {
    path,
    remedy:
      "Name one in quotes, as in 'mysql://USER@HOST/DATABASE?table=NAME' or 'mysql://USER@HOST/DATABASE?query=SELECT …'.",
  });
}

function splitOnce(text: string, mark: string): [before: string, behind: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decoded(text: string, shown: string): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    throw invalid(shown, 'has a % that begins no character');
  }
  if (plain.includes('\0')) throw invalid(shown, 'has a character that no name has');
  return plain;
}

function isPlainPath(path: string): boolean {
  return path.startsWith('/') && !path.includes('\0');
}

function invalid(
  shown: string,
  problem: string,
  remedy = 'Write it as mysql://USER@HOST:PORT/DATABASE, or postgresql:// in the same way.',
): VarveError {
  return new VarveError('database-url-invalid', `${shown} ${problem}`, { path: shown, remedy });
}

/** Where the clients of a database look for a password. */
export const PASSWORD_PLACES: Readonly<Record<DatabaseAddress['kind'], string>> = {
  mysql: 'MYSQL_PWD or ~/.my.cnf',
  postgresql: 'PGPASSWORD or ~/.pgpass (which is read if its mode is 600)',
};

function passwordShown(shown: string, kind: DatabaseAddress['kind']): VarveError {
  return new VarveError('database-url-invalid', `The URL of ${shown} holds a password`, {
    path: shown,
    remedy: `Leave it out: it would stay in the history of the shell. Put it into ${PASSWORD_PLACES[kind]}, or let \`--password\` of \`varve add\` ask for it.`,
  });
}
