import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection, type FieldPacket } from 'mysql2';
import type { DatabaseAddress } from './address.ts';
import { columnUnreadable, databaseError, followable, queryNotRead } from './errors.ts';
import { MysqlRows } from './mysql-rows.ts';
import { BINARY, fieldType, isUnsigned, TYPE } from './mysql-types.ts';
import { quotedTable, type Statement, selectAll, selectNext, selectNone } from './names.ts';
import {
  type Continuation,
  type DatabaseQuery,
  decimalType,
  type LeftOut,
  type QueryColumn,
  type ResultSet,
} from './query.ts';

/**
 * Ask a MySQL or MariaDB server. All is read in one transaction that sees the state of its beginning, as far as the storage engine of the
 * table has such (InnoDB does). Rows come in the binary protocol, in which no number is rounded.
 */
export async function queryMysql(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  password: string | undefined,
  next?: Continuation,
): Promise<ResultSet> {
  const connection = connectionTo(await optionsOf(address, password));
  const ask = (sql: string): Promise<string[][]> =>
    new Promise((resolve, reject) => {
      connection.query({ sql, rowsAsArray: true }, (error, rows) =>
        error === null ? resolve(rows as unknown as string[][]) : reject(error),
      );
    });
  try {
    for (const statement of BEGINNING) await ask(statement);
    const key = wanted.table === undefined ? [] : await keyOf(ask, wanted.table);
    if (wanted.query !== undefined) await checkReads(connection, wanted);
    const all = { sql: wanted.query ?? selectAll(wanted.table!, key, '`'), values: [] };
    const { rows, leftOut } = next ? await behind(connection, wanted, next, key) : { rows: all };
    const said = (error: unknown): Error => databaseError(error, address);
    const reading = new MysqlRows(connection, rows, next?.column, said);
    const columns = (await reading.begin()).map(columnOf);
    return {
      ...{ key, columns, ...(leftOut && { leftOut }) },
      read: (sink) => reading.read(sink),
      last: () => reading.last(),
      close: async () => {
        socketOf(connection).destroy();
      },
    };
  } catch (error) {
    // The driver would wait until the server ends it.
    socketOf(connection).destroy();
    throw databaseError(error, address);
  }
}

function connectionTo(options: ConnectionOptions): Connection {
  const connection = createConnection({ ...options, ...AS_TEXT });
  // Failures are met by the command that waits; those after that are of a connection that nobody needs any more.
  connection.on('error', () => undefined);
  // Node holds a certificate against the name of the socket's host, which it keeps for names alone: an IP address would be taken for localhost.
  if (options.host !== undefined) (socketOf(connection) as { _host?: string })._host = options.host;
  return connection;
}

/** The driver has it, and its types do not. */
function socketOf(connection: Connection): Socket {
  return (connection as unknown as { stream: Socket }).stream;
}

/**
 * Make sure that a query only reads. A transaction that is read-only is not enough: statements that define something end it, and a file of
 * the server may be written by a SELECT. So the server has to take the query for one that stands within another, where nothing else may
 * stand, and for one that stands alone, which none does that breaks out of its parentheses. It prepares both, and runs neither.
 * @throws VarveError `database-error`, and what the server says of a query that is wrong
 */
async function checkReads(connection: Connection, wanted: DatabaseQuery): Promise<void> {
  await prepared(connection, wanted.query!);
  try {
    await prepared(connection, selectNone(wanted, '`'));
  } catch (error) {
    // Two columns of one name are told of where the rows are to be written.
    if ((error as { code?: string }).code !== 'ER_DUP_FIELDNAME') throw queryNotRead(error as Error);
  }
}

