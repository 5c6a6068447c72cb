import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PushResult, UpdateResult } from '../../src/index.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { shellWord } from '../../src/wording/quote.ts';
import {
  type DatabaseServer,
  describeWithMariadb,
  describeWithPostgresql,
  identityOf,
  startMariadb,
  startPostgresql,
} from '../support/databases.ts';
import { refused } from '../support/refused.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';
import { freePort } from '../support/server-process.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

/** Columns, their types and rows as another reader of Parquet has them. */
async function read(
  path: string,
): Promise<{ types: Record<string, string>; rows: Record<string, string>[] }> {
  const connection = await (await DuckDBInstance.create()).connect();
  const result = await connection.runAndReadAll(`SELECT * FROM '${box.path('repo', path)}'`);
  const names = result.columnNames();
  return {
    types: Object.fromEntries(names.map((name, at) => [name, String(result.columnTypes()[at])])),
    rows: result
      .getRows()
      .map((row) => Object.fromEntries(row.map((value, at) => [names[at]!, String(value)]))),
  };
}

test('what names no database, or would show a password, is refused before a connection', () => {
  const add = (...args: string[]) => ['add', ...args, '--to', 'data/x.parquet'];
  refused(box, add('mysql://ann:hush@db.example/shop', '--table', 'x'), 'database-url-invalid', '');
  expect(box.varve(add('mysql://ann:hush@db.example/shop', '--table', 'x')).err).not.toContain('hush');
  refused(box, add('postgresql://db.example', '--table', 'x'), 'database-url-invalid', '');
  refused(box, add('mysql://db.example/shop?sslmode=maybe', '--table', 'x'), 'database-url-invalid', '');
  refused(box, add('mysql://db.example/shop?password=hush', '--table', 'x'), 'database-url-invalid', '');
  refused(box, add('mysql://db.example/shop'), 'usage', '');
  refused(box, add('mysql://db.example/shop', '--table', 'x', '--query', 'SELECT 1'), 'usage', '');
  refused(box, ['add', 'mysql://db.example/shop', '--table', 'x', '--to', 'data/x.xlsx'], 'usage', '');
  refused(box, ['add', 'mysql://db.example/shop', '--table', 'x'], 'usage', '');
  refused(box, ['add', 'data', '--table', 'x'], 'usage', '');
  refused(box, add('mysql://localhost:1/shop', '--table', 'x'), 'database-unreachable', '');
  for (const more of ['timeout=0', 'timeout=soon', 'sslrootcert=', 'socket=/a&socket=/b', 'sslmode=prefer'])
    refused(box, add(`mysql://db.example/shop?${more}`, '--table', 'x'), 'database-url-invalid', '');
  // What is no path would be a host or a port to a driver, which nothing had to prove.
  for (const scheme of ['mysql', 'postgresql'])
    for (const more of ['socket=127.0.0.2', 'socket=3306', 'socket=run/s', 'socket=/a%00b']) {
      const told = refused(
        box,
        add(`${scheme}://h/shop?${more}`, '--table', 'x'),
        'database-url-invalid',
        'socket=',
      );
      expect(told).toContain('?socket=/run/mysqld/mysqld.sock');
    }
  for (const scheme of ['mysql', 'postgresql'])
    refused(box, add(`${scheme}://a%00b/shop`, '--table', 'x'), 'database-url-invalid', '');
  // What stands behind a # may be the end of a password.
  const cut = refused(
    box,
    add('mysql://ann@h/shop#hush', '--table', 'x'),
    'database-url-invalid',
    'shop has a #',
  );
  expect(cut).toContain('%23');
  expect(cut).not.toContain('hush');
  // What was typed is named, and what would do in its place.
  const said = (...args: string[]) => box.varve(add(...args)).err;
  const both = said('mysql://db.example/shop', '--table', 'x', '--query', 'SELECT 1');
  expect(both).toMatch(/more were given\n.*Leave out all but one/);
  expect(said('mysql://db.example/shop')).toContain('needs either a table or a query');
  for (const name of ['sslmode', 'ssl-mode'])
    expect(said(`mysql://db.example/shop?${name}=prefer`, '--table', 'x')).toMatch(
      new RegExp(
        `has \`${name}=prefer\`.* verify-full \\(or verify\\), verify-ca, require and disable\\n.*Write \`${name}=\``,
      ),
    );
  expect(said('mysql://db.example/shop?wait=1', '--table', 'x')).toMatch(/`wait=`.*\n.*`timeout=`/);
  const mistyped = said('mysq://ann:hush@db.example/shop', '--table', 'x');
  expect(mistyped).toMatch(/mysq:\/\/ is no kind of URL.*\n.*mysql:\/\/.*postgresql:\/\//);
  expect(mistyped).not.toContain('hush');
  const outside = box.path('outside.csv');
  for (const words of [['mysql://db.example/shop', '--table', 'x'], ['kafka://broker.example/orders'], ['-']])
    expect(box.varve(['add', ...words, '--to', outside]).err).toMatch(
      /lies outside.*\n.*`--to` is a path in/,
    );
  // One table or query, wherever it is named.
  refused(box, add('mysql://h/shop?table=x', '--table', 'x'), 'usage', '');
  refused(box, add('mysql://h/shop?table=x&query=SELECT 1'), 'usage', '');
  // A scheme may be written in any letters, and messages write it as the remedy does.
  expect(box.varve(add('MySQL://ann@db.example/', '--table', 'x')).err).toMatch(
    /mysql:\/\/ann@db.example\/ names no database\n.*as mysql:\/\/USER@HOST:PORT\/DATABASE/,
  );
  refused(box, add('MYSQL://localhost:1/shop', '--table', 'x'), 'database-unreachable', '');
  expect(existsSync(box.path('repo/data'))).toBe(false);
});

test('a server that speaks no protocol of a database is no crash', async () => {
  const server: Server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  for (const scheme of ['mysql', 'postgresql']) {
    const { code, out } = await box.later([
      'add',
      `${scheme}://127.0.0.1:${port}/shop`,
      '--table',
      'x',
      '--to',
      'x.csv',
      '--json',
    ]);
    expect([scheme, code]).toEqual([scheme, 2]);
    expect(JSON.parse(out).error.code).toMatch(/^database-(error|unreachable)$/);
  }
  server.close();
});

test('a server of another kind is told as that, not as a slow query or a wrong table', async () => {
  const ask = async (scheme: string, first: Buffer) => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(first);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const url = `${scheme}://127.0.0.1:${port}/shop`;
    const { code, err } = await box.later(['add', url, '--table', 'x', '--to', 'x.csv']);
    server.close();
    expect([scheme, code]).toEqual([scheme, 2]);
    expect(err).toContain('something else may listen there');
    expect(err).not.toMatch(/slow query|name of the table/);
    return err;
  };
  // What MariaDB says first, by which the driver of PostgreSQL takes its length for the kind of a message.
  const greeting = Buffer.concat([
    Buffer.from([100, 0, 0, 0, 10]),
    Buffer.from('11.8.3-MariaDB'),
    Buffer.alloc(86),
  ]);
  const [silent] = await Promise.all([
    ask('mysql', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')),
    ask('postgresql', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')),
    ask('postgresql', greeting),
  ]);
  expect(silent).toMatch(/has let nobody log in .*\n.*no login within 20 seconds/);
}, 90_000);

/**
 * A table to which rows are appended, into a folder of files: the same of each kind of server.
 * @param odd adds a row to `late` whose day is none
 */
async function appends(server: DatabaseServer, odd: string): Promise<void> {
  server.run(`CREATE TABLE log (id BIGINT, note VARCHAR(20));
    INSERT INTO log VALUES (9007199254740993, 'b'), (1, 'a'), (NULL, 'none')`);
  const add = ['add', server.url(), '--table', 'log', '--incremental', 'id', '--to', 'data/log'];
  const files = (): string[] =>
    readdirSync(box.path('repo/data/log')).filter((name) => !name.startsWith('.'));
  const pointer = (): string => readFileSync(box.path('repo/data/log.varve'), 'utf8');
  const first = box.varve(add);
  expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^new +data\/log +2 rows, 1 file/)]);
  expect(first.err).toContain('1 row without a value in id is not in data/log.');
  expect(pointer()).toMatch(
    /kind: directory\n[\s\S]*database-incremental: id\ndatabase-last: "9007199254740993"\ndatabase-order: number\ndatabase-rows: 2\ndatabase-columns: .*\n/,
  );
  box.commit('log');

  expect(box.varve(add).out).toMatch(/^unchanged +data\/log +2 rows, 1 file/);
  const bytes = readFileSync(box.path('repo/data/log/rows-0000000000.parquet'));
  server.run("INSERT INTO log VALUES (9007199254740995, 'd'), (9007199254740994, 'c'), (2, 'late')");
  server.run("UPDATE log SET note = 'edited' WHERE id = 1");
  const second = box.varve(['update', 'data/log']);
  expect([second.code, second.out], second.err).toEqual([
    0,
    expect.stringMatching(/^changed +data\/log +4 rows, .*log of /),
  ]);
  expect(second.err).toContain('1 row up to "9007199254740993" in id came after those were taken');
  expect(files()).toEqual(['rows-0000000000.parquet', 'rows-0000000002.parquet']);
  expect(readFileSync(box.path('repo/data/log/rows-0000000000.parquet')).equals(bytes)).toBe(true);
  const { rows } = await read('data/log/*.parquet');
  expect(rows.map(({ id, note }) => `${id} ${note}`)).toEqual([
    '1 a',
    '9007199254740993 b',
    '9007199254740994 c',
    '9007199254740995 d',
  ]);
  expect(pointer()).toContain(
    'database-last: "9007199254740995"\ndatabase-order: number\ndatabase-rows: 4\n',
  );
  server.run('DELETE FROM log WHERE id < 3');
  expect(box.varve(['update']).err).toContain(
    '1 row up to "9007199254740995" in id is not in the database any more',
  );

  // What a run left that was cut off is no obstacle, and what was edited here is left alone.
  box.commit('more');
  box.write('repo/data/log/rows-0000000004.parquet', 'half of it');
  box.write('repo/data/log/notes.txt', 'mine');
  server.run("INSERT INTO log VALUES (9007199254740996, 'e')");
  expect(box.ok(['update'])).toMatch(/^changed +data\/log /);
  expect(pointer()).toContain('database-rows: 5\n');
  // A number that somebody wrote there leads to no file that the version has.
  server.run("INSERT INTO log VALUES (9007199254740997, 'f')");
  const written = pointer();
  box.write('repo/data/log.varve', written.replace('database-rows: 5', 'database-rows: 2'));
  refused(box, ['update'], 'path-taken', 'rows-0000000002.parquet');
  const [firstRows, lastRow] = ['0', '5'].map((at) => box.path(`repo/data/log/rows-000000000${at}.parquet`));
  const before = readFileSync(firstRows!);
  for (const rows of ['database-rows: 0', 'database-rows: 00']) {
    const zeroed = written.replace('database-rows: 5', rows);
    for (const said of [zeroed, zeroed.replace(/database-last: .*\n/, '')]) {
      box.write('repo/data/log.varve', said);
      refused(box, ['update'], 'path-taken', 'rows-0000000000.parquet');
      refused(box, add, 'path-taken', 'rows-0000000000.parquet');
      expect(readFileSync(firstRows!).equals(before)).toBe(true);
      // Nor where the version has it, and nothing lies here.
      renameSync(firstRows!, `${firstRows!}~`);
      refused(box, ['update'], 'path-taken', 'rows-0000000000.parquet');
      expect(existsSync(firstRows!)).toBe(false);
      renameSync(`${firstRows!}~`, firstRows!);
    }
  }
  expect(existsSync(lastRow!)).toBe(false);
  box.write('repo/data/log.varve', written);
  expect(box.varve(['diff']).out).toContain('notes.txt');

  box.commit('and more');
  box.git(['clone', '-q', 'repo', 'clone'], '.');
  refused(box, ['update'], 'settings-untrusted', '', 'clone');
  expect(box.ok(['trust', '--show'], 'clone')).toMatch(/table +log[\s\S]*incremental +id/);

  // Another way to the same rows is kept, whether there are new ones or not.
  box.ok(['update']);
  const files5 = files();
  for (const more of ['&timeout=70', '&timeout=71']) {
    expect(box.varve(add.with(1, server.url(more))).code).toBe(0);
    expect(pointer()).toContain(`${more.slice(1)}"\n`);
    server.run(`INSERT INTO log VALUES (9007199254740998, 'g')`);
  }
  expect(files().length).toBe(files5.length + 1);
  server.run('DELETE FROM log WHERE id = 9007199254740998');

  // What there was none of at first has no types yet.
  server.run('CREATE TABLE late (id BIGINT, day DATE)');
  const late = add.with(3, 'late').with(-1, 'data/late');
  expect(box.ok(late)).toContain('0 rows');
  expect(box.ok(late)).toContain('0 rows');
  server.run(odd);
  const filled = box.varve(late);
  expect([filled.code, filled.err]).toEqual([0, expect.stringContaining('day is kept as text')]);
  expect(readdirSync(box.path('repo/data/late')).filter((name) => name.startsWith('rows'))).toHaveLength(1);

  const other = (...args: string[]): string[] => ['add', server.url(), ...args];
  const byId = ['--incremental', 'id'];
  refused(box, other('--query', 'SELECT * FROM log', ...byId, '--to', 'data/log'), 'path-taken', 'data/log');
  refused(
    box,
    other('--table', 'log', '--incremental', 'note', '--to', 'data/log'),
    'path-taken',
    'data/log',
  );
  refused(box, other('--table', 'log', '--incremental', 'none', '--to', 'data/x'), 'column-missing', 'none');
  refused(box, ['add', 'data/log', ...byId], 'usage', '');
  box.write('repo/taken/a.txt', 'a');
  refused(box, other('--table', 'log', ...byId, '--to', 'taken'), 'path-taken', 'taken');

  const query = 'SELECT note, id FROM log -- all of it';
  const byText = other('--query', query, '--incremental', 'note', '--to', 'data/notes');
  expect(box.ok(byText)).toContain('6 rows');
  server.run("INSERT INTO log VALUES (1, 'o''\\\\z')");
  expect(box.ok(byText)).toContain('7 rows');
  expect(box.ok(byText)).toMatch(/^unchanged/);
}

