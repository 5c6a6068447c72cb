import { VarveError } from '../errors.ts';
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
const UNREACHABLE = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
  'ECONNRESET',
  'PROTOCOL_CONNECTION_LOST',
];
const MAX_SAID = 500;

/** Say what a server or its driver said, about the database that was asked. */
export function databaseError(error: unknown, address: DatabaseAddress): VarveError {
  if (error instanceof VarveError) return error;
  const path = describeDatabase(address);
  const { code = '', message } = error as { code?: string; message: string };
  const said = neutral(message.split('\n')[0]!.slice(0, MAX_SAID));
  if (REFUSED.includes(code))
    return new VarveError('database-refused', `${path} lets this user not read: ${said}`, {
      path,
      remedy: `Give the user in the URL, and the password in ${PASSWORD_PLACES[address.kind]} or, for \`varve add\`, by \`--password\`; the user needs the right to SELECT.`,
      cause: error,
    });
  if (UNREACHABLE.includes(code))
    return new VarveError('database-unreachable', `${path} does not answer: ${said}`, {
      path,
      remedy: 'Check host and port of the URL, and that the server is up.',
      cause: error,
    });
  return new VarveError('database-error', `${path} says: ${said}`, {
    path,
    remedy: 'Check the name of the table, or try the query in the client of the database.',
    cause: error,
  });
}

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
