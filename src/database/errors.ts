import { VarveError } from '../errors.ts';
import { networkFailure } from '../wording/network-failures.ts';
import { neutral } from '../wording/neutral.ts';
import { type DatabaseAddress, PASSWORD_PLACES } from './address.ts';
import { isOrdered, type QueryColumn } from './query.ts';

const REFUSED = [
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  '28000',
  '28P01',
  '42501',
];
/** The server ended the connection, or something between did. */
const LOST = [
  ...['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', 'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED'],
  // Source: PostgreSQL 17 Documentation, Appendix A: shutdown by an administrator, crash, and a server that starts.
  ...['57P01', '57P02', '57P03'],
];
/** The statement was ended, for no fault of its own. */
const INTERRUPTED = [
  'ER_QUERY_INTERRUPTED',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_STATEMENT_TIMEOUT',
  'ER_QUERY_TIMEOUT',
];
const UNREACHED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];
const UNREACHABLE = ['ENOENT', ...UNREACHED, ...LOST];
/** Of Node, and of the driver of MySQL, which has one for all. */
const UNTRUSTED = /^(ERR_TLS_|ERR_SSL_|EPROTO$|HANDSHAKE_SSL_ERROR|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_)/;
const MAX_SAID = 500;
/** The drivers have no codes for these. */
const NO_TLS = 'NO_TLS';
const FOREIGN = 'FOREIGN_PROTOCOL';
/** Seconds in which a server has to let somebody log in, whatever a query may take. */
export const CONNECT_SECONDS = 20;
const SERVERS = { mysql: 'MySQL or MariaDB', postgresql: 'PostgreSQL' } as const;

/** What drivers say to programmers, and what it means to people; with a code, as if the server had said so. */
const DRIVER_WORDS: readonly (readonly [theirs: RegExp, ours: string, code?: string])[] = [
  [/LOCAL INFILE command/, 'the server asked for a file of this machine, which was not sent'],
  [/mysql_clear_password/, 'the server wants the password in clear text, which was not sent'],
  [/unknown plugin (\w+)/, 'the server wants a way to log in that varve has not: $1'],
  [
    /client password must be a string|no password/i,
    'the server wants a password, and there is none',
    '28P01',
  ],
  [/^SASL: (.*)$/, 'the login failed: $1'],
  [/not support (SSL|secure) connection/, 'the server has no TLS', NO_TLS],
  [/^Connection terminated/, 'the server ended the connection', 'ECONNRESET'],
  [/^(timeout expired|connect ETIMEDOUT)$/, `no login within ${CONNECT_SECONDS} seconds`, 'ETIMEDOUT'],
  // Of what is no server of the kind, such as one of the other kind.
  [
    /^Received (unexpected|invalid) .*|^There was an error establishing an SSL connection$/i,
    'it is another protocol',
    FOREIGN,
  ],
];

/** Say what a server or its driver said, about the database that was asked. */
export function databaseError(error: unknown, address: DatabaseAddress): VarveError {
  if (error instanceof VarveError) return error;
  const path = describeDatabase(address);
  // A driver that believed what it cannot make sense of.
  if (error instanceof TypeError || error instanceof RangeError) return foreignError(error, address);
  const { code, said } = saidBy(error as { code?: string; message: string });
  if (code === FOREIGN) return foreignError(error, address);
  if (REFUSED.includes(code))
    return new VarveError('database-refused', `${path} lets this user not read: ${said}`, {
      path,
      remedy: `Give the user in the URL, and the password in ${PASSWORD_PLACES[address.kind]} or, for \`varve add\`, by \`--password\`; the user needs the right to SELECT.`,
      cause: error,
    });
  if (UNREACHABLE.includes(code))
    return new VarveError('database-unreachable', `${path} does not answer: ${said}`, {
      path,
      remedy: LOST.includes(code)
        ? 'See what the server did, and run the same again: nothing of what came is kept.'
        : `Check host and port of the URL, that the server is up, and that it is ${SERVERS[address.kind]}: something else may listen there.`,
      cause: error,
    });
  if (code === NO_TLS)
    return new VarveError('tls-refused', `${path} does not encrypt: ${said}`, {
      path,
      remedy:
        'Have TLS set up at the server. Only within a network that you trust, write `?sslmode=disable` behind the URL: whoever is on the way can then read and change what is asked and what comes.',
      cause: error,
    });
  if (UNTRUSTED.test(code))
    return new VarveError('tls-refused', `${path} does not prove who it is: ${said}`, {
      path,
      remedy: `Where an authority of your own signed its certificate, name the file of that by \`?sslrootcert=PATH\` behind the URL, or by ${AUTHORITY_PLACES[address.kind]}. Only within a network that you trust, ${address.tls === 'require' ? '' : '`?sslmode=require` asks for no proof, and '}\`?sslmode=disable\` for no encryption.`,
      cause: error,
    });
  return new VarveError('database-error', `${path} says: ${said}`, {
    path,
    remedy: REMEDIES.find(([codes]) => codes.includes(code))?.[1] ?? REMEDY,
    cause: error,
  });
}