/**
 * Rows that come later have the types of the first.
 * @param first has a value in `odd` that is none of its type
 * @param later has only such that are
 * @param bad has one in `fine` that is none
 */
async function keepsTypes(server: DatabaseServer, [first, later, bad]: readonly string[]): Promise<void> {
  server.run(first!);
  const add = ['add', server.url(), '--table', 'typed', '--incremental', 'id', '--to', 'data/typed'];
  expect(box.varve(add).err).toContain('odd is kept as text: 1 value of it');
  expect(readFileSync(box.path('repo/data/typed.varve'), 'utf8')).toContain('database-text: "[\\"odd\\"]"\n');
  box.commit('typed');
  server.run(later!);
  const second = box.varve(['update']);
  expect([second.code, second.err]).toEqual([0, expect.not.stringContaining('as text')]);
  expect((await read('data/typed/*.parquet')).types).toMatchObject({ odd: 'VARCHAR' });
  // One of the rows, and that of the files.
  expect(box.json<Profile>(['profile', 'data/typed']).tables).toHaveLength(2);
  box.commit('more');
  server.run(bad!);
  // What is named is the whole command, since update has none of these options; and it works wherever it was told.
  for (const words of [['update'], ['update', 'typed'], [...add.slice(0, -1), 'typed']]) {
    const told = refused(box, words, 'types-differ', 'fine', words.length === 1 ? 'repo' : 'repo/data');
    const [, command] = /with the column as text: `(varve add .*)`/.exec(told)!;
    expect(command).toBe(
      [
        `varve add ${shellWord(server.url())}`,
        ...add.slice(2, -1),
        words.length === 1 ? 'data/typed-2' : 'typed-2',
      ].join(' '),
    );
  }
  expect(box.ok([...add.slice(0, -1), 'data/typed-2'])).toContain('data/typed-2');
  expect(refused(box, ['update', 'data/typed'], 'types-differ', 'fine')).toContain('--to data/typed-3`');
}

