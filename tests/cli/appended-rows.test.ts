import { readdirSync, readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type DatabaseServer,
  describeWithMariadb,
  describeWithPostgresql,
  startMariadb,
  startPostgresql,
} from '../support/databases.ts';
import { refused } from '../support/refused.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
let server: DatabaseServer;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

function add(table: string, column: string): string {
  return box.ok(['add', server.url(), '--table', table, '--incremental', column, '--to', `data/${table}`]);
}

/** Values of a column in the files of a folder, in their order. */
async function values(folder: string, column: string): Promise<string[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const files = `read_parquet('${box.path('repo', folder)}/*.parquet', union_by_name = true)`;
  const { rows } = { rows: (await connection.runAndReadAll(`SELECT "${column}" FROM ${files}`)).getRows() };
  return rows.map(([value]) => String(value)).sort();
}

function pointer(table: string): string {
  return readFileSync(box.path(`repo/data/${table}.varve`), 'utf8');
}

/** Run a command that a message names. */
function typed(command: string): string {
  const { code, out, err } = box.run('sh', [
    '-c',
    `varve() { '${process.execPath}' '${BINARY}' "$@"; }; ${command}`,
  ]);
  expect(code, err).toBe(0);
  return out;
}

/** An update is refused, writes nothing, and names the command that takes all rows. @returns the message */
function refusedAnew(table: string, code: string, rows: number): string {
  const before = [pointer(table), ...readdirSync(box.path(`repo/data/${table}`))];
  const err = refused(box, ['update', `data/${table}`], code, '');
  expect([pointer(table), ...readdirSync(box.path(`repo/data/${table}`))]).toEqual(before);
  expect(err).not.toContain('are not in the database any more');
  const [, anew] = /: `(varve add .*?)`/.exec(err) ?? [];
  expect(typed(anew!), err).toMatch(new RegExp(`^new +data/${table}-\\d +${rows} rows`));
  return err;
}

/** As an older varve left it, which did not say how values were compared, nor what columns there were. */
function asBefore(table: string): void {
  const text = pointer(table)
    .replace(/^database-(order|columns): .*\n/gm, '')
    .replace('varve: 13', 'varve: 6');
  box.write(`repo/data/${table}.varve`, text);
}

interface Type {
  readonly type: string;
  /** SQL of values, in their order; the last one is inserted when the others were taken. */
  readonly values: readonly string[];
}

/** Each type that a column can have is followed as it is, or refused by name. */
async function followsTypes(followed: readonly Type[], unordered: readonly string[]): Promise<void> {
  for (const [at, { type, values: sql }] of followed.entries()) {
    const table = `f${at}`;
    const last = sql.at(-1)!;
    server.run(`CREATE TABLE ${table} (id INT PRIMARY KEY, b ${type});
      ${sql
        .slice(0, -1)
        .map((one, id) => `INSERT INTO ${table} VALUES (${id}, ${one});`)
        .join(' ')}`);
    add(table, 'b');
    expect([type, box.ok(['update', `data/${table}`])]).toEqual([type, expect.stringMatching(/^unchanged/)]);
    server.run(`INSERT INTO ${table} VALUES (99, ${last})`);
    const { err, out } = box.varve(['update', `data/${table}`]);
    expect([type, out, err]).toEqual([
      type,
      expect.stringMatching(new RegExp(`^changed +data/${table} +${sql.length} rows`)),
      expect.not.stringMatching(/not in/),
    ]);
    const ids = [...sql.keys()].slice(0, -1).map(String);
    expect([type, await values(`data/${table}`, 'id')]).toEqual([type, [...ids, '99'].sort()]);
    expect([type, box.ok(['update', `data/${table}`])]).toEqual([type, expect.stringMatching(/^unchanged/)]);
  }
  for (const [at, type] of unordered.entries()) {
    server.run(`CREATE TABLE u${at} (id INT PRIMARY KEY, b ${type})`);
    const words = ['add', server.url(), '--table', `u${at}`, '--incremental', 'b', '--to', 'data/u'];
    const { code, out } = box.varve([...words, '--json']);
    expect([type, code, JSON.parse(out).error]).toMatchObject([
      ...[type, 2],
      { code: expect.stringMatching(/^column-un/), path: 'b' },
    ]);
  }
}