/** What is wrong with a statement, by the codes of both kinds. Source: PostgreSQL 17 Documentation, Appendix A; MariaDB, "Error Codes". */
const REMEDIES: readonly (readonly [codes: readonly string[], remedy: string])[] = [
  [['ER_BAD_DB_ERROR', '3D000'], 'Check the name of the database, which stands behind the host in the URL.'],
  [
    ['ER_NO_SUCH_TABLE', 'ER_WRONG_TABLE_NAME', '42P01', '3F000'],
    `Check the name of the table, in which a dot that is no border stands in quotes: \`--table '"a.b"'\`; in a query, the schema before it too.`,
  ],
  [
    ['ER_BAD_FIELD_ERROR', '42703'],
    'Check the names of the columns in the query; text stands in single quotes.',
  ],
  [['ER_PARSE_ERROR', '42601'], 'Correct the query: it is one SELECT, in the SQL of that server.'],
  [
    ['ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', '25006'],
    'Write one SELECT that only reads. What changes something belongs into the client of the database.',
  ],
];
const REMEDY = 'Try the same table or query in the client of the database, as the same user.';

/** What answers, and is no server of the kind. */
function foreignError(cause: unknown, address: DatabaseAddress): VarveError {
  const path = describeDatabase(address);
  return new VarveError(
    'database-error',
    `What ${path} sends is not what a server of ${SERVERS[address.kind]} sends`,
    { path, remedy: 'Check scheme, host and port of the URL: something else may listen there.', cause },
  );
}

function saidBy({ code = '', message }: { code?: string; message: string }): { code: string; said: string } {
  const first = message.split('\n')[0]!.slice(0, MAX_SAID);
  // What a server says of itself has a state, of five letters or digits, or a name.
  const isOfServer = /^([0-9A-Z]{5}|ER_\w+)$/.test(code);
  const known = isOfServer ? undefined : DRIVER_WORDS.find(([theirs]) => theirs.test(first));
  if (known === undefined)
    return { code, said: (UNREACHED.includes(code) && networkFailure(code)) || neutral(first) };
  const [theirs, ours, ourCode = code] = known;
  return { code: ourCode, said: neutral(theirs.exec(first)![0].replace(theirs, ours)) };
}

/** Whether a statement ended for something that is no fault of its own. */
export function isCutOff(error: unknown): boolean {
  const { code = '', fatal } = error as { code?: string; fatal?: boolean };
  return fatal === true || LOST.includes(code) || INTERRUPTED.includes(code);
}

const AUTHORITY_PLACES = {
  mysql: '`ssl-ca` in ~/.my.cnf',
  postgresql: 'PGSSLROOTCERT or ~/.postgresql/root.crt',
} as const;

/** Where people look for it, without user and options. */
export function describeDatabase({ kind, host, port, database }: DatabaseAddress): string {
  return `${kind}://${host ?? ''}${port === undefined ? '' : `:${port}`}/${database}`;
}

/** @throws VarveError `column-missing`, `column-unordered` for a column in whose order rows cannot be taken */
export function followable(columns: readonly QueryColumn[], name: string): QueryColumn {
  const column = columns.find((one) => one.name === name);
  const shown = neutral(name);
  const names = neutral(columns.map((one) => one.name).join(', '));
  if (column === undefined)
    throw new VarveError('column-missing', `There is no column ${shown} to go on behind`, {
      path: shown,
      remedy: `Name one of these: ${names}.`,
    });
  if (column.isUnordered !== true && isOrdered(column.type)) return column;
  throw new VarveError('column-unordered', `Rows cannot be taken in the order of the column ${shown}`, {
    path: shown,
    remedy: 'Name one that only grows and is a whole or decimal number, a date, a time with a date, or text.',
  });
}

/** A column of a type that comes as no text. */
export function columnUnreadable(name: string, asText: string): VarveError {
  const shown = neutral(name);
  return new VarveError('column-unreadable', `The column ${shown} has a type that cannot be kept as it is`, {
    path: shown,
    remedy: `Name the columns by \`--query\`, and this one by \`${asText}(…)\`.`,
  });
}

/** A query that does something else than to read, or that cannot stand within another. */
export function queryNotRead(cause: Error): VarveError {
  return new VarveError(
    'database-error',
    `The query is none that only reads: ${neutral(cause.message.slice(0, MAX_SAID))}`,
    {
      remedy: 'Write one SELECT, without INTO. What does more belongs into the client of the database.',
      cause,
    },
  );
}