/** What a push of a copy in Parquet sends after each of some changes of few rows, as a share of the first. */
function sharesOfPushes(server: DatabaseServer, changes: readonly string[]): number[] {
  box.ok(['remote', 'add', 'origin', box.path('remote')]);
  const sent = (): number => {
    box.ok(['add', server.url(), '--table', 'wide', '--to', 'wide.parquet']);
    box.commit('wide');
    return box.json<PushResult>(['push']).bytes;
  };
  const first = sent();
  expect(first).toBeGreaterThan(8_000_000);
  return changes.map((sql) => {
    server.run(sql);
    return sent() / first;
  });
}

const FEW_CHANGES = [
  "UPDATE wide SET note = 'edited' WHERE id = 300000",
  "INSERT INTO wide VALUES (99999, 1.5, 'new')",
  "INSERT INTO wide VALUES (-5, 1.5, 'the first')",
  'DELETE FROM wide WHERE id = 200000',
];

describeWithMariadb(() => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server.stop());

  test('a table comes with exact types, in the order of its key, and is the same version as long as it is the same', async () => {
    server.run(`SET sql_mode=''; SET time_zone='+02:00';
      CREATE TABLE odd (id BIGINT UNSIGNED PRIMARY KEY, tiny TINYINT, medium MEDIUMINT UNSIGNED, price DECIMAL(12,3), huge DECIMAL(60,2),
        f FLOAT, d DOUBLE, day DATE, good DATE, at DATETIME(6), ts TIMESTAMP(3) NULL, tm TIME, y YEAR, j JSON, b BLOB,
        e ENUM('a','ü'), bits BIT(9), flag BIT(1), latin TEXT CHARACTER SET latin1, n VARCHAR(20));
      INSERT INTO odd VALUES (18446744073709551615, -128, 16777215, -999999999.125, '123456789012345678901234567890123456789012345678901234567.89',
        0.1, 0.1, '0000-00-00', '2024-02-29', '2024-02-29 23:59:59.999999', '2024-06-01 12:00:00.123', '-800:00:01', 2024, '{"a": [1, 2.50]}', x'00ff0a',
        'ü', b'100000001', b'1', 'é', '');
      INSERT INTO odd (id, day, tm) VALUES (1, '2024-01-31', '10:00:00');`);
    const args = ['add', server.url(), '--table', 'odd', '--to', 'data/odd.parquet'];
    const { code, out, err } = box.varve(args);
    expect([code, out]).toEqual([0, expect.stringMatching(/^new +data\/odd.parquet +2 rows/)]);
    expect(err).toContain('day is kept as text: 1 value of it is no DATE.');
    expect(err).toContain('tm is kept as text');
    const { types, rows } = await read('data/odd.parquet');
    expect(types).toMatchObject({
      id: 'UBIGINT',
      tiny: 'TINYINT',
      medium: 'UINTEGER',
      price: 'DECIMAL(12,3)',
      huge: 'VARCHAR',
    });
    expect(types).toMatchObject({
      f: 'FLOAT',
      d: 'DOUBLE',
      day: 'VARCHAR',
      good: 'DATE',
      at: 'TIMESTAMP',
      y: 'USMALLINT',
    });
    expect(types).toMatchObject({
      ts: 'TIMESTAMP WITH TIME ZONE',
      b: 'BLOB',
      bits: 'UBIGINT',
      flag: 'BOOLEAN',
      j: 'VARCHAR',
    });
    expect(rows.map(({ id }) => id)).toEqual(['1', '18446744073709551615']);
    expect(rows[0]).toMatchObject({ price: 'null', n: 'null', day: '2024-01-31' });
    expect(rows[1]).toMatchObject({
      price: '-999999999.125',
      huge: expect.stringMatching(/\.89$/),
      day: '0000-00-00',
      good: '2024-02-29',
    });
    expect(rows[1]).toMatchObject({
      at: '2024-02-29 23:59:59.999999',
      ts: '2024-06-01 10:00:00.123+00',
      tm: '-800:00:01',
      bits: '257',
    });
    expect(rows[1]).toMatchObject({
      j: '{"a": [1, 2.50]}',
      b: '\\x00\\xFF\\x0A',
      e: 'ü',
      flag: 'true',
      latin: 'é',
      n: '',
    });
    expect(box.varve(args.with(1, server.url().replace('mysql', 'MySQL'))).out).toMatch(/^unchanged/);
    expect(box.ok(['update', 'data'])).toMatch(/^unchanged +data\/odd.parquet +2 rows, .*odd of mysql:/);
  });

  test('more rows than one batch, a query, a CSV file, and a table without a key', async () => {
    server.run(`CREATE TABLE many (id INT PRIMARY KEY, note TEXT); INSERT INTO many SELECT seq, repeat('ü', seq % 50) FROM seq_1_to_5000;
      CREATE TABLE loose AS SELECT * FROM many; CREATE TABLE nothing (id INT PRIMARY KEY)`);
    expect(box.ok(['add', server.url(), '--table', 'shop.many', '--to', 'many.parquet'])).toContain(
      '5,000 rows',
    );
    const { rows } = await read('many.parquet');
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 5000 }, (_, at) => at + 1));
    expect(rows[4998]!.note).toBe('ü'.repeat(49));
    box.ok([
      'add',
      server.url(),
      '--query',
      "SELECT id, NULLIF(note, '') AS note FROM many WHERE id IN (50, 51) ORDER BY id DESC",
      '--to',
      'few.csv',
    ]);
    expect(readFileSync(box.path('repo/few.csv'), 'utf8')).toBe('id,note\n51,ü\n50,\n');
    expect(box.varve(['add', server.url(), '--table', 'loose', '--to', 'loose.parquet']).err).toContain(
      'has no primary key',
    );
    expect(box.ok(['add', server.url(), '--table', 'nothing', '--to', 'nothing.parquet'])).toContain(
      '0 rows',
    );
  });

  test('is profiled, given a schema, validated and compared by its URL, without a file of it', () => {
    server.run(`CREATE TABLE sales (id INT PRIMARY KEY, price DECIMAL(8,2), note VARCHAR(9));
      INSERT INTO sales SELECT seq, seq / 4, concat('n', seq % 3) FROM seq_1_to_1000`);
    const url = `${server.url()}${server.url().includes('?') ? '&' : '?'}table=sales`;
    const before = readdirSync(box.path('repo')).sort();
    const { tables } = box.json<Profile>(['profile', url]);
    expect(tables[0]!.rows).toBe(1000);
    expect(tables[0]!.features.map(({ path, type }) => [path[0], type])).toEqual([
      ['id', 'integer'],
      ['price', 'decimal'],
      ['note', 'string'],
    ]);
    const shown = box.ok(['profile', url]);
    expect(shown).toMatch(/^mysql:\/\/\S*\/shop\?table=sales/);
    expect(readdirSync(box.path('repo')).sort()).toEqual(before);
    refused(box, ['validate', url], 'schema-missing', '');
    refused(box, ['schema', 'infer', url], 'usage', '');
    box.ok(['schema', 'infer', url, '--output', 'sales.yaml']);
    expect(box.varve(['validate', url, '--schema', 'sales.yaml']).code).toBe(0);
    box.ok(['add', server.url(), '--table', 'sales', '--to', 'sales.parquet']);
    expect(box.varve(['drift', 'sales.parquet', url]).code).toBe(0);
    server.run("UPDATE sales SET price = price * 10, note = 'other'");
    expect(box.varve(['validate', url, '--schema', 'sales.yaml']).code).toBe(1);
    expect(box.varve(['drift', 'sales.parquet', url]).out).toContain('price');
    expect(box.varve(['drift', url, url]).code).toBe(0);
    const query = `${url.replace('table=sales', '')}query=SELECT id + 1 AS next FROM sales WHERE note LIKE 'o%'`;
    expect(box.json<Profile>(['profile', query]).tables[0]!.features[0]).toMatchObject({
      path: ['next'],
      numeric: { min: '2', max: '1001' },
    });
    refused(box, ['profile', `${url}&query=SELECT 1`], 'database-url-invalid', '');
    refused(box, ['profile', server.url()], 'database-url-invalid', '');
    refused(box, ['profile', url.replace('sales', 'none')], 'database-error', '');
  });

  test('a copy of rows is brought up to date; what came through Git is asked only after consent', () => {
    server.run('CREATE TABLE stock (id INT PRIMARY KEY); INSERT INTO stock VALUES (1), (2)');
    box.ok(['add', server.url(), '--table', 'stock', '--to', 'stock.parquet']);
    box.ok(['meta', 'stock.parquet', 'license=CC0-1.0']);
    box.commit('stock');
    server.run('INSERT INTO stock VALUES (3)');
    const [updated] = box.json<UpdateResult>(['update']).datasets;
    expect(updated).toMatchObject({ to: 'stock.parquet', table: 'stock', rows: 3, change: 'changed' });
    expect(readFileSync(box.path('repo/stock.parquet.varve'), 'utf8')).toMatch(
      /^varve: 6\n[\s\S]*\ndatabase-table: stock\nmeta-license: /,
    );
    box.commit('more stock');
    expect(box.json<UpdateResult>(['update', 'stock.parquet']).datasets).toMatchObject([
      { change: 'unchanged' },
    ]);

    box.git(['clone', '-q', 'repo', 'clone'], '.');
    refused(box, ['update'], 'settings-untrusted', '', 'clone');
    expect(box.ok(['trust', '--show'], 'clone')).toMatch(
      /database {2}mysql:\/\/root@localhost[\s\S]*table {5}stock/,
    );
    // As whom it is asked is shown, however that is written.
    const pointer = readFileSync(box.path('repo/stock.parquet.varve'), 'utf8');
    box.write('clone/stock.parquet.varve', pointer.replace('root@', 'r%6fo,t@'));
    expect(box.ok(['trust', '--show'], 'clone')).toContain('mysql://r%6fo,t@localhost');

    // A version of one's own follows nothing.
    box.write('repo/stock.parquet', readFileSync(box.path('repo/stock.parquet')).subarray(0, -1));
    expect(box.varve(['update']).err).toContain('nobody saved what it holds');
    expect(box.varve(['add', 'stock.parquet']).err).toContain('`varve update` leaves it alone');
    refused(box, ['update', 'stock.parquet'], 'import-missing', 'stock.parquet');
  });

  test('a table may be named in the URL, and have a dot in its name', () => {
    server.run('CREATE TABLE `we ird.le` (id INT PRIMARY KEY); INSERT INTO `we ird.le` VALUES (7)');
    const add = (...args: string[]) => ['add', ...args, '--to', 'dotted.csv'];
    for (const name of ['"we ird.le"', '`we ird.le`', 'shop."we ird.le"'])
      expect(box.ok(add(server.url(), '--table', name))).toContain('1 row');
    expect(refused(box, add(server.url(), '--table', 'we ird.le'), 'database-error', '')).toContain('quotes');
    expect(box.ok(add(server.url('&table="we ird.le"')))).toContain('1 row');
    expect(readFileSync(box.path('repo/dotted.csv.varve'), 'utf8')).not.toContain('table=');
    expect(box.ok(['update'])).toMatch(/^unchanged/);
    expect(box.ok(add(server.url('&query=SELECT 1 %2B 1 AS two')))).toContain('1 row');
  });

  test('where one row in a thousand was edited, a push of a copy in CSV sends a fraction', () => {
    server.run(`CREATE TABLE big (id INT PRIMARY KEY, price DECIMAL(10,2), at DATETIME, note VARCHAR(80));
      INSERT INTO big SELECT seq, seq * 7919 % 99991 / 100, '2026-01-01' + INTERVAL seq SECOND, sha2(seq, 256) FROM seq_1_to_200000`);
    box.ok(['remote', 'add', 'origin', box.path('remote')]);
    box.ok(['add', server.url(), '--table', 'big', '--to', 'big.csv']);
    const sent = (): number => {
      box.commit('big');
      return box.json<PushResult>(['push']).bytes;
    };
    const first = sent();
    server.run("UPDATE big SET price = price + 1, note = 'edited' WHERE id BETWEEN 70001 AND 70200");
    box.ok(['update', 'big.csv']);
    expect(first).toBeGreaterThan(10_000_000);
    expect(sent()).toBeLessThan(first / 20);
  });

  test('where a row was edited, came or went, a push of a copy in Parquet sends a fraction', () => {
    server.run(`CREATE TABLE wide (id INT PRIMARY KEY, price DECIMAL(10,2), note VARCHAR(80));
      INSERT INTO wide SELECT 2 * seq, seq * 7919 % 99991 / 100, sha2(seq, 256) FROM seq_1_to_250000`);
    for (const share of sharesOfPushes(server, FEW_CHANGES)) expect(share).toBeLessThan(0.35);
  });

  test('rows are appended, each time behind the last one that was taken', async () => {
    await appends(server, "SET sql_mode=''; INSERT INTO late VALUES (1, '0000-00-00')");
    server.run("CREATE TABLE kinds (e ENUM('b', 'a'), f DOUBLE)");
    const add = ['add', server.url(), '--table', 'kinds', '--to', 'k', '--incremental'];
    for (const column of ['e', 'f']) refused(box, [...add, column], 'column-unordered', column);
  });

  test('the types of the first rows hold for those that are appended, and instants as text have their zone', async () => {
    const mode = "SET sql_mode=''; SET time_zone='+02:00';";
    await keepsTypes(server, [
      `${mode} CREATE TABLE typed (id INT, odd TIMESTAMP NULL, fine DATE);
        INSERT INTO typed VALUES (1, '0000-00-00', '2024-01-01'), (2, '2024-02-29 09:34:56', NULL)`,
      `${mode} INSERT INTO typed VALUES (3, '2024-03-01 02:00:00', '2024-01-02')`,
      `${mode} INSERT INTO typed VALUES (4, NULL, '2024-00-00')`,
    ]);
    const { rows } = await read('data/typed/*.parquet');
    expect(rows.map(({ odd }) => odd)).toEqual([
      ...['0000-00-00 00:00:00', '2024-02-29 07:34:56+00', '2024-03-01 00:00:00+00'],
    ]);
  });

  test('what the server refuses, and what would change it', () => {
    const add = (...args: string[]) => ['add', server.url(), ...args, '--to', 'x.parquet'];
    refused(box, add('--table', 'none'), 'database-error', '');
    refused(box, add('--table', 'a`b'), 'database-error', '');
    refused(box, add('--query', 'CREATE TABLE made (id INT)'), 'database-error', '');
    refused(box, add('--query', 'SELECT 1; DROP TABLE many'), 'database-error', '');
    server.run(
      'CREATE TABLE kept (id INT PRIMARY KEY); INSERT INTO kept VALUES (1); CREATE PROCEDURE p() SELECT 1',
    );
    const file = box.path('written');
    for (const query of [
      'DROP TABLE kept',
      'TRUNCATE kept',
      'DELETE FROM kept RETURNING id',
      "SET PASSWORD = PASSWORD('x')",
      'CREATE USER eve',
      'CALL p()',
      'BEGIN NOT ATOMIC COMMIT; DELETE FROM kept; SELECT 1 AS a; END',
      `SELECT 1 AS a INTO OUTFILE '${file}'`,
      `SELECT 1 AS a) AS q INTO OUTFILE '${file}' #`,
      `SELECT 1 AS a /*! INTO OUTFILE '${file}' */`,
      '/*!50000 DROP TABLE kept */',
      'ANALYZE TABLE kept',
    ]) {
      refused(box, add('--query', query), 'database-error', '');
      expect(box.varve(['profile', `${server.url()}&query=${encodeURIComponent(query)}`]).code).toBe(2);
    }
    expect(existsSync(file)).toBe(false);
    server.run('SELECT id FROM kept');
    box.ok(['add', server.url(), '--query', 'SELECT id FROM kept -- all of it', '--to', 'kept.parquet']);
    expect(box.varve(add('--table', 'none')).err).toContain('Check the name of the table');
    const elsewhere = server.url().replace(/\/[^/?]*(?=\?)/, '/nowhere');
    expect(box.varve(['add', elsewhere, '--table', 'x', '--to', 'x.parquet']).err).toContain(
      'Check the name of the database',
    );
    for (const [query, remedy] of [
      ['SELECT nocol FROM kept', 'Check the names of the columns'],
      ['SELEC', 'Correct the query'],
      ['DELETE FROM kept', 'Write one SELECT'],
    ] as const)
      expect(box.varve(add('--query', query)).err).toContain(remedy);
    // It has no TLS, which `require` does not change.
    const bare = box.varve(['add', server.url('&sslmode=require'), '--table', 'kept', '--to', 'x.parquet']);
    expect(bare.err).toMatch(/does not encrypt: the server has no TLS\n.*`\?sslmode=disable`/);
    // What is wrong with a query is said as the server says it.
    expect(box.varve(add('--query', 'SELECT nocol FROM kept')).err).toMatch(/Unknown column 'nocol'/);
    expect(box.varve(add('--query', 'SELEC')).err).toMatch(/error in your SQL syntax/);
    refused(box, add('--query', 'SELECT 1 AS a, 2 AS A'), 'database-error', '');
    refused(box, add('--query', "SELECT ST_GeomFromText('POINT(1 1)') AS place"), 'column-unreadable', '');
    refused(
      box,
      ['add', server.url().replace('root@', 'bob@'), '--table', 'x', '--to', 'x.parquet'],
      'database-refused',
      '',
    );
    expect(existsSync(box.path('repo/x.parquet'))).toBe(false);
  });
});