/** Columns that are not those of the first rows, in the words of the server. */
async function keepsColumns(retype: string, rename: string): Promise<void> {
  server.run('CREATE TABLE c (id INT PRIMARY KEY, v INT, w INT)');
  server.run('INSERT INTO c VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)');
  add('c', 'id');
  server.run('ALTER TABLE c ADD COLUMN later INT');
  server.run('INSERT INTO c VALUES (4, 4, 4, 4)');
  const more = box.varve(['update', 'data/c']);
  expect([more.code, more.out]).toEqual([0, expect.stringMatching(/^changed +data\/c +4 rows/)]);
  const [, anew] =
    /^varve: later is not in data\/c.*: `(varve add .*)` takes all rows anew/m.exec(more.err) ?? [];
  expect(typed(anew!), more.err).toMatch(/^new +data\/c-2 +4 rows/);
  expect(await values('data/c', 'v')).toEqual(['1', '2', '3', '4']);
  await expect(values('data/c', 'later')).rejects.toThrow(/later/);
  server.run(retype);
  server.run("INSERT INTO c VALUES (5, 'abc', 5, 5)");
  expect(refusedAnew('c', 'types-differ', 5)).toMatch(/v is INTEGER in data\/c, and would be VARCHAR by now/);
  expect(await values('data/c', 'v')).toEqual(['1', '2', '3', '4']);
  server.run(rename);
  expect(refusedAnew('c', 'types-differ', 5)).toMatch(
    /v is a column of data\/c, and there is none any more; x, later came since/,
  );
  // Rows of an older varve are gone on with, by the columns of now.
  asBefore('c');
  expect(box.ok(['update', 'data/c'])).toMatch(/^changed +data\/c +5 rows/);
  expect(pointer('c')).toMatch(/^varve: 13\n[\s\S]*database-order: number\n[\s\S]*database-columns: .*later/);
}

