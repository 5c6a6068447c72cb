import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type FakeDatabase,
  fakeMysql,
  fakePostgresql,
  flood,
  MY_BEFORE_ROWS,
  MY_HUGE,
  MY_OK,
  my,
  myGreeting,
  myUsual,
  PG_BEFORE_ROWS,
  PG_LOGGED_IN,
  pg,
  pgHuge,
  pgUsual,
} from '../support/fake-databases.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
const servers: FakeDatabase[] = [];
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  box.remove();
});

/** PostgreSQL, up to a statement. */
async function postgresql(at: number, answer: (socket: Socket) => void): Promise<FakeDatabase> {
  const server = await fakePostgresql(
    (socket) => (at < 0 ? answer(socket) : socket.write(PG_LOGGED_IN)),
    (socket, statement) => (statement < at ? pgUsual(socket, statement) : answer(socket)),
  );
  servers.push(server);
  return server;
}

/** MySQL, up to a statement; -2 is the greeting, and -1 the login. */
async function mysql(at: number, answer: (socket: Socket, message: Buffer) => void): Promise<FakeDatabase> {
  const server = await fakeMysql(
    (socket) => (at < -1 ? answer(socket, Buffer.alloc(0)) : socket.write(myGreeting())),
    (socket, statement, message) => {
      if (statement >= at) answer(socket, message);
      else if (statement < 0) socket.write(my(2, MY_OK));
      else myUsual(socket, message);
    },
  );
  servers.push(server);
  return server;
}