/** Ctrl-C, and a server that says nothing for too long, end a slow query at the server too. */
async function endsAtServer(server: DatabaseServer, slow: string, running: string): Promise<void> {
  const isRunning = (): boolean => server.run(running).includes('varve_slow');
  const query = `SELECT ${slow} AS varve_slow`;
  const words = (more: string): string[] => [
    ...['add', server.url(more), '--query', query, '--incremental', 'varve_slow', '--to', 'slow', '--json'],
  ];
  const child = spawn(process.execPath, [BINARY, ...words('')], { cwd: box.path('repo'), env: box.env });
  const ended = once(child, 'close');
  while (!isRunning()) await sleep(20);
  child.kill('SIGINT');
  expect((await ended)[0]).toBe(130);
  // The server has heard of it, and may need a moment to be done.
  while (isRunning()) await sleep(20);

  const silent = box.later(words('&timeout=2'));
  while (!isRunning()) await sleep(20);
  expect((await silent).out).toContain('said nothing for 2 seconds');
  while (isRunning()) await sleep(20);
}

describeWithMariadb(() => {
  test('a slow query that nobody waits for any more ends at the server', async () => {
    const server = await startMariadb();
    await endsAtServer(
      server,
      'SLEEP(3600)',
      "SELECT info FROM information_schema.processlist WHERE info LIKE '%SLEEP%' AND id <> CONNECTION_ID()",
    );
    await server.stop();
  }, 60_000);

  test('a connection that is lost in the middle of a copy is told of, and leaves nothing', async () => {
    const server = await startMariadb();
    const box = new Sandbox().repository();
    server.run(
      'CREATE TABLE big (id INT PRIMARY KEY, t TEXT); INSERT INTO big SELECT seq, REPEAT(MD5(seq), 20) FROM seq_1_to_400000',
    );
    const add = box.later(['add', server.url(), '--table', 'big', '--to', 'big.parquet', '--json']);
    // Until it reads.
    while (
      !server
        .run("SELECT info FROM information_schema.processlist WHERE info LIKE '%FROM `big`%'")
        .includes('ORDER BY')
    )
      await sleep(20);
    server.run(
      "SELECT CONCAT('KILL ', id) INTO @k FROM information_schema.processlist WHERE info LIKE 'SELECT * FROM `big`%' LIMIT 1; EXECUTE IMMEDIATE @k",
    );
    const { code, out } = await add;
    expect([code, (JSON.parse(out) as { error: { code: string } }).error.code]).toEqual([
      2,
      'database-unreachable',
    ]);
    expect(existsSync(box.path('repo/big.parquet'))).toBe(false);
    await server.stop();
    box.remove();
  }, 120_000);
});

