import type { FieldPacket } from 'mysql2';
import type { DatabaseAddress } from './address.ts';
import { CANCEL_MS, ConnectionWatch } from './connection-watch.ts';
import { columnUnreadable, followable, isCutOff, queryNotRead } from './errors.ts';
import { MysqlConnection, type MysqlOptions, mysqlOptions } from './mysql-connection.ts';
import { MysqlRows } from './mysql-rows.ts';
import { BINARY, fieldType, isUnsigned, TYPE } from './mysql-types.ts';
import { quotedTable, type Statement, selectAll, selectNext, selectNone, selectOf } from './names.ts';
import {
  type AskOptions,
  type ColumnOrder,
  type Continuation,
  type DatabaseQuery,
  decimalType,
  type LeftOut,
  NUMBERS,
  type QueryColumn,
  type ResultSet,
  valueOrder,
} from './query.ts';

/**
 * Ask a MySQL or MariaDB server. All is read in one transaction that sees the state of its beginning, as far as the storage engine of the
 * table has such (InnoDB does). Rows come in the binary protocol, in which no number is rounded.
 */
export async function queryMysql(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  { password, next, ...watching }: AskOptions,
): Promise<ResultSet> {
  const options = mysqlOptions(address, password);
  const watch = new ConnectionWatch(address, watching);
  let end = (): void => watch.stop();
  try {
    const connection = new MysqlConnection(options, watch);
    end = () => connection.end();
    watch.cancelBy(() => killQuery(address, options, connection));
    for (const statement of BEGINNING) await connection.query(statement);
    const key = wanted.table === undefined ? [] : await keyOf(connection, wanted.table);
    if (wanted.query !== undefined) await checkReads(connection, wanted);
    const all = { sql: wanted.query ?? selectAll(wanted.table!, key, '`'), values: [] };
    const { rows, ...more } = next ? await behind(connection, wanted, next, key) : { rows: all };
    const reading = new MysqlRows(connection, rows, next?.column);
    const columns = (await reading.begin()).map(columnOf);
    return {
      ...{ key, columns, ...more },
      read: (sink) => reading.read(sink),
      last: () => reading.last(),
      close: end,
    };
  } catch (error) {
    end();
    throw watch.said(error);
  }
}

/** End what runs on a connection, by another one: the server looks at the first only once it has rows. */
async function killQuery(
  address: DatabaseAddress,
  options: MysqlOptions,
  { driver: { threadId } }: MysqlConnection,
): Promise<void> {
  if (threadId === null) return;
  const watch = new ConnectionWatch(address, { signal: AbortSignal.timeout(CANCEL_MS) });
  let end = (): void => watch.stop();
  try {
    const other = new MysqlConnection(options, watch);
    end = () => other.end();
    await other.query(`KILL QUERY ${threadId}`);
  } finally {
    end();
  }
}

const BEGINNING = [
  "SET SESSION time_zone = '+00:00'",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

/**
 * Make sure that a query only reads. A transaction that is read-only is not enough: statements that define something end it, and a file of
 * the server may be written by a SELECT. So the server has to take the query for one that stands within another, where nothing else may
 * stand, and for one that stands alone, which none does that breaks out of its parentheses. It prepares both, and runs neither.
 * @throws VarveError `database-error`, and what the server says of a query that is wrong
 */
async function checkReads(connection: MysqlConnection, wanted: DatabaseQuery): Promise<void> {
  await connection.prepare(wanted.query!);
  try {
    await connection.prepare(selectNone(wanted, '`'));
  } catch (error) {
    if (isCutOff(error)) throw error;
    // Two columns of one name are told of where the rows are to be written.
    if ((error as { code?: string }).code !== 'ER_DUP_FIELDNAME') throw queryNotRead(error as Error);
  }
}

/** Find the columns of the primary key, in its order. */
async function keyOf(connection: MysqlConnection, table: string): Promise<string[]> {
  const rows = await connection.query(`SHOW KEYS FROM ${quotedTable(table, '`')} WHERE Key_name = 'PRIMARY'`);
  // Table, Non_unique, Key_name, Seq_in_index, Column_name, …
  return rows.toSorted((a, b) => Number(a[3]) - Number(b[3])).map((row) => row[4]!);
}

async function behind(
  connection: MysqlConnection,
  wanted: DatabaseQuery,
  next: Continuation,
  key: readonly string[],
): Promise<{ rows: Statement; leftOut: LeftOut; order: ColumnOrder }> {
  const { fields } = await connection.execute({ sql: selectNone(wanted, '`'), values: [] });
  const columns = fields.map(columnOf);
  const column = followable(columns, next.column);
  const field = fields[columns.indexOf(column)]!;
  const order = await valueOrder(column, () => textOrder(connection, wanted, field));
  const chosen = next.choose?.({ columns, order });
  const isNumber = order.name === NUMBERS;
  const how = { mark: '`', parameter: '?', isNumber, columns: chosen } as const;
  const { rows, empty, before } = selectNext(wanted, next, key, how);
  const count = async (statement: Statement | undefined): Promise<number> =>
    statement === undefined ? 0 : Number((await connection.execute(statement)).rows[0]![0]);
  return { rows, leftOut: { empty: await count(empty), before: await count(before) }, order };
}

/** What orders values that come as text: of texts, the collation, which has the character set in its name. */
async function textOrder(
  connection: MysqlConnection,
  wanted: DatabaseQuery,
  field: FieldPacket,
): Promise<string> {
  if (DECIMALS.includes(fieldType(field))) return NUMBERS;
  const plugin = PLUGIN_TYPES[pluginLength(field)];
  if (plugin !== undefined) return plugin;
  const asked = { sql: selectOf(wanted, 'COLLATION', field.name, '`'), values: [] };
  const { rows } = await connection.execute(asked);
  return `text ${String(rows[0]![0])}`;
}

/** Types of MariaDB that it has from plugins come as text, and are compared by what they mean; by the letters of their values. */
const PLUGIN_TYPES: Readonly<Record<number, string>> = { 15: 'inet4', 36: 'uuid', 39: 'inet6' };

/** Letters of the values of a type of a plugin, which comes as text without a sign; 0 for other columns. */
function pluginLength(field: FieldPacket): number {
  return fieldType(field) === TYPE.string && isUnsigned(field)
    ? (field.columnLength ?? field.length!) / UTF8MB4_BYTES
    : 0;
}

/** Flags of columns whose values are sorted by their numbers. Source: MySQL 8.4 source, mysql_com.h. */
const ENUM_OR_SET = 256 | 2048;
/** Bytes of a letter in the character set of the connection. */
const UTF8MB4_BYTES = 4;

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
  // That of MySQL compares JSON with text by their kinds; that of MariaDB is text.
  const isUnordered = (Number(field.flags) & ENUM_OR_SET) !== 0 || type === TYPE.json;
  return {
    name,
    type: isBytes ? 'BLOB' : (TYPES[type] ?? 'VARCHAR'),
    ...(isUnordered && { isUnordered }),
    ...(TYPES[type] !== undefined && { digits: decimals }),
  };
}