function prepared(connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The driver keeps what it has prepared for when it runs.
    connection.prepare(sql, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Times as the server writes them, and numbers that JavaScript would round as text. */
const AS_TEXT = {
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  jsonStrings: true,
  // The parser that is made for a query is made of what the server says: one that is not made runs no such text.
  disableEval: true,
  // A server must not be able to ask for files of the client.
  flags: ['-LOCAL_FILES'],
  connectTimeout: 20_000,
};

const BEGINNING = [
  "SET SESSION time_zone = '+00:00'",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

async function optionsOf(
  { host, port, user, database, socket, tls }: DatabaseAddress,
  password: string | undefined,
): Promise<ConnectionOptions> {
  const file = optionFile(join(homedir(), '.my.cnf'));
  const path = socket ?? (host === undefined ? file.socket : undefined);
  const secret = password ?? process.env.MYSQL_PWD ?? file.password;
  return {
    database,
    user: user ?? file.user ?? process.env.USER ?? 'root',
    ...(secret !== undefined && { password: secret }),
    ...(path === undefined
      ? { host: host ?? file.host ?? 'localhost', port: port ?? Number(file.port ?? 3306) }
      : { socketPath: path }),
    ...(tls !== 'disable' && {
      ssl: { rejectUnauthorized: tls === 'verify', verifyIdentity: tls === 'verify' },
    }),
  };
}

/** Read the options of clients. Source: MySQL 8.4 Reference Manual, 6.2.2.2 "Using Option Files". */
function optionFile(path: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  const options: Record<string, string> = {};
  let isClient = false;
  for (const line of text.split(/\r?\n/)) {
    const group = /^\s*\[(.*)\]\s*$/.exec(line);
    if (group !== null) isClient = group[1] === 'client' || group[1] === 'client-mariadb';
    const option = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (isClient && option !== null) options[option[1]!] = option[2]!.replace(/^(["'])(.*)\1$/, '$2');
  }
  return options;
}

/** Find the columns of the primary key, in its order. */
async function keyOf(ask: (sql: string) => Promise<string[][]>, table: string): Promise<string[]> {
  const rows = await ask(`SHOW KEYS FROM ${quotedTable(table, '`')} WHERE Key_name = 'PRIMARY'`);
  // Table, Non_unique, Key_name, Seq_in_index, Column_name, …
  return rows.toSorted((a, b) => Number(a[3]) - Number(b[3])).map((row) => row[4]!);
}

async function behind(
  connection: Connection,
  wanted: DatabaseQuery,
  next: Continuation,
  key: readonly string[],
): Promise<{ rows: Statement; leftOut: LeftOut }> {
  const { fields } = await executed(connection, { sql: selectNone(wanted, '`'), values: [] });
  const { type } = followable(fields.map(columnOf), next.column);
  const isNumber = type.endsWith('INT') || /^U?INTEGER$|^DECIMAL/.test(type);
  const how = { mark: '`', parameter: '?', isNumber } as const;
  const { rows, empty, before } = selectNext(wanted, next, key, how);
  const count = async (statement: Statement | undefined): Promise<number> =>
    statement === undefined ? 0 : Number((await executed(connection, statement)).rows[0]![0]);
  return { rows, leftOut: { empty: await count(empty), before: await count(before) } };
}

function executed(
  connection: Connection,
  { sql, values }: Statement,
): Promise<{ rows: unknown[][]; fields: FieldPacket[] }> {
  return new Promise((resolve, reject) => {
    connection.execute({ sql, rowsAsArray: true }, [...values], (error, rows, fields) =>
      error === null ? resolve({ rows: rows as unknown[][], fields }) : reject(error),
    );
  });
}

/** Flags of columns whose values are sorted by their numbers. Source: MySQL 8.4 source, mysql_com.h. */
const ENUM_OR_SET = 256 | 2048;

/** Integers, by the number of their type. */
const INTEGERS: Readonly<Record<number, string>> = {
  [TYPE.tiny]: 'TINYINT',
  [TYPE.short]: 'SMALLINT',
  [TYPE.long]: 'INTEGER',
  [TYPE.longlong]: 'BIGINT',
  [TYPE.int24]: 'INTEGER',
  [TYPE.year]: 'SMALLINT',
};
const TYPES: Readonly<Record<number, string>> = {
  [TYPE.float]: 'FLOAT',
  [TYPE.double]: 'DOUBLE',
  [TYPE.timestamp]: 'TIMESTAMPTZ',
  [TYPE.date]: 'DATE',
  [TYPE.time]: 'TIME',
  [TYPE.datetime]: 'TIMESTAMP',
};
const DECIMALS: readonly number[] = [TYPE.oldDecimal, TYPE.decimal];
/** Source: MySQL 8.4 source, field_types.h: MYSQL_TYPE_VECTOR and MYSQL_TYPE_GEOMETRY, which the driver makes objects of. */
const UNREADABLE: Readonly<Record<number, string>> = { 242: 'VEC_ToText', 255: 'ST_AsText' };
/** Texts, and with the character set of bytes, bytes: VARCHAR to STRING, but for JSON, ENUM and SET. */
const TEXTS_OR_BYTES = [15, 249, 250, 251, 252, 253, 254];

function columnOf(field: FieldPacket): QueryColumn {
  const { name, decimals } = field;
  const type = fieldType(field);
  const length = field.columnLength ?? field.length!;
  const unsigned = isUnsigned(field);
  if (UNREADABLE[type] !== undefined) throw columnUnreadable(name, UNREADABLE[type]);
  if (DECIMALS.includes(type)) {
    const precision = length - (unsigned ? 0 : 1) - (decimals > 0 ? 1 : 0);
    return { name, type: decimalType(precision, decimals) };
  }
  const integer = INTEGERS[type];
  if (integer !== undefined) return { name, type: unsigned ? `U${integer}` : integer };
  if (type === TYPE.bit) return { name, type: length === 1 ? 'BOOLEAN' : 'UBIGINT' };
  const isBytes = TEXTS_OR_BYTES.includes(type) && field.characterSet === BINARY;
  const isUnordered = (Number(field.flags) & ENUM_OR_SET) !== 0;
  return {
    name,
    type: isBytes ? 'BLOB' : (TYPES[type] ?? 'VARCHAR'),
    ...(isUnordered && { isUnordered }),
  };
}