describeWithPostgresql(() => {
  test('a slow query that nobody waits for any more ends at the server, by an encrypted word too', async () => {
    const running =
      "SELECT query FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep%' AND pid <> pg_backend_pid()";
    const slow = 'pg_sleep(3600)::text';
    const server = await startPostgresql();
    await endsAtServer(server, slow, running);
    await server.stop();
    const identity = identityOf('IP:127.0.0.1');
    const port = await freePort();
    const encrypted = await startPostgresql({
      ...{ listen_addresses: '127.0.0.1', port: String(port), ssl: 'on' },
      ...{ ssl_cert_file: identity.certificate, ssl_key_file: identity.key },
    });
    const url = (more = ''): string =>
      `postgresql://ann@127.0.0.1:${port}/postgres?sslrootcert=${identity.authority}${more}`;
    await endsAtServer({ ...encrypted, url }, slow, running);
    await encrypted.stop();
    rmSync(identity.folder, { recursive: true });
  }, 60_000);

  test('a server that ends the connection in the middle of a copy is told of, and leaves nothing', async () => {
    const server = await startPostgresql();
    const box = new Sandbox().repository();
    server.run(
      'CREATE TABLE big AS SELECT g AS id, repeat(md5(g::text), 20) AS t FROM generate_series(1, 400000) g',
    );
    const copies = 'FROM pg_stat_activity WHERE query LIKE \'COPY (SELECT * FROM "big"%\'';
    for (const args of [
      ['add', server.url(), '--table', 'big', '--to', 'big.parquet', '--json'],
      ['profile', server.url('&table=big'), '--json'],
    ]) {
      const command = box.later(args);
      // Until it reads.
      while (!server.run(`SELECT state ${copies}`).includes('active')) await sleep(20);
      server.run(`SELECT pg_terminate_backend(pid) ${copies}`);
      const { code, out } = await command;
      const { error } = JSON.parse(out) as { error: { code: string; remedy: string } };
      expect([code, error.code, error.remedy]).toEqual([
        ...[2, 'database-unreachable', expect.stringContaining('run the same again')],
      ]);
    }
    expect(existsSync(box.path('repo/big.parquet'))).toBe(false);
    await server.stop();
    box.remove();
  }, 120_000);
});

