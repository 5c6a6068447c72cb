import pg from 'pg';
import Cursor, { type CursorQueryConfig } from 'pg-cursor';
import type { DatabaseAddress } from './address.ts';
import { databaseError, followable } from './errors.ts';
import { quotedTable, type Statement, selectAll, selectNext, selectNone } from './names.ts';
import {
  type Continuation,
  type DatabaseQuery,
  decimalType,
  type LeftOut,
  type QueryColumn,
  type ResultSet,
  type RowValue,
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
    const all = { sql: wanted.query ?? selectAll(wanted.table!, key, '"'), values: [] };
    const { rows, leftOut } = next ? await behind(client, wanted, next, key) : { rows: all };
    const close = (): Promise<void> => client.end();
    return { key, ...(leftOut && { leftOut }), ...(await resultsOf(client, rows)), close };
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

async function behind(
  client: pg.Client,
  wanted: DatabaseQuery,
  next: Continuation,
  key: readonly string[],
): Promise<{ rows: Statement; leftOut: LeftOut }> {
  // Of the extended protocol, which takes one statement and no other behind it.
  const ask = ({ sql, values }: Statement) =>
    client.query<string[]>({
      text: sql,
      values: [...values],
      rowMode: 'array',
      queryMode: 'extended',
    } as pg.QueryArrayConfig);
  const { fields } = await ask({ sql: selectNone(wanted, '"'), values: [] });
  followable(fields.map(columnOf), next.column);
  const how = { mark: '"', parameter: '$1', isNumber: false } as const;
  const { rows, empty, before } = selectNext(wanted, next, key, how);
  const count = async (statement: Statement | undefined): Promise<number> =>
    statement === undefined ? 0 : Number((await ask(statement)).rows[0]![0]);
  return { rows, leftOut: { empty: await count(empty), before: await count(before) } };
}

const ROWS_AT_ONCE = 2048;

async function resultsOf(
  client: pg.Client,
  { sql, values }: Statement,
): Promise<Pick<ResultSet, 'columns' | 'rows'>> {
  const config = {
    rowMode: 'array',
    types: { getTypeParser: () => asWritten },
  } as unknown as CursorQueryConfig;
  const cursor = client.query(new Cursor<RowValue[]>(sql, [...values], config));
  const next = (): Promise<{ rows: RowValue[][]; fields: readonly pg.FieldDef[] }> =>
    new Promise((resolve, reject) => {
      // After the last row there is no result.
      cursor.read(ROWS_AT_ONCE, (error, rows, result?: pg.QueryResult) =>
        error == null ? resolve({ rows, fields: result?.fields ?? [] }) : reject(error),
      );
    });
  const first = await next();
  const columns = first.fields.map(columnOf);
  const bytes = columns.flatMap(({ type }, at) => (type === 'BLOB' ? [at] : []));
  return {
    columns,
    async *rows() {
      for (let { rows } = first; rows.length > 0; { rows } = await next()) {
        for (const row of rows) for (const at of bytes) row[at] = bytesOf(row[at]!);
        yield rows;
      }
    },
  };
}

/** `\x` and hexadecimal digits: the output format that the transaction asked for. */
function bytesOf(value: RowValue): RowValue {
  return typeof value === 'string' ? Buffer.from(value.slice(2), 'hex') : value;
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