describeWithMariadb(() => {
  beforeAll(async () => {
    server = await startMariadb();
  }, 60_000);
  afterAll(() => server.stop());

  test('rows are not appended in another order than those before were taken in', async () => {
    server.run(
      `CREATE TABLE m1 (id INT PRIMARY KEY, v INT); INSERT INTO m1 SELECT seq, seq FROM seq_1_to_200`,
    );
    add('m1', 'id');
    expect(pointer('m1')).toMatch(/database-last: "200"\ndatabase-order: number\ndatabase-rows: 200\n/);
    server.run('ALTER TABLE m1 MODIFY id BIGINT UNSIGNED NOT NULL');
    server.run('INSERT INTO m1 VALUES (18446744073709551610, 1)');
    expect(box.ok(['update', 'data/m1'])).toContain('201 rows');
    server.run('ALTER TABLE m1 MODIFY id DECIMAL(30, 2) NOT NULL');
    server.run('INSERT INTO m1 VALUES (18446744073709551610.5, 1)');
    expect(box.ok(['update', 'data/m1'])).toContain('202 rows');
    expect(box.ok(['update', 'data/m1'])).toMatch(/^unchanged/);
    server.run('ALTER TABLE m1 MODIFY id DECIMAL(30, 0) NOT NULL');
    expect(refusedAnew('m1', 'order-changed', 202)).toContain('rounded to 0 digits behind the point');
    server.run('ALTER TABLE m1 MODIFY id VARCHAR(40) NOT NULL');
    expect(refusedAnew('m1', 'order-changed', 202)).toMatch(
      /were compared as number, and are as text \w+ by now/,
    );
    server.run('CREATE TABLE m2 (id VARCHAR(20) PRIMARY KEY); INSERT INTO m2 SELECT seq FROM seq_1_to_200');
    add('m2', 'id');
    server.run('ALTER TABLE m2 MODIFY id INT NOT NULL');
    refusedAnew('m2', 'order-changed', 200);
    server.run(`CREATE TABLE m3 (id VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY);
      INSERT INTO m3 VALUES ('a'), ('B'), ('C')`);
    add('m3', 'id');
    server.run(
      `ALTER TABLE m3 MODIFY id VARCHAR(20) COLLATE utf8mb4_general_ci; INSERT INTO m3 VALUES ('d')`,
    );
    expect(refusedAnew('m3', 'order-changed', 4)).toContain(
      'compared as text utf8mb4_bin, and are as text utf8mb4_general_ci',
    );
    server.run(`CREATE TABLE m4 (id DATETIME(6)); INSERT INTO m4 VALUES ('2024-01-01 10:00:00.75')`);
    add('m4', 'id');
    server.run('ALTER TABLE m4 MODIFY id DATETIME(1)');
    refused(box, ['update', 'data/m4'], 'order-changed', '');
    // What an older varve took of text is none of numbers, whatever else is not known.
    server.run(`CREATE TABLE m5 (id VARCHAR(20)); INSERT INTO m5 VALUES ('a1'), ('a2')`);
    add('m5', 'id');
    asBefore('m5');
    server.run(`UPDATE m5 SET id = substr(id, 2); ALTER TABLE m5 MODIFY id INT`);
    refusedAnew('m5', 'order-changed', 2);
  });

  test('a column of any type is followed value by value, or refused by name', async () => {
    await followsTypes(
      [
        { type: 'BIT(8)', values: ["b'1'", "b'10'", '200', '201'] },
        { type: 'BIT(8)', values: ['51', '50', '53', '54'] },
        {
          type: 'BIT(64)',
          values: ['1', '9007199254740993', '18446744073709551614', '18446744073709551615'],
        },
        { type: 'TINYINT', values: ['-128', '1', '127'] },
        { type: 'YEAR', values: ['1999', '2024', '2025'] },
        {
          type: 'DECIMAL(60, 2)',
          values: [
            "'12345678901234567890123456789012345678.01'",
            "'12345678901234567890123456789012345678.02'",
            "'12345678901234567890123456789012345678.03'",
          ],
        },
        { type: 'DATE', values: ["'2024-01-01'", "'2024-01-02'"] },
        {
          type: 'DATETIME(6)',
          values: ["'2024-01-01 10:00:00'", "'2024-01-01 10:00:00.000001'", "'2024-01-01 10:00:00.000002'"],
        },
        { type: 'TIMESTAMP(3)', values: ["'2024-01-01 10:00:00.1'", "'2024-01-01 10:00:00.2'"] },
        { type: 'CHAR(4)', values: ["'a'", "'a b'", "'b'"] },
        { type: 'TEXT CHARACTER SET latin1', values: ["'a'", "'é'", "'z'"] },
        { type: 'VARCHAR(9) COLLATE utf8mb4_bin', values: ["'B'", "'a'", "'ü'", "'😀'"] },
        { type: 'JSON', values: ["'[1]'", "'[2]'", "'[3]'"] },
        {
          type: 'UUID',
          values: [
            "'00000000-0000-1000-8000-000000000002'",
            "'00000000-0001-1000-8000-000000000001'",
            "'00000000-0001-1000-8000-000000000002'",
          ],
        },
        { type: 'INET6', values: ["'::1'", "'2001:db8::9'", "'2001:db8::10'"] },
      ],
      [
        'FLOAT',
        'DOUBLE',
        'TIME',
        'BIT(1)',
        'BINARY(4)',
        'VARBINARY(4)',
        'BLOB',
        "ENUM('b', 'a')",
        "SET('b', 'a')",
        'POINT',
        'GEOMETRY',
      ],
    );
    server.run('CREATE TABLE plugged (id INT PRIMARY KEY, b UUID); INSERT INTO plugged VALUES (1, uuid())');
    add('plugged', 'b');
    expect(pointer('plugged')).toContain('database-order: uuid\n');
    server.run('ALTER TABLE plugged MODIFY b CHAR(36)');
    refused(box, ['update', 'data/plugged'], 'order-changed', '');
  }, 240_000);

  test('rows that are appended have the columns of the first', () =>
    keepsColumns('ALTER TABLE c MODIFY v VARCHAR(20)', 'ALTER TABLE c CHANGE v x VARCHAR(20)'));
});