describeWithPostgresql(() => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgresql();
  }, 60_000);
  afterAll(() => server.stop());

  test('a table comes with exact types, in the order of its key, and is the same version as long as it is the same', async () => {
    server.run(`SET TIME ZONE 'Europe/Berlin'; CREATE TYPE mood AS ENUM ('ok', 'ü');
      CREATE TABLE odd (a int, id bigint, s smallint, price numeric(12,3), plain numeric(12,3), free numeric, f real, d double precision,
        day date, at timestamp, tz timestamptz, tm time, i interval, j jsonb, b bytea, e mood, u uuid, arr int[], flag bool, n text,
        PRIMARY KEY (id, a));
      INSERT INTO odd VALUES (1, 9223372036854775807, -32768, 'NaN', -999999999.125, 1e-30, 0.1, 0.1, 'infinity', '2024-02-29 23:59:59.999999',
        '2024-06-01 12:00:00.123', '23:59:59', '1 mon 2 days', '{"b":1,"a":[1.50]}', '\\x00ff0a', 'ü', '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
        '{1,NULL,3}', true, ''); INSERT INTO odd (a, id) VALUES (2, 5);`);
    const args = ['add', server.url(), '--table', 'public.odd', '--to', 'data/odd.parquet'];
    const { code, out, err } = box.varve(args);
    expect([code, out]).toEqual([0, expect.stringMatching(/^new +data\/odd.parquet +2 rows/)]);
    expect(err).toContain('price is kept as text: 1 value of it is no DECIMAL(12, 3).');
    const { types, rows } = await read('data/odd.parquet');
    expect(types).toMatchObject({
      a: 'INTEGER',
      id: 'BIGINT',
      s: 'SMALLINT',
      price: 'VARCHAR',
      plain: 'DECIMAL(12,3)',
      free: 'VARCHAR',
    });
    expect(types).toMatchObject({
      f: 'FLOAT',
      d: 'DOUBLE',
      day: 'VARCHAR',
      at: 'TIMESTAMP',
      tz: 'TIMESTAMP WITH TIME ZONE',
      flag: 'BOOLEAN',
    });
    expect(rows.map(({ id }) => id)).toEqual(['5', '9223372036854775807']);
    expect(rows[1]).toMatchObject({
      price: 'NaN',
      plain: '-999999999.125',
      free: '0.000000000000000000000000000001',
      day: 'infinity',
    });
    expect(rows[1]).toMatchObject({
      at: '2024-02-29 23:59:59.999999',
      tz: '2024-06-01 10:00:00.123+00',
      i: 'P1M2D',
      b: '\\x00\\xFF\\x0A',
    });
    expect(rows[1]).toMatchObject({
      j: '{"a": [1.50], "b": 1}',
      e: 'ü',
      arr: '{1,NULL,3}',
      flag: 'true',
      n: '',
    });
    expect(rows[0]).toMatchObject({ n: 'null', e: 'null', b: 'null' });
    expect(box.varve(args).out).toMatch(/^unchanged/);
  });

  test('rows are appended, each time behind the last one that was taken', async () => {
    await appends(server, "INSERT INTO late VALUES (1, 'infinity')");
    const stacked = 'SELECT 1 AS id) AS x; COMMIT; DROP TABLE log; SELECT (SELECT 1';
    const add = ['add', server.url(), '--query', stacked, '--incremental', 'id', '--to', 'x'];
    refused(box, add, 'database-error', '');
    server.run('SELECT id FROM log');
  });

  test('where a row was edited, came or went, a push of a copy in Parquet sends a fraction', () => {
    server.run(`CREATE TABLE wide (id INT PRIMARY KEY, price numeric(10,2), note VARCHAR(80));
      INSERT INTO wide SELECT 2 * g, (g::bigint * 7919 % 99991) / 100.0, encode(sha256(g::text::bytea), 'hex') FROM generate_series(1, 250000) g`);
    for (const share of sharesOfPushes(server, FEW_CHANGES)) expect(share).toBeLessThan(0.35);
  });

  test('the types of the first rows hold for those that are appended', async () => {
    await keepsTypes(server, [
      `CREATE TABLE typed (id int, odd numeric(5, 2), fine timestamp);
        INSERT INTO typed VALUES (1, 'NaN', '2024-01-01'), (2, 1.5, NULL)`,
      "INSERT INTO typed VALUES (3, 2.5, '2024-01-02')",
      "INSERT INTO typed VALUES (4, NULL, 'infinity')",
    ]);
  });

  test('a command that a message names is run as it stands, whatever lines and quotes its query has', () => {
    const fill =
      "CREATE TABLE spoken (id INT PRIMARY KEY, word TEXT); INSERT INTO spoken VALUES (1, 'it''s')";
    server.run(fill);
    const query = `SELECT id, word AS "the word"\n\tFROM spoken -- \u202e100% \\n\nWHERE word <> 'x'`;
    const add = ['add', server.url(), '--query', query];
    box.ok([...add, '--incremental', 'id', '--to', 'data/spoken']);
    box.ok([...add, '--to', 'data/whole.csv']);
    box.commit('spoken');
    const typed = (command: string) =>
      box.run('sh', ['-c', `varve() { '${process.execPath}' '${BINARY}' "$@"; }; ${command}`]);

    server.run("INSERT INTO spoken VALUES (0, 'late')");
    const told = box.varve(['update', 'data/spoken']).err;
    const [, anew] = /: `(varve add .*)` takes all rows anew/.exec(told) ?? [];
    const taken = typed(anew!);
    expect(taken.out, taken.err + told).toMatch(/^new +data\/spoken-2 {2}2 rows/);

    // An update has neither a URL nor options: it names the command that has them.
    server.run('DROP TABLE spoken');
    const err = refused(box, ['update', 'data/whole.csv'], 'database-error', 'data/whole.csv');
    const [, again] = /as data\/whole\.csv\.varve says; `(varve add .*)` does so too/.exec(err) ?? [];
    server.run(fill);
    const whole = typed(again!);
    expect(whole.out, whole.err + err).toMatch(/data\/whole\.csv {2}1 row/);
    expect(readFileSync(box.path('repo/data/whole.csv.varve'), 'utf8')).toContain(
      JSON.stringify(query).slice(0, 30),
    );
  });

  test('text of any kind comes as it is, and dates before Christ as text', async () => {
    server.run(String.raw`CREATE TABLE texts (id int PRIMARY KEY, t text, b bytea, c char(4), v bit(5), day date);
      INSERT INTO texts VALUES (1, E'a\tb\nc\\d\re\\N\x08\x0c\x0b', 'x', 'ab', B'10101', '2024-02-29'), (2, '\N', '', '', NULL, '0044-03-15 BC'),
        (3, E'\\.', NULL, 'ü', B'00000', NULL)`);
    const add = ['add', server.url(), '--table', 'texts', '--to', 'texts.parquet'];
    expect(box.varve(add).err).toContain('day is kept as text: 1 value of it is no DATE.');
    const { rows } = await read('texts.parquet');
    expect(rows).toMatchObject([
      { t: 'a\tb\nc\\d\re\\N\b\f\v', b: 'x', c: 'ab  ', v: '10101', day: '2024-02-29' },
      { t: '\\N', b: '', c: '    ', v: 'null', day: '0044-03-15 BC' },
      { t: '\\.', b: 'null', c: 'ü   ', v: '00000', day: 'null' },
    ]);
  });

  test('the end of a day is kept as text, since no file of Parquet has it, and a name may have a dot', async () => {
    server.run(`CREATE TABLE "ed.ges" (id int PRIMARY KEY, t time);
      INSERT INTO "ed.ges" VALUES (1, '24:00:00'), (2, '12:00:00')`);
    const add = ['add', server.url(), '--table', 'public."ed.ges"', '--to', 'edges.parquet'];
    expect(box.varve(add).err).toContain('t is kept as text: 1 value of it is no TIME.');
    expect((await read('edges.parquet')).rows.map(({ t }) => t)).toEqual(['24:00:00', '12:00:00']);
  });

  test('is profiled by its URL, without a file of it', () => {
    server.run('CREATE TABLE sales AS SELECT g AS id, g / 4.0 AS price FROM generate_series(1, 1000) g');
    const url = `${server.url()}${server.url().includes('?') ? '&' : '?'}table=sales`;
    expect(box.json<Profile>(['profile', url]).tables[0]!.rows).toBe(1000);
    expect(box.varve(['profile', url]).err).toContain('has no primary key');
  });

  test('more rows than one batch, and what the server refuses', async () => {
    server.run(
      `CREATE SEQUENCE counted; CREATE TABLE many AS SELECT g AS id, repeat('ü', g % 50) AS note FROM generate_series(5000, 1, -1) g`,
    );
    const add = (...args: string[]) => ['add', server.url(), ...args, '--to', 'x.parquet'];
    expect(box.ok(add('--query', 'SELECT * FROM many ORDER BY id'))).toContain('5,000 rows');
    const { rows } = await read('x.parquet');
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 5000 }, (_, at) => at + 1));
    refused(box, add('--table', 'none'), 'database-error', '');
    refused(box, add('--query', 'DELETE FROM many RETURNING id'), 'database-error', '');
    refused(box, add('--query', 'SELECT 1; DROP TABLE many'), 'database-error', '');
    expect(box.varve(add('--table', 'none')).err).toContain('Check the name of the table');
    for (const [query, remedy] of [
      ['SELECT nocol FROM many', 'Check the names of the columns'],
      ['SELEC', 'Correct the query'],
      ["SELECT nextval('counted')", 'Write one SELECT that only reads'],
    ] as const)
      expect(box.varve(add('--query', query)).err, query).toContain(remedy);
    const elsewhere = [
      'add',
      server.url().replace('/postgres?', '/none?'),
      '--table',
      'x',
      '--to',
      'x.parquet',
    ];
    expect(box.varve(elsewhere).err).toContain('Check the name of the database');
    const bare = box.varve(['add', server.url('&sslmode=require'), '--table', 'many', '--to', 'x.parquet']);
    expect(bare.err).toMatch(/does not encrypt: the server has no TLS\n.*`\?sslmode=disable`/);
    // The server runs a program for its own superuser, even where nothing may be changed.
    const program = `PROGRAM 'cat > /tmp/varve-ran-${process.pid}'`;
    for (const query of [
      `COPY (SELECT 1) TO ${program}`,
      `SELECT 1) TO ${program} --`,
      `SELECT 1) TO ${program} WITH (FORMAT csv`,
      `SELECT 1) AS a, (SELECT 2) TO ${program}`,
    ])
      refused(box, add('--query', query), 'database-error', '');
    expect(existsSync(`/tmp/varve-ran-${process.pid}`)).toBe(false);
    expect(box.varve(add('--query', 'SELECT 1 / (id - 4999) AS x FROM many ORDER BY id')).err).toContain(
      'division by zero',
    );
    refused(
      box,
      ['add', server.url().replace('/postgres?', '/none?'), '--table', 'x', '--to', 'x.parquet'],
      'database-error',
      '',
    );
  });
});
