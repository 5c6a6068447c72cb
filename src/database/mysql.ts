import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection, type FieldPacket } from 'mysql2';
import type { DatabaseAddress } from './address.ts';
import { columnUnreadable, databaseError, followable } from './errors.ts';
import { MysqlRows } from './mysql-rows.ts';
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
  const connection = createConnection({ ...(await optionsOf(address, password)), ...AS_TEXT });
  // Failures are met by the command that waits; those after that are of a connection that nobody needs any more.
  connection.on('error', () => undefined);
  const ask = (sql: string): Promise<string[][]> =>
    new Promise((resolve, reject) => {
      connection.query({ sql, rowsAsArray: true }, (error, rows) =>
        error === null ? resolve(rows as unknown as string[][]) : reject(error),
      );
    });
  try {
    for (const statement of BEGINNING) await ask(statement);
    const key = wanted.table === undefined ? [] : await keyOf(ask, wanted.table);
    const all = { sql: wanted.query ?? selectAll(wanted.table!, key, '`'), values: [] };
    const { rows, leftOut } = next ? await behind(connection, wanted, next, key) : { rows: all };
    const said = (error: unknown): Error => databaseError(error, address);
    const reading = new MysqlRows(connection, rows, next?.column, said);
    const columns = (await reading.begin()).map(columnOf);
    return {
      ...{ key, columns, ...(leftOut && { leftOut }) },
      read: (sink) => reading.read(sink),
      last: () => reading.last(),
      close: async () => connection.destroy(),
    };
  } catch (error) {
    connection.destroy();
    throw databaseError(error, address);
  }
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
) {
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

const UNSIGNED = 32;
/** Flags of columns whose values are sorted by their numbers. Source: MySQL 8.4 source, mysql_com.h. */
const ENUM_OR_SET = 256 | 2048;
/** The number of the character set of bytes. */
const BINARY = 63;

/** Integers, by the number of their type. Source: MySQL 8.4 source, include/field_types.h. */
const INTEGERS: Readonly<Record<number, string>> = {
  1: 'TINYINT',
  2: 'SMALLINT',
  3: 'INTEGER',
  8: 'BIGINT',
  9: 'INTEGER',
  13: 'SMALLINT',
};
const TYPES: Readonly<Record<number, string>> = {
  4: 'FLOAT',
  5: 'DOUBLE',
  7: 'TIMESTAMPTZ',
  10: 'DATE',
  11: 'TIME',
  12: 'TIMESTAMP',
};
const DECIMALS = [0, 246];
const BIT = 16;
/** Source: MySQL 8.4 source, field_types.h: MYSQL_TYPE_VECTOR and MYSQL_TYPE_GEOMETRY, which the driver makes objects of. */
const UNREADABLE: Readonly<Record<number, string>> = { 242: 'VEC_ToText', 255: 'ST_AsText' };
/** Texts, and with the character set of bytes, bytes: VARCHAR to STRING, but for JSON, ENUM and SET. */
const TEXTS_OR_BYTES = [15, 249, 250, 251, 252, 253, 254];

function typeOf({ columnType, type }: FieldPacket): number {
  return columnType ?? type!;
}

function columnOf(field: FieldPacket): QueryColumn {
  const { name, decimals } = field;
  const type = typeOf(field);
  const length = field.columnLength ?? field.length!;
  const isUnsigned = (Number(field.flags) & UNSIGNED) !== 0;
  if (UNREADABLE[type] !== undefined) throw columnUnreadable(name, UNREADABLE[type]);
  if (DECIMALS.includes(type)) {
    const precision = length - (isUnsigned ? 0 : 1) - (decimals > 0 ? 1 : 0);
    return { name, type: decimalType(precision, decimals) };
  }
  const integer = INTEGERS[type];
  if (integer !== undefined) return { name, type: isUnsigned ? `U${integer}` : integer };
  if (type === BIT) return { name, type: length === 1 ? 'BOOLEAN' : 'UBIGINT' };
  const isBytes = TEXTS_OR_BYTES.includes(type) && field.characterSet === BINARY;
  const isUnordered = (Number(field.flags) & ENUM_OR_SET) !== 0;
  return {
    name,
    type: isBytes ? 'BLOB' : (TYPES[type] ?? 'VARCHAR'),
    ...(isUnordered && { isUnordered }),
  };
}
