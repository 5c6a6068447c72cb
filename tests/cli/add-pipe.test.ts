import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRepository } from '../../src/index.ts';
import { BINARY, type Result, Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const CSV = 'id,name\n1,Ann\n2,Bo\n';

/** Run a line of the shell, in which `varve` is the real one. */
function shell(line: string, folder = 'repo'): Result {
  return box.run(
    'bash',
    ['-o', 'pipefail', '-c', `varve() { '${process.execPath}' '${BINARY}' "$@"; }; ${line}`],
    folder,
  );
}

test('what another program prints becomes a dataset, then its next version', () => {
  box.write('first.csv', CSV);
  box.write('second.csv', `${CSV}3,Cy\n`);
  const first = shell('cat ../first.csv | varve add - --to data/orders.csv --json');
  expect(first.err).toBe('');
  expect(JSON.parse(first.out).datasets).toMatchObject([{ path: 'data/orders.csv', change: 'new', rows: 2 }]);
  expect(readFileSync(box.path('repo/data/orders.csv'), 'utf8')).toBe(CSV);
  const second = shell('cat ../../second.csv | varve add - --to orders.csv', 'repo/data');
  expect(second.out).toContain('changed');
  expect(second.out).toContain('3 rows');
  expect(shell('cat ../second.csv | varve add - --to data/orders.csv').out).toContain('unchanged');
  expect(readdirSync(box.path('repo/data')).filter((name) => name.startsWith('.varve'))).toEqual([]);
});

test('a table that the client of a database drew for people is told as that, with the option for programs', () => {
  const psql = [
    ' id | name |  day',
    '----+------+------------',
    '  1 | Ann  | 2026-01-02',
    '  2 | Bo   | ',
    '(2 rows)',
  ];
  const mysql = [
    '+----+------+',
    '| id | name |',
    '+----+------+',
    '|  1 | Ann  |',
    '|  2 | NULL |',
    '+----+------+',
  ];
  for (const [lines, client, option] of [
    [psql, 'psql', '`psql --csv`'],
    [mysql, 'mariadb', '`mariadb -B`'],
  ] as const) {
    box.write('drawn', `${lines.join('\n')}\n`);
    const { err, out } = shell('cat ../drawn | varve add - --to data/drawn.csv');
    expect(out).toContain('data/drawn.csv');
    expect(err).toContain(`data/drawn.csv: a table that ${client} drew for people to read`);
    expect(err).toContain(option);
    expect(err).not.toContain('fewer fields');
  }
});

test('a file of a folder that is a dataset can come by a pipe', () => {
  box.write('repo/days/1.csv', CSV);
  box.ok(['add', 'days']);
  expect(shell("printf 'id,name\\n9,Zoe\\n' | varve add - --to days/2.csv").out).toContain('2 files');
  expect(box.ok(['status', 'days'])).toContain('nothing changed');
});

test('what nobody saved is not replaced', () => {
  const send = (to: string) => shell(`cat ../new.csv | varve add - --to '${to}' --json`);
  const refusal = (result: Result) => [result.code, JSON.parse(result.out).error.code];
  box.write('new.csv', 'id\n7\n');
  box.write('repo/mine.csv', CSV);
  box.write('repo/folder/a.csv', CSV);
  expect(refusal(send('mine.csv'))).toEqual([2, 'path-taken']);
  expect(refusal(send('folder'))).toEqual([2, 'path-taken']);
  expect(readFileSync(box.path('repo/mine.csv'), 'utf8')).toBe(CSV);
  box.ok(['add', 'mine.csv', 'folder']);
  box.write('repo/mine.csv', `${CSV}3,edited\n`);
  box.write('repo/folder/a.csv', `${CSV}3,edited\n`);
  expect(refusal(send('mine.csv'))).toEqual([2, 'changes-unsaved']);
  expect(refusal(send('folder/a.csv'))).toEqual([2, 'changes-unsaved']);
  expect(readFileSync(box.path('repo/mine.csv'), 'utf8')).toContain('edited');
  // As the remedy says.
  box.ok(['add', 'mine.csv']);
  expect(send('mine.csv').code).toBe(0);
  // Another version than the pointer names.
  box.commit('two');
  box.git(['checkout', '-q', '-b', 'old']);
  box.write('repo/other.csv', CSV);
  box.ok(['add', 'other.csv']);
  box.commit('first of other');
  const pointer = readFileSync(box.path('repo/other.csv.varve'));
  box.write('repo/other.csv', 'id\n5\n');
  box.ok(['add', 'other.csv']);
  box.write('repo/other.csv.varve', pointer);
  expect(refusal(send('other.csv'))).toEqual([2, 'version-outdated']);
  expect(readFileSync(box.path('repo/other.csv'), 'utf8')).toBe('id\n5\n');
});

test('a pipe that brings nothing, or no place for it, changes nothing', () => {
  const refusal = (line: string) => {
    const { code, out } = shell(line);
    return [code, JSON.parse(out).error.code];
  };
  expect(refusal('false | varve add - --to data/none.csv --json')).toEqual([2, 'input-empty']);
  expect(existsSync(box.path('repo/data/none.csv'))).toBe(false);
  expect(refusal('echo x | varve add - --json')).toEqual([2, 'usage']);
  expect(refusal('echo x | varve add - other.csv --to a.csv --json')).toEqual([2, 'usage']);
  expect(refusal('echo x | varve add - --to ../out.csv --json')).toEqual([2, 'path-outside']);
  expect(refusal('echo x | varve add - --to .git/config --json')).toEqual([2, 'path-unsafe']);
  mkdirSync(box.path('elsewhere'));
  symlinkSync('../elsewhere', box.path('repo/away'));
  expect(refusal('echo x | varve add - --to away/x.csv --json')[0]).toBe(2);
  expect(readdirSync(box.path('elsewhere'))).toEqual([]);
});

test('Ctrl-C in the midst of a pipe leaves what was there', async () => {
  box.write('repo/a.csv', CSV);
  box.ok(['add', 'a.csv']);
  const child = spawn(process.execPath, [BINARY, 'add', '-', '--to', 'a.csv'], {
    cwd: box.path('repo'),
    env: box.env,
  });
  child.stdin.write('id,name\n9,Zoe\n');
  while (!readdirSync(box.path('repo')).some((name) => name.endsWith('.tmp')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  expect(readFileSync(box.path('repo/a.csv'), 'utf8')).toBe(CSV);
  expect(readdirSync(box.path('repo')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('the library takes any stream, and a stream that fails changes nothing', async () => {
  const repo = await openRepository(box.path('repo'));
  const pieces = Array.from({ length: 40 }, () => randomBytes(100_000));
  const added = await repo.addStream(
    (async function* () {
      yield* pieces;
    })(),
    { to: 'blob.bin' },
  );
  const digest = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
  expect(added.datasets[0]?.digest).toBe(`sha256:${digest}`);
  const failing = (async function* () {
    yield randomBytes(10);
    throw new Error('the source broke');
  })();
  await expect(repo.addStream(failing, { to: 'blob.bin' })).rejects.toThrow('the source broke');
  expect(readFileSync(box.path('repo/blob.bin')).length).toBe(4_000_000);
});
