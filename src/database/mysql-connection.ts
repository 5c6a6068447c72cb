import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type Connection, type ConnectionOptions, createConnection, type FieldPacket } from 'mysql2';
import { clientPort, type DatabaseAddress } from './address.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import { CONNECT_SECONDS } from './errors.ts';
import type { Statement } from './names.ts';
import { readOptionFile } from './option-file.ts';
import { type TlsOptions, tlsOptions } from './tls.ts';

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
  connectTimeout: CONNECT_SECONDS * 1000,
  keepAliveInitialDelay: 30_000,
};

/** A connection, and what its answers are waited for by. */
export class MysqlConnection {
  readonly driver: Connection;
  readonly watch: ConnectionWatch;

  /** @param options as {@link mysqlOptions} makes them */
  constructor(options: MysqlOptions, watch: ConnectionWatch) {
    this.driver = createConnection({ ...options, ...AS_TEXT });
    this.watch = watch;
    // Failures are met by the command that waits; those after that are of a connection that nobody needs any more.
    this.driver.on('error', () => undefined);
    watch.follow(this.#socket());
    this.#proveIdentity(options.ssl);
  }

  query(sql: string): Promise<string[][]> {
    return this.answer((resolve, reject) => {
      this.driver.query({ sql, rowsAsArray: true }, (error, rows) =>
        error === null ? resolve(rows as unknown as string[][]) : reject(error),
      );
    });
  }

  execute({ sql, values }: Statement): Promise<{ rows: unknown[][]; fields: FieldPacket[] }> {
    return this.answer((resolve, reject) => {
      this.driver.execute({ sql, rowsAsArray: true }, [...values], (error, rows, fields) =>
        error === null ? resolve({ rows: rows as unknown[][], fields }) : reject(error),
      );
    });
  }

  /** Let the server say what is wrong with a statement, and run nothing. The driver keeps what it has prepared for when it runs. */
  prepare(sql: string): Promise<void> {
    return this.answer((resolve, reject) => {
      this.driver.prepare(sql, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Wait for an answer. A statement itself hears nothing of a connection that is lost, or of an answer that is none. */
  async answer<T>(
    begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    let onLost: ((error: unknown) => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        onLost = reject;
        this.driver.once('error', reject);
        begin(resolve, reject);
      });
    } finally {
      this.watch.taken();
      if (onLost !== undefined) this.driver.removeListener('error', onLost);
    }
  }

  end(): void {
    this.watch.stop();
    // That is sent at once where nothing runs; the driver alone would wait until the server ends the connection.
    this.driver.end();
    this.#socket().destroySoon();
  }

  /** The driver has it, and its types do not. */
  #socket(): Socket {
    return (this.driver as unknown as { stream: Socket }).stream;
  }

  /** Hold the certificate against the server that was asked for, before the driver sends a name or a password: it takes an address of digits for localhost. */
  #proveIdentity(tls: TlsOptions | undefined): void {
    const driver = this.driver as unknown as { startTLS(onSecure: (error?: Error) => void): void };
    const start = driver.startTLS.bind(driver);
    driver.startTLS = (onSecure) => {
      start((error) => {
        const socket = this.#socket() as TLSSocket;
        const mustProve = error === undefined && tls?.rejectUnauthorized;
        onSecure(mustProve ? tls.checkServerIdentity('', socket.getPeerCertificate()) : error);
      });
      this.watch.follow(this.#socket());
    };
  }
}

export type MysqlOptions = Omit<ConnectionOptions, 'ssl'> & { readonly ssl?: TlsOptions };

/**
 * Where to connect, and as whom: as the URL says, else as the variables and the option file of the database's own clients do.
 * @throws VarveError `certificates-unreadable`, `database-url-invalid`
 */
export function mysqlOptions(address: DatabaseAddress, password: string | undefined): MysqlOptions {
  const { host, port, user, database, socket } = address;
  const file = readOptionFile(join(homedir(), '.my.cnf'));
  const server = host ?? file.host ?? 'localhost';
  // As MariaDB's own clients do: a socket is for this machine, and another one that the file names comes before it.
  const isLocal = host === undefined && server === 'localhost';
  // The driver takes a path of digits alone for a port.
  const path = socket ?? (isLocal && file.socket ? resolve(file.socket) : undefined);
  const secret = password ?? process.env.MYSQL_PWD ?? file.password;
  const ssl = tlsOptions(address, path ?? server, {
    mode: file['ssl-mode'],
    modePlace: '`ssl-mode` in ~/.my.cnf',
    authority: file['ssl-ca'],
  });
  return {
    database,
    user: user ?? file.user ?? process.env.USER ?? 'root',
    ...(secret !== undefined && { password: secret }),
    ...(path === undefined
      ? { host: server, port: port ?? clientPort(file.port, '`port` in ~/.my.cnf') ?? 3306 }
      : { socketPath: path }),
    ...(ssl !== undefined && { ssl }),
  };
}