describeWithPostgresql(() => {
  beforeAll(async () => {
    server = await startPostgresql();
  }, 60_000);
  afterAll(() => server.stop());

  test('rows are not appended in another order than those before were taken in', async () => {
    server.run(
      'CREATE TABLE m1 (id int PRIMARY KEY, v int); INSERT INTO m1 SELECT g, g FROM generate_series(1, 200) g',
    );
    add('m1', 'id');
    server.run('ALTER TABLE m1 ALTER id TYPE numeric(20, 2); INSERT INTO m1 VALUES (200.5, 1)');
    expect(box.ok(['update', 'data/m1'])).toContain('201 rows');
    server.run('ALTER TABLE m1 ALTER id TYPE bigint');
    refusedAnew('m1', 'order-changed', 201);
    server.run('INSERT INTO m1 VALUES (300, 1); ALTER TABLE m1 ALTER id TYPE text');
    expect(refusedAnew('m1', 'order-changed', 202)).toMatch(
      /were compared as number, and are as text C by now/,
    );
    server.run(
      'CREATE TABLE m2 (id text PRIMARY KEY); INSERT INTO m2 SELECT g FROM generate_series(1, 200) g',
    );
    add('m2', 'id');
    server.run('ALTER TABLE m2 ALTER id TYPE varchar(20)');
    expect(box.ok(['update', 'data/m2'])).toMatch(/^unchanged/);
    server.run('ALTER TABLE m2 ALTER id TYPE text COLLATE "und-x-icu"');
    expect(refusedAnew('m2', 'order-changed', 200)).toContain('as text "und-x-icu"');
    server.run('ALTER TABLE m2 ALTER id TYPE bigint USING id::bigint');
    refusedAnew('m2', 'order-changed', 200);
    asBefore('m1');
    server.run(
      "DELETE FROM m1 WHERE id = '201'; ALTER TABLE m1 ALTER id TYPE numeric(20, 2) USING id::numeric",
    );
    expect(box.ok(['update', 'data/m1'])).toContain('202 rows');
    // Whole numbers that have a point are numbers still.
    server.run('DELETE FROM m1; INSERT INTO m1 VALUES (400, 1)');
    expect(box.ok(['update', 'data/m1'])).toContain('203 rows');
    server.run('ALTER TABLE m1 ALTER id TYPE bigint; INSERT INTO m1 VALUES (401, 1)');
    expect(box.ok(['update', 'data/m1'])).toContain('204 rows');
  });

  test('a column of any type is followed value by value, or refused by name', async () => {
    server.run("CREATE TYPE mood AS ENUM ('z', 'b', 'a')");
    await followsTypes(
      [
        { type: 'bit(8)', values: ["B'00000001'", "B'00000010'", "B'11001000'"] },
        { type: 'varbit', values: ["B'1'", "B'10'", "B'11'"] },
        { type: 'oid', values: ['1', '4000000000', '4000000001'] },
        {
          type: 'numeric',
          values: [
            '1e-30',
            '1',
            '12345678901234567890123456789012345678901234567890.1',
            '12345678901234567890123456789012345678901234567890.2',
          ],
        },
        { type: 'date', values: ["'2024-01-01'", "'2024-01-02'"] },
        { type: 'timestamp', values: ["'2024-01-01 10:00:00.000001'", "'2024-01-01 10:00:00.000002'"] },
        { type: 'timestamptz', values: ["'2024-01-01 10:00:00+02'", "'2024-01-01 10:00:00+01'"] },
        { type: 'char(4)', values: ["'a'", "'a b'", "'b'"] },
        { type: 'text', values: ["'B'", String.raw`E'a\tb\\'`, "'ü'"] },
        { type: 'mood', values: ["'z'", "'b'", "'a'"] },
        {
          type: 'uuid',
          values: ["'00000000-0000-1000-8000-000000000001'", "'00000000-0000-1000-8000-000000000002'"],
        },
        { type: 'inet', values: ["'10.0.0.9'", "'10.0.0.10'"] },
        { type: 'int[]', values: ["'{1,2}'", "'{1,NULL}'", "'{2,1}'"] },
        { type: 'int4range', values: ["'[1,2)'", "'[1,9)'", "'[10,12)'"] },
        { type: 'interval', values: ["'1 day'", "'23 days'", "'1 year'"] },
        { type: 'jsonb', values: ["'1'", "'2'", "'10'"] },
        { type: 'timetz', values: ["'10:00+02'", "'10:00+01'"] },
        { type: 'money', values: ["'1.50'", "'1000.50'"] },
      ],
      ['real', 'double precision', 'time', 'boolean', 'bytea', 'json', 'xml', 'point', 'circle', 'xid'],
    );
  }, 240_000);

  test('rows that are appended have the columns of the first', () =>
    keepsColumns('ALTER TABLE c ALTER v TYPE varchar(20)', 'ALTER TABLE c RENAME v TO x'));
});
