import { createServer, type Socket } from 'node:net';

/** A server that says what a test wants in place of a database, and lets go of its connections only when it is closed. */
export interface FakeDatabase {
  /** `mysql://…` or `postgresql://…` */
  readonly url: string;
  close(): void;
}

/** Answers one statement of a client, the first of which has the number 0, by its message. */
type Answer = (socket: Socket, statement: number, message: Buffer) => void;

async function listen(scheme: string, serve: (socket: Socket) => void): Promise<FakeDatabase> {
  const held: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    held.push(socket.on('error', () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `${scheme}://ann@127.0.0.1:${port}/shop`,
    close: () => {
      for (const socket of held) socket.destroy();
      server.close();
    },
  };
}

/** Send the same bytes for as long as somebody takes them. */
export function flood(socket: Socket, bytes: Buffer): void {
  while (!socket.destroyed && socket.write(bytes));
  if (!socket.destroyed) socket.once('drain', () => flood(socket, bytes));
}

/** Call with each message of a client, whose length stands at the begin of it. */
function messages(
  socket: Socket,
  lengthOf: (bytes: Buffer) => number,
  onMessage: (message: Buffer) => void,
): void {
  let waiting = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes as Buffer]);
    for (let length = lengthOf(waiting); length <= waiting.length; length = lengthOf(waiting)) {
      const message = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      onMessage(message);
    }
  });
}

/** A message of a PostgreSQL server. */
export function pg(type: string, ...body: (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(4 + bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The head of a message of PostgreSQL that announces two GiB. */
export function pgHuge(type: string): Buffer {
  return Buffer.concat([Buffer.from(type), Buffer.from([0x7f, 0xff, 0xff, 0xff])]);
}

export const PG_LOGGED_IN = Buffer.concat([pg('R', Buffer.alloc(4)), pg('Z', 'I')]);
/** A column `a` of text. */
const PG_COLUMN = pg(
  'T',
  Buffer.from([0, 1]),
  'a\0',
  Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]),
);

/** How many statements varve sends before it asks for the rows of a table. */
export const PG_BEFORE_ROWS = 8;

/** The usual answers of PostgreSQL up to the rows of a table with one column. */
export function pgUsual(socket: Socket, statement: number): void {
  const done = [pg('C', 'SELECT 0\0'), pg('Z', 'T')];
  const isAsked = statement >= PG_BEFORE_ROWS - 2;
  socket.write(Buffer.concat(isAsked ? [pg('1'), pg('2'), PG_COLUMN, ...done] : done));
}

/** @param login what the server answers to the first message of a client */
export function fakePostgresql(login: (socket: Socket) => void, answer: Answer): Promise<FakeDatabase> {
  return listen('postgresql', (socket) => {
    let isIn = false;
    let statements = 0;
    const lengthOf = (bytes: Buffer): number =>
      bytes.length < 5 ? Infinity : isIn ? 1 + bytes.readUInt32BE(1) : bytes.readUInt32BE(0);
    messages(socket, lengthOf, (message) => {
      if (!isIn) {
        isIn = true;
        login(socket);
      } else if (message[0] === 0x51 || message[0] === 0x53) answer(socket, statements++, message);
    });
  });
}

/** A packet of a MySQL server. */
export function my(sequence: number, ...body: (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(4);
  head.writeUIntLE(bytes.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, bytes]);
}

/** 16 MiB of a packet that goes on in the next. */
export const MY_HUGE = Buffer.concat([Buffer.from([255, 255, 255, 0]), Buffer.alloc(0xffffff, 0x0a)]);
export const MY_OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const MY_EOF = Buffer.from([0xfe, 0, 0, 2, 0]);
/** A column `a` of text. */
const MY_COLUMN = Buffer.concat([
  Buffer.from('\x03def\0\0\0\x01a\x01a\x0c'),
  Buffer.from([33, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0]),
]);

/** How many statements varve sends before it runs the one that gives the rows of a table, or of a query. */
export const MY_BEFORE_ROWS = 5;
/** Source: MySQL 8.4 source documentation, "Command Phase". */
const COM_QUERY = 3;
const COM_STMT_PREPARE = 22;

/** The usual answer of MySQL to a statement: a table has no key and one column, and rows go on behind the head that this sends. */
export function myUsual(socket: Socket, message: Buffer): void {
  const resultSet = [my(1, Buffer.from([1])), my(2, MY_COLUMN), my(3, MY_EOF)];
  const prepared = [
    my(1, Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
    my(2, MY_COLUMN),
    my(3, MY_EOF),
  ];
  if (message[4] === COM_STMT_PREPARE) socket.write(Buffer.concat(prepared));
  else if (message[4] !== COM_QUERY) socket.write(Buffer.concat(resultSet));
  else if (message.includes('SHOW KEYS')) socket.write(Buffer.concat([...resultSet, my(4, MY_EOF)]));
  else socket.write(my(1, MY_OK));
}

export function myGreeting(plugin = 'mysql_native_password'): Buffer {
  return my(
    0,
    ...['\x0a8.0.0\0', Buffer.from([1, 0, 0, 0]), '12345678\0', Buffer.from([0xff, 0xf7, 33, 2, 0, 0xff, 0])],
    ...[Buffer.from([21]), Buffer.alloc(10), '123456789012\0', `${plugin}\0`],
  );
}

/** @param answer is asked for the login too, as the statement -1 */
export function fakeMysql(greeting: (socket: Socket) => void, answer: Answer): Promise<FakeDatabase> {
  return listen('mysql', (socket) => {
    let statement = -1;
    greeting(socket);
    const lengthOf = (bytes: Buffer): number => (bytes.length < 4 ? Infinity : 4 + bytes.readUIntLE(0, 3));
    messages(socket, lengthOf, (message) => answer(socket, statement++, message));
  });
}
