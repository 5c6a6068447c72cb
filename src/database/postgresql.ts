import pg from 'pg';
import type { DatabaseAddress } from './address.ts';
import { databaseError, followable } from './errors.ts';
import { quotedTable, type Statement, selectAll, selectNext, selectNone } from './names.ts';
import { PostgresqlRows } from './postgresql-rows.ts';
import {
  type Continuation,
  type DatabaseQuery,
  decimalType,
  type LeftOut,
  type QueryColumn,
  type ResultSet,
} from './query.ts';

/**
 * Ask a PostgreSQL server, in one transaction that sees the state of its beginning. Values come as the server writes them, in which no
 * number is rounded. Password, user and host come from the variables and the password file of its own clients where the address has none.
 */
export async function queryPostgresql(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  password: string | undefined,
  next?: Continuation,
): Promise<ResultSet> {
  const client = new pg.Client({
    ...optionsOf(address, password),
    types: { getTypeParser: () => asWritten },
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (const statement of BEGINNING) await client.query(statement);
    const key = wanted.table === undefined ? [] : await keyOf(client, wanted.table);
    const columns = (await ask(client, selectNone(wanted, '"'))).fields.map(columnOf);
    const { rows, leftOut } = next
      ? await behind(client, wanted, next, key, columns)
      : { rows: wanted.query ?? selectAll(wanted.table!, key, '"') };
    const followed = columns.findIndex(({ name }) => name === next?.column);
    const reading = new PostgresqlRows(client, rows, followed, (error) => databaseError(error, address));
    return {
      ...{ key, columns, ...(leftOut && { leftOut }) },
      read: (sink) => reading.read(sink),
      last: () => reading.last(),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw databaseError(error, address);
  }
}

const asWritten = (value: string): string => value;

const BEGINNING = [
  'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
  "SET LOCAL TimeZone = 'UTC'",
  "SET LOCAL DateStyle = 'ISO, YMD'",
  "SET LOCAL IntervalStyle = 'iso_8601'",
  "SET LOCAL bytea_output = 'hex'",
  'SET LOCAL extra_float_digits = 1',
];

function optionsOf(
  { host, port, user, database, socket, tls }: DatabaseAddress,
  password: string | undefined,
): pg.ClientConfig {
  const server = socket ?? host;
  return {
    database,
    ...(server !== undefined && { host: server }),
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    connectionTimeoutMillis: 20_000,
    ssl: tls === 'disable' ? false : { rejectUnauthorized: tls === 'verify' },
  };
}

/** Find the columns of the primary key, in its order. */
async function keyOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<string[]>({
    text: `SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place), pg_attribute a
      WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
      ORDER BY k.place`,
    values: [quotedTable(table, '"')],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return rows.map(([name]) => name!);
}

/** Ask by the extended protocol, which takes one statement and no other behind it. */
function ask(client: pg.Client, text: string): Promise<pg.QueryArrayResult<string[]>> {
  return client.query<string[]>({
    text,
    values: [],
    rowMode: 'array',
    queryMode: 'extended',
  } as pg.QueryArrayConfig);
}

async function behind(
  client: pg.Client,
  wanted: DatabaseQuery,
  next: Continuation,
  key: readonly string[],
  columns: readonly QueryColumn[],
): Promise<{ rows: string; leftOut: LeftOut }> {
  followable(columns, next.column);
  // COPY takes no parameters.
  const literal = client.escapeLiteral(next.after ?? '');
  const how = { mark: '"', parameter: literal, isNumber: false } as const;
  const { rows, empty, before } = selectNext(wanted, next, key, how);
  const count = async (statement: Statement | undefined): Promise<number> =>
    statement === undefined ? 0 : Number((await ask(client, statement.sql)).rows[0]![0]);
  return { rows: rows.sql, leftOut: { empty: await count(empty), before: await count(before) } };
}

/** Source: PostgreSQL 17 source, src/include/catalog/pg_type.dat. What is not here is kept as text. */
const TYPES: Readonly<Record<number, string>> = {
  16: 'BOOLEAN',
  17: 'BLOB',
  20: 'BIGINT',
  21: 'SMALLINT',
  23: 'INTEGER',
  26: 'UINTEGER',
  700: 'FLOAT',
  701: 'DOUBLE',
  1082: 'DATE',
  1083: 'TIME',
  1114: 'TIMESTAMP',
  1184: 'TIMESTAMPTZ',
};
const NUMERIC = 1700;
/** The bytes of a header that count in the modifier of a type. */
const MODIFIER_HEADER = 4;

function columnOf({ name, dataTypeID, dataTypeModifier }: pg.FieldDef): QueryColumn {
  if (dataTypeID !== NUMERIC) return { name, type: TYPES[dataTypeID] ?? 'VARCHAR' };
  // One without limits has digits as it likes: text keeps them.
  if (dataTypeModifier < MODIFIER_HEADER) return { name, type: 'VARCHAR' };
  const limits = dataTypeModifier - MODIFIER_HEADER;
  return { name, type: decimalType(limits >> 16, limits & 0xffff) };
}
