import { VarveError } from '../errors.ts';
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
  readonly tls: Tls;
}

/** - `verify`: encrypted, and the server proves who it is - `require`: encrypted - `disable`: neither */
export type Tls = 'verify' | 'require' | 'disable';

const SCHEMES = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgresql: 'postgresql',
  postgres: 'postgresql',
} as const;
const DATABASE_URL = new RegExp(`^(${Object.keys(SCHEMES).join('|')})://`, 'i');
const TLS_WORDS: Readonly<Record<string, Tls>> = {
  ...{ disable: 'disable', disabled: 'disable', require: 'require', required: 'require' },
  ...{ verify: 'verify', 'verify-full': 'verify', verify_identity: 'verify' },
};

export function isDatabaseUrl(text: string): boolean {
  return DATABASE_URL.test(text);
}

/**
 * Read `mysql://user@host:port/database` or `postgresql://…`; `?sslmode=verify|require|disable` and `?socket=PATH` may follow. Traffic to another
 * machine is encrypted, and that machine has to prove who it is, unless the URL says otherwise.
 * @throws VarveError `database-url-invalid`
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  // Schemes may be written in any letters, and are shown as the remedy writes them.
  const shown = withoutSecrets(text.replace(/^[^:]*/, (scheme) => scheme.toLowerCase()));
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
  const socket = url.searchParams.get('socket') ?? undefined;
  return {
    kind,
    ...(host !== '' && { host }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { user: decoded(url.username, shown) }),
    database,
    ...(socket !== undefined && { socket }),
    tls: tlsOf(url.searchParams, shown) ?? (isHere(host, socket) ? 'disable' : 'verify'),
  };
}

/**
 * Read the URL of a database with what is asked of it: `mysql://user@host/shop?table=orders`, or `?query=SELECT …`.
 * @throws VarveError `database-url-invalid`
 */
export function parseTableUrl(text: string): { address: DatabaseAddress; wanted: DatabaseQuery } {
  const [base, parameters] = splitOnce(text, '?');
  // A plus sign is one, as it is in SQL; forms alone mean a space by it.
  const asked = new URLSearchParams(parameters.replaceAll('+', '%2B'));
  const table = asked.get('table');
  const query = asked.get('query');
  asked.delete('table');
  asked.delete('query');
  const address = parseDatabaseUrl(asked.size === 0 ? base : `${base}?${asked}`);
  if (table && query === null) return { address, wanted: { table } };
  if (query && table === null) return { address, wanted: { query } };
  throw new VarveError(
    'database-url-invalid',
    `${withoutSecrets(base)} names neither one table nor one query`,
    {
      path: withoutSecrets(base),
      remedy:
        "Name one in quotes, as in 'mysql://USER@HOST/DATABASE?table=NAME' or 'mysql://USER@HOST/DATABASE?query=SELECT …'.",
    },
  );
}

function splitOnce(text: string, mark: string): [before: string, behind: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function tlsOf(parameters: URLSearchParams, shown: string): Tls | undefined {
  const unknown = [...parameters.keys()].find((name) => !['sslmode', 'ssl-mode', 'socket'].includes(name));
  if (unknown !== undefined) throw invalid(shown, `has \`${unknown}=\`, which says nothing here`);
  const word = parameters.get('sslmode') ?? parameters.get('ssl-mode');
  if (word === null) return undefined;
  const tls = TLS_WORDS[word.toLowerCase()];
  if (tls === undefined) throw invalid(shown, 'has a `sslmode=` other than verify, require and disable');
  return tls;
}

function isHere(host: string, socket: string | undefined): boolean {
  return socket !== undefined || ['', 'localhost', '127.0.0.1', '::1'].includes(host) || host.startsWith('/');
}

function decoded(text: string, shown: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(shown, 'has a % that begins no character');
  }
}

function invalid(shown: string, problem: string): VarveError {
  return new VarveError('database-url-invalid', `${shown} ${problem}`, {
    path: shown,
    remedy: 'Write it as mysql://USER@HOST:PORT/DATABASE, or postgresql:// in the same way.',
  });
}

/** Where the clients of a database look for a password. */
export const PASSWORD_PLACES: Readonly<Record<DatabaseAddress['kind'], string>> = {
  mysql: 'MYSQL_PWD or ~/.my.cnf',
  postgresql: 'PGPASSWORD or ~/.pgpass',
};

function passwordShown(shown: string, kind: DatabaseAddress['kind']): VarveError {
  return new VarveError('database-url-invalid', `The URL of ${shown} holds a password`, {
    path: shown,
    remedy: `Leave it out: it would stay in the history of the shell. Put it into ${PASSWORD_PLACES[kind]}, or let \`--password\` of \`varve add\` ask for it.`,
  });
}