function add({ url }: FakeDatabase, options = ''): string[] {
  return ['add', `${url}${options}`, '--table', 'x', '--to', 'x.csv', '--json'];
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** The error of a command that ends, in words of varve and without a trace. */
async function told(server: FakeDatabase, options = ''): Promise<Told> {
  const { code, out, err } = await box.later(add(server, options));
  expect([code, err], out).toEqual([2, expect.not.stringMatching(/^ {4}at |TypeError|defect/m)]);
  return (JSON.parse(out) as { error: Told }).error;
}

/** Mebibytes of the process at most, and what it said. */
async function memoryOf(server: FakeDatabase): Promise<{ mebibytes: number; error: Told }> {
  const file = box.path('memory');
  const preload = box.write(
    'memory.cjs',
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS)));`,
  );
  box.env.NODE_OPTIONS = `--require=${preload}`;
  const error = await told(server);
  return { mebibytes: Number(readFileSync(file, 'utf8')) / 1024, error };
}

const MANY_ROWS = Buffer.concat(
  Array.from({ length: 100 }, () =>
    pg('D', Buffer.from([0, 1, 0, 0, 0x27, 0x10]), Buffer.alloc(10_000, 'x')),
  ),
);
/** A login that says by which number and secret a query can be ended. */
const PG_WITH_KEY = Buffer.concat([
  pg('R', Buffer.alloc(4)),
  pg('K', Buffer.from([0, 0, 0, 7, 0, 0, 0, 8])),
  pg('Z', 'I'),
]);
const HALF_A_MEBIBYTE = Buffer.alloc(2 ** 19, 'x');

function endless(head: Buffer, bytes: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.write(head);
    flood(socket, bytes);
  };
}

test('memory is bounded, whatever lengths a server announces', async () => {
  const nothing = Buffer.alloc(0);
  for (const [server, said] of [
    [await postgresql(-1, endless(pgHuge('R'), HALF_A_MEBIBYTE)), 'an answer of more than 8 MiB'],
    [await postgresql(0, endless(nothing, MANY_ROWS)), 'an answer of more than 8 MiB'],
    [await postgresql(PG_BEFORE_ROWS, endless(pgHuge('d'), HALF_A_MEBIBYTE)), 'a row of more than 64 MiB'],
    [await mysql(-2, endless(nothing, MY_HUGE)), 'an answer of more than 8 MiB'],
    [
      await mysql(MY_BEFORE_ROWS, (socket, message) => {
        myUsual(socket, message);
        flood(socket, MY_HUGE);
      }),
      'a row of more than 64 MiB',
    ],
  ] as const) {
    const { mebibytes, error } = await memoryOf(server);
    expect([error.code, error.message]).toEqual(['database-error', expect.stringContaining(said)]);
    expect(mebibytes).toBeLessThan(600);
  }
}, 120_000);

test('a message that nobody asked for, or that makes no sense, is an error in words', async () => {
  const short = Buffer.from([0, 9]);
  for (const [at, bytes] of [
    [0, [pg('T', short)]],
    [0, [pg('T', Buffer.from([0, 200]), 'a\0')]],
    [0, [pg('D', Buffer.from([0, 1, 0, 0, 0, 1]), 'x')]],
    [0, [pg('R', Buffer.from([0, 0, 0, 99]))]],
    [0, [pg('?', 'what')]],
    [PG_BEFORE_ROWS, [pg('D', Buffer.from([0, 1, 0, 0, 0, 1]), 'x')]],
    [PG_BEFORE_ROWS, [pg('T', Buffer.from([0, 0]))]],
    [PG_BEFORE_ROWS, [pg('G', Buffer.from([0, 0, 0]))]],
    [PG_BEFORE_ROWS, [pg('I')]],
    [PG_BEFORE_ROWS, [pg('s')]],
    [PG_BEFORE_ROWS, [pg('H', Buffer.from([0, 0, 0])), pg('d', 'a\tb\n')]],
    [PG_BEFORE_ROWS, [pg('H', Buffer.from([0, 0, 0])), pg('d', 'no end of a line')]],
  ] as const) {
    const server = await postgresql(at, (socket) => {
      for (const message of bytes) socket.write(message);
      if (at === 0) socket.end();
    });
    expect((await told(server)).code).toMatch(/^database-(error|unreachable)$/);
  }
  for (const [at, bytes] of [
    [-2, my(0, 'x')],
    [-1, my(2, Buffer.from([0xfe]), '__proto__\0', 'x'.repeat(20))],
    [0, my(1, Buffer.from([0xfe]))],
    [0, my(1, Buffer.from([9]))],
    [MY_BEFORE_ROWS - 1, my(1, Buffer.from([0, 1]))],
    [MY_BEFORE_ROWS, my(1, Buffer.from([1]))],
  ] as const) {
    const server = await mysql(at, (socket) => {
      socket.write(bytes);
      socket.end();
    });
    expect((await told(server)).code).toMatch(/^database-(error|unreachable)$/);
  }
}, 120_000);

test('an error is told and the command ends, though the server holds the connection', async () => {
  const refusal = Buffer.concat([Buffer.from([0xff, 0x10, 0x04]), Buffer.from('Too many connections')]);
  for (const [server, said] of [
    [
      await postgresql(-1, (socket) => socket.write(pg('E', 'SFATAL\0C53300\0Mtoo many clients\0\0'))),
      'too many',
    ],
    [
      await postgresql(0, (socket) => socket.write(pg('E', 'SERROR\0CXX000\0Mbad \x1b[31m\0\0'))),
      'bad \\x1b[31m',
    ],
    [await mysql(-2, (socket) => socket.write(my(0, refusal))), 'Too many'],
    [await mysql(0, (socket) => socket.write(my(1, refusal))), 'Too many'],
  ] as const)
    expect((await told(server)).message).toContain(said);
}, 60_000);

test('a server that falls silent is given up after the time that the URL says', async () => {
  const silent = (): void => undefined;
  for (const server of [
    await postgresql(0, silent),
    await postgresql(PG_BEFORE_ROWS, silent),
    await mysql(0, silent),
    await mysql(MY_BEFORE_ROWS, silent),
  ]) {
    const { code, message, remedy } = await told(server, '?timeout=1');
    expect([code, message]).toEqual([
      'database-unreachable',
      expect.stringContaining('said nothing for 1 second'),
    ]);
    expect(remedy).toContain('?timeout=SECONDS');
  }
}, 60_000);

test('a connection that is lost while a query is looked at is no fault of the query', async () => {
  const server = await mysql(MY_BEFORE_ROWS - 1, (socket) => socket.end());
  const { code, out } = await box.later([
    ...['add', server.url, '--query', 'SELECT 1 AS a', '--to', 'x.csv', '--json'],
  ]);
  const { error } = JSON.parse(out) as { error: Told };
  expect([code, error.code, error.message]).toEqual([
    ...[2, 'database-unreachable', expect.not.stringContaining('only reads')],
  ]);
});

test('Ctrl-C ends a command that waits for a server', async () => {
  for (const start of [postgresql, mysql]) {
    const asked = new EventEmitter();
    const server = await start(0, () => asked.emit('query'));
    const query = once(asked, 'query');
    const child = spawn(process.execPath, [BINARY, ...add(server)], { cwd: box.path('repo'), env: box.env });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await query;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  }
}, 60_000);

test('a connection that ends a query is told nothing by its server, whatever comes over it', async () => {
  const asked: string[] = [];
  const onAsked = (name: string): void => void asked.push(name);
  for (const [name, bytes] of [
    ['a message that is cut off', pg('T', Buffer.from([0, 9]))],
    ['a message that means nothing', Buffer.alloc(64, 0xff)],
    ['two GiB', Buffer.concat([pgHuge('R'), HALF_A_MEBIBYTE])],
    ['an error, and then another', Buffer.concat([pg('E', 'SFATAL\0\0'), pg('T', Buffer.from([0, 9]))])],
  ] as const) {
    // The first connection logs in, and its query is never answered.
    let connections = 0;
    const server = await fakePostgresql(
      (socket) => {
        const isFirst = connections++ === 0;
        if (!isFirst) onAsked(name);
        socket.write(isFirst ? PG_WITH_KEY : bytes);
      },
      () => undefined,
    );
    servers.push(server);
    expect((await told(server, '?timeout=1')).code, name).toBe('database-unreachable');
  }
  for (const [name, bytes] of [
    ['no greeting', my(0, 'x')],
    ['much', MY_HUGE],
  ] as const) {
    let connections = 0;
    const server = await fakeMysql(
      (socket) => {
        const isFirst = connections++ === 0;
        if (!isFirst) onAsked(name);
        socket.write(isFirst ? myGreeting() : bytes);
      },
      (socket, statement) => {
        if (statement < 0) socket.write(my(2, MY_OK));
      },
    );
    servers.push(server);
    expect((await told(server, '?timeout=1')).code, name).toBe('database-unreachable');
  }
  expect(asked).toHaveLength(6);
}, 60_000);

test('what a server may not have is told in words for people', async () => {
  const wantsFile = await mysql(0, (socket) => socket.write(my(1, Buffer.from([0xfb]), '/etc/passwd')));
  const wantsPassword = await mysql(-1, (socket) =>
    socket.write(my(2, Buffer.from([0xfe]), 'mysql_clear_password\0')),
  );
  const wantsPlugin = await mysql(-1, (socket) =>
    socket.write(my(2, Buffer.from([0xfe]), 'auth_gssapi_client\0')),
  );
  for (const [server, said] of [
    [wantsPassword, 'wants the password in clear text, which was not sent'],
    [wantsPlugin, 'wants a way to log in that varve has not: auth_gssapi_client'],
    [wantsFile, 'asked for a file of this machine'],
  ] as const) {
    const { message, remedy } = await told(server);
    expect(message).toContain(said);
    expect(message + remedy).not.toMatch(/option|streamFactory|plugins/);
  }
}, 60_000);
