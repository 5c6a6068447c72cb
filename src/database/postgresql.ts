import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { clientPort, type DatabaseAddress } from './address.ts';
import { CANCEL_MS, ConnectionWatch } from './connection-watch.ts';
import { CONNECT_SECONDS, followable } from './errors.ts';
import { quotedTable, type Statement, selectAll, selectNext, selectNone, selectOf } from './names.ts';
import { PostgresqlRows } from './postgresql-rows.ts';
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
import { tlsOptions } from './tls.ts';

/**
 * Ask a PostgreSQL server, in one transaction that sees the state of its beginning. Values come as the server writes them, in which no
 * number is rounded. Password, user and host come from the variables and the password file of its own clients where the address has none.
 */
export async function queryPostgresql(
  address: DatabaseAddress,
  wanted: DatabaseQuery,
  { password, next, ...watching }: AskOptions,
): Promise<ResultSet> {
  const options = optionsOf(address, password);
  const client = new pg.Client({ ...options, types: { getTypeParser: () => asWritten } });
  const watch = new ConnectionWatch(address, watching);
  watchClient(client, watch);
  watch.cancelBy(() => cancelQuery(client, new pg.Client(options)));
  const end = (): void => {
    watch.stop();
    // It says goodbye; the driver alone would wait until the server ends the connection.
    client.end().catch(() => undefined);
    wireOf(client).stream.destroySoon();
  };
  try {
    await client.connect();
    const ask: Ask = async (query) => {
      const result = await client.query<string[]>({ rowMode: 'array', ...query } as pg.QueryArrayConfig);
      watch.taken();
      return result;
    };
    for (const text of BEGINNING) await ask({ text });
    const key = wanted.table === undefined ? [] : await keyOf(ask, wanted.table);
    const { fields } = await ask(alone(selectNone(wanted, '"')));
    const { rows, columns, ...more } = next
      ? await behind(ask, wanted, next, key, fields)
      : { rows: wanted.query ?? selectAll(wanted.table!, key, '"'), columns: fields.map(columnOf) };
    const followed = columns.findIndex(({ name }) => name === next?.column);
    const reading = new PostgresqlRows(client, rows, followed, watch);
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

/** What of the driver's connection its types do not say. */
interface Wire {
  readonly stream: Socket;
  readonly ssl: unknown;
  attachListeners(stream: Socket): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(process: number, secret: unknown): void;
  once(event: 'connect' | 'sslconnect' | 'end', listener: () => void): void;
  on(event: 'error', listener: () => void): void;
}

function wireOf(client: pg.Client): Wire {
  return (client as unknown as { connection: Wire }).connection;
}

function watchClient(client: pg.Client, watch: ConnectionWatch): void {
  // Failures are met by whoever waits.
  client.on('error', () => undefined);
  const wire = wireOf(client);
  watch.hold(wire.stream);
  const attach = wire.attachListeners.bind(wire);
  // For the stream that is encrypted too.
  wire.attachListeners = (stream) => {
    attach(stream);
    watch.follow(stream);
  };
}

/**
 * Ask the server to end what a client runs, by a connection for just that, which is encrypted as that of the client. A server ends it without
 * a word, so nothing that comes is read.
 * Source: PostgreSQL 17 Documentation, "Message Flow", "Canceling Requests in Progress".
 * @param other a client with the same options, which is not connected
 */
async function cancelQuery(client: pg.Client, other: pg.Client): Promise<void> {
  // What the server said at login, which the driver's types leave out.
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: unknown };
  if (processID === null) return;
  const { host, port } = client;
  const wire = wireOf(other);
  wire.attachListeners = (stream) => void stream.resume();
  const word = (): void => wire.cancel(processID, secretKey);
  const limit = setTimeout(() => wire.stream.destroy(), CANCEL_MS);
  try {
    await new Promise<void>((resolve) => {
      wire.once('end', resolve);
      // One that nobody hears of would end the process.
      wire.on('error', () => resolve());
      wire.once('connect', () => (wire.ssl ? wire.requestSsl() : word()));
      wire.once('sslconnect', word);
      if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
      else wire.connect(port, host);
    });
  } finally {
    clearTimeout(limit);
    wire.stream.destroy();
  }
}

type Ask = (query: pg.QueryConfig & { queryMode?: 'extended' }) => Promise<pg.QueryArrayResult<string[]>>;

/** By the extended protocol, which takes one statement and no other behind it. */
function alone(text: string): Parameters<Ask>[0] {
  return { text, values: [], queryMode: 'extended' };
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

/**
 * Where to connect, and as whom: as the URL says, else as the variables and files of the database's own clients do, some of which the driver
 * reads itself.
 * @throws VarveError `certificates-unreadable`, `database-url-invalid`
 */
function optionsOf(address: DatabaseAddress, password: string | undefined): pg.ClientConfig {
  const { host, port, user, database, socket } = address;
  const server = socket ?? host;
  const { PGHOST, PGPORT, PGSSLMODE, PGSSLROOTCERT } = process.env;
  const ssl = tlsOptions(address, server ?? (PGHOST || 'localhost'), {
    mode: PGSSLMODE,
    modePlace: 'PGSSLMODE',
    authority: PGSSLROOTCERT || usualAuthority(),
  });
  return {
    database,
    ...(server !== undefined && { host: server }),
    port: port ?? clientPort(PGPORT, 'PGPORT') ?? 5432,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    ssl: ssl ?? false,
    // The other way is of newer servers only, and of this driver's own variable.
    ...{ sslnegotiation: 'postgres' },
  };
}

function usualAuthority(): string | undefined {
  const path = join(homedir(), '.postgresql', 'root.crt');
  return existsSync(path) ? path : undefined;
}

/** Find the columns of the primary key, in its order. */
async function keyOf(ask: Ask, table: string): Promise<string[]> {
  const { rows } = await ask({
    text: `SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place), pg_attribute a
      WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
      ORDER BY k.place`,
    values: [quotedTable(table, '"')],
  });
  return rows.map(([name]) => name!);
}

async function behind(
  ask: Ask,
  wanted: DatabaseQuery,
  next: Continuation,
  key: readonly string[],
  fields: readonly pg.FieldDef[],
): Promise<{ rows: string; columns: QueryColumn[]; leftOut: LeftOut; order: ColumnOrder }> {
  const all = fields.map(columnOf);
  const column = followable(all, next.column);
  const { dataTypeID } = fields[all.indexOf(column)]!;
  const order = await valueOrder(column, () => textOrder(ask, wanted, next, dataTypeID));
  const chosen = next.choose?.({ columns: all, order });
  const columns = chosen?.map((name) => all.find((one) => one.name === name)!) ?? all;
  // COPY takes no parameters.
  const literal = pg.escapeLiteral(next.after ?? '');
  const isNumber = order.name === NUMBERS;
  const how = { mark: '"', parameter: literal, isNumber, columns: chosen } as const;
  const { rows, empty, before } = selectNext(wanted, next, key, how);
  const count = async (statement: Statement | undefined): Promise<number> =>
    statement === undefined ? 0 : Number((await ask(alone(statement.sql))).rows[0]![0]);
  const leftOut = { empty: await count(empty), before: await count(before) };
  return { rows: rows.sql, columns, leftOut, order };
}

/** Texts of all their types are compared alike, but for those that are padded. Numbers without limits are numbers, though they come as text. */
const ORDERS: Readonly<Record<string, string>> = {
  ...{ 'character varying': 'text', name: 'text', numeric: NUMBERS },
};

/** What orders the values of a type: its name, and the collation if it has one. */
async function textOrder(
  ask: Ask,
  wanted: DatabaseQuery,
  { column }: Continuation,
  type: number,
): Promise<string> {
  const [[name, isCollated]] = (
    await ask({
      text: 'SELECT format_type(oid, NULL), typcollation <> 0 FROM pg_type WHERE oid = $1',
      values: [type],
    })
  ).rows as [[string, string]];
  const order = ORDERS[name] ?? name;
  if (isCollated !== 't') return order;
  const [[collation]] = (await ask(alone(selectOf(wanted, 'pg_collation_for', column, '"')))).rows as [
    [string],
  ];
  return `${order} ${collation === '"default"' ? await defaultCollation(ask) : collation}`;
}

/** By what a database orders texts unless something else is said. Names of columns are those of the server's version: 15 has another than 17. */
async function defaultCollation(ask: Ask): Promise<string> {
  const { rows } = await ask({
    text: `SELECT concat_ws(' ', d ->> 'datcollate', d ->> 'daticulocale', d ->> 'datlocale')
      FROM (SELECT to_jsonb(one) AS d FROM pg_database one WHERE datname = current_database()) AS here`,
  });
  return rows[0]![0]!;
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
/** Digits behind the point of seconds, of times that have a limit. */
const TIMESTAMPS = [1114, 1184];
const MAX_TIME_DIGITS = 6;
/** Types that the server compares by no order: JSON, which `jsonb` is not, XML, geometry, and numbers of transactions. */
const UNORDERED = [28, 29, 114, 142, 600, 601, 602, 603, 604, 628, 718];
const NUMERIC = 1700;
/** The bytes of a header that count in the modifier of a type. */
const MODIFIER_HEADER = 4;

function columnOf({ name, dataTypeID, dataTypeModifier }: pg.FieldDef): QueryColumn {
  if (dataTypeID !== NUMERIC)
    return {
      ...{ name, type: TYPES[dataTypeID] ?? 'VARCHAR' },
      ...(UNORDERED.includes(dataTypeID) && { isUnordered: true }),
      ...(TIMESTAMPS.includes(dataTypeID) && {
        digits: dataTypeModifier < 0 ? MAX_TIME_DIGITS : dataTypeModifier,
      }),
    };
  // One without limits has digits as it likes: text keeps them.
  if (dataTypeModifier < MODIFIER_HEADER) return { name, type: 'VARCHAR' };
  const limits = dataTypeModifier - MODIFIER_HEADER;
  return { name, type: decimalType(limits >> 16, limits & 0xffff) };
}
