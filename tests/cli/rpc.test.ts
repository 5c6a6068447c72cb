import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFrame, type Frame, FrameReader } from '../../src/rpc/frames.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';

type Message = {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly data?: object };
};
type Tree = { readonly tree: number; readonly root: string; readonly commit: string | null };

/** A program that has started `varve rpc`. */
class Client {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #frames = new FrameReader();
  readonly #answers = new Map<number, (frame: Frame) => void>();
  #last = 0;

  constructor(box: Sandbox) {
    this.child = spawn(process.execPath, [BINARY, 'rpc'], { cwd: box.root, env: box.env });
    this.child.stdout.on('data', (piece: Buffer) => {
      for (const frame of this.#frames.read(piece)) {
        const { id } = frame.message as Message;
        if (id !== undefined) this.#answers.get(id)!(frame);
      }
    });
  }

  async ask(method: string, params: object = {}, payload?: Uint8Array): Promise<Frame> {
    const id = ++this.#last;
    const answered = new Promise<Frame>((resolve) => this.#answers.set(id, resolve));
    for (const piece of encodeFrame({ jsonrpc: '2.0', id, method, params }, payload))
      this.child.stdin.write(piece);
    return answered;
  }

  async result<T = unknown>(method: string, params: object = {}, payload?: Uint8Array): Promise<T> {
    const { message } = await this.ask(method, params, payload);
    expect((message as Message).error).toBeUndefined();
    return (message as Message).result as T;
  }

  async text(method: string, params: object): Promise<string> {
    return Buffer.from((await this.ask(method, params)).payload).toString();
  }

  async error(method: string, params: object): Promise<object | undefined> {
    return ((await this.ask(method, params)).message as Message).error?.data;
  }

  async ended(): Promise<number> {
    this.child.stdin.end();
    const [code] = await once(this.child, 'close');
    return code as number;
  }
}

const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, line) => `${line}\n`).join(''));

/** More than what is fetched whole for the sake of a range. */
const HUGE = randomBytes(17 * 1024 * 1024);

let box: Sandbox;
let client: Client;
beforeAll(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/a.csv', 'id\n1\n');
  box.write('repo/data/tab/x.bin', Buffer.from([0, 255]));
  box.write('repo/data/tab/deep/y@2.txt', 'y');
  box.write('repo/large.csv', LARGE);
  box.write('repo/huge.dat', HUGE);
  box.ok(['add', 'data/a.csv', 'data/tab', 'large.csv', 'huge.dat']);
  box.commit('one');
  box.git(['tag', 'v1']);
  box.write('repo/data/a.csv', 'id\n2\n');
  box.write('repo/data/tab/x.bin', 'new');
  box.ok(['add', 'data/a.csv', 'data/tab']);
  box.commit('two');
  box.ok(['push', '--all-commits']);
  client = new Client(box);
});
afterAll(async () => {
  expect(await client.ended()).toBe(0);
  expect(existsSync(box.path('repo/.git/varve'))).toBe(true);
  box.remove();
});

test('a version is listed and read as a tree', async () => {
  expect(await client.result('initialize')).toEqual({ protocol: 1, version: expect.any(String) });
  const { tree, commit } = await client.result<Tree>('tree.open', { folder: box.path('repo') });
  expect(commit).toBeNull();
  const entry = (path: string) => client.result('tree.entry', { tree, path });
  expect(await entry('data/a.csv@v1')).toEqual({
    name: 'a.csv',
    kind: 'file',
    size: 5,
    digest: expect.stringMatching(/^sha256:/),
  });
  expect(await entry('')).toMatchObject({ kind: 'directory' });
  expect(await entry('data/tab@v1/deep')).toEqual({ name: 'deep', kind: 'directory' });
  const list = async (path: string) =>
    (await client.result<{ name: string }[]>('tree.list', { tree, path })).map(({ name }) => name).sort();
  expect(await list('')).toEqual(['data', 'huge.dat', 'large.csv']);
  expect(await list('data')).toEqual(['a.csv', 'tab']);
  expect(await list('data/tab@v1')).toEqual(['deep', 'x.bin']);
  expect(await client.result('tree.walk', { tree, path: 'data/tab@v1' })).toMatchObject([
    { path: 'deep/y@2.txt' },
    { path: 'x.bin' },
  ]);
  expect(await client.text('tree.read', { tree, path: 'data/a.csv@v1' })).toBe('id\n1\n');
  expect(await client.text('tree.read', { tree, path: 'data/a.csv' })).toBe('id\n2\n');
  // What is named has an @ of its own, with a revision before it, behind it, or none.
  for (const path of ['data/tab@v1/deep/y@2.txt', 'data/tab/deep/y@2.txt@v1', 'data/tab/deep/y@2.txt'])
    expect(await client.text('tree.read', { tree, path })).toBe('y');
  const many = await client.ask('tree.readMany', { tree, paths: ['data/a.csv@v1', 'data/tab/x.bin'] });
  expect((many.message as Message).result).toEqual([
    { size: 5, whole: true },
    { size: 3, whole: true },
  ]);
  expect(Buffer.from(many.payload).toString()).toBe('id\n1\nnew');
  const { path } = await client.result<{ path: string }>('tree.read', { tree, path: 'large.csv@v1' });
  expect(readFileSync(path).equals(LARGE)).toBe(true);
  expect(await client.error('tree.read', { tree, path: 'data/none' })).toMatchObject({
    code: 'dataset-missing',
  });
  expect(await client.error('tree.read', { tree, path: 'data/tab' })).toMatchObject({ code: 'path-missing' });
  expect(await client.error('tree.read', { tree, path: '../x' })).toMatchObject({ code: 'path-outside' });
  expect(await client.error('tree.read', { tree })).toMatchObject({ code: 'usage' });
  await client.result('tree.close', { tree });
  expect(existsSync(path)).toBe(false);
  expect(await client.error('tree.list', { tree, path: '' })).toMatchObject({ code: 'usage' });
});

test('bytes that the cache lacks are fetched into it', async () => {
  box.clone('repo', 'clone');
  const { tree } = await client.result<Tree>('tree.open', { folder: box.path('clone'), revision: 'v1' });
  expect(await client.text('tree.read', { tree, path: 'data/a.csv' })).toBe('id\n1\n');
  const huge = { tree, path: 'huge.dat' };
  expect(await client.result('tree.read', huge)).toEqual({ size: HUGE.length });
  const range = async (offset: number, length: number) =>
    Buffer.from((await client.ask('tree.readRange', { ...huge, offset, length })).payload);
  expect((await range(5_000_000, 100)).equals(HUGE.subarray(5_000_000, 5_000_100))).toBe(true);
  expect((await range(HUGE.length - 10, 100)).equals(HUGE.subarray(-10))).toBe(true);
  expect(await range(HUGE.length, 1)).toHaveLength(0);
  expect(await client.error('tree.readRange', { ...huge, offset: -1, length: 1 })).toMatchObject({
    code: 'usage',
  });
  const small = { tree, path: 'data/a.csv', offset: 0, length: 1 };
  expect(await client.error('tree.readRange', small)).toMatchObject({ code: 'usage' });
  // Ranges came, and not the file.
  const kept = readdirSync(box.path('clone/.git/varve/cache'), { recursive: true, encoding: 'utf8' });
  const bytes = kept.reduce((sum, name) => sum + statSync(box.path('clone/.git/varve/cache', name)).size, 0);
  expect(bytes).toBeLessThan(1024 * 1024);
  rmSync(box.path('remote'), { recursive: true });
  expect(await client.text('tree.read', { tree, path: 'data/a.csv' })).toBe('id\n1\n');
  const gone = await client.error('tree.read', { tree, path: 'data/tab/x.bin' });
  expect(gone).toMatchObject({
    code: expect.stringMatching(/missing|unreachable/),
    remedy: expect.stringMatching(/./),
  });
});

test('a table of the memory of the client is a dataset for as long as it is open', async () => {
  const { table, path } = await client.result<{ table: number; path: string }>('table.open', {
    name: 'frame',
  });
  const bytes = tableToIPC(
    tableFromArrays({ id: Int32Array.from({ length: 300 }, (_, row) => row) }),
    'stream',
  );
  for (let at = 0; at < bytes.length; at += 500)
    await client.result('table.write', { table }, bytes.subarray(at, at + 500));
  const folder = box.root;
  const profiled = await client.ask('profile', { folder, arguments: [path] });
  const { result } = profiled.message as { result: { name: string; tables: object[] } };
  expect(result).toMatchObject({
    name: 'frame',
    digest: null,
    tables: [
      { rows: 300, features: [{ feature: 'id', type: 'integer', min: '0', max: '299', mean: 149.5 }] },
    ],
  });
  const page = { kind: 'profile', format: 'html', name: 'frame' };
  expect(await client.result<string>('render', page, profiled.payload)).toContain('<!doctype html>');
  const drift = await client.result<{ after: object }>('drift', { folder, arguments: [path, path] });
  expect(drift).toMatchObject({ verdict: 'none', before: { name: 'frame' } });
  expect(await client.result('render', { kind: 'drift', format: 'text', document: drift })).toContain(
    'frame',
  );
  expect(await client.error('profile', { folder, arguments: [path], options: { slice: 3 } })).toMatchObject({
    code: 'usage',
  });
  await client.result('table.close', { table });
  expect(existsSync(path)).toBe(false);
});

test('methods of the library take their arguments and options, and no others', async () => {
  const folder = box.path('repo');
  expect(await client.result('log', { folder, arguments: ['data/a.csv'] })).toMatchObject({
    versions: [{ subject: 'two' }, { subject: 'one' }],
  });
  expect(await client.result('remotes.list', { folder })).toMatchObject({ remotes: [{ name: 'origin' }] });
  for (const params of [
    { folder, arguments: [] },
    { folder, arguments: ['a', {}] },
    { folder, arguments: ['data/a.csv'], options: { revison: 'v1' } },
    { folder, arguments: ['data/a.csv'], options: [] },
    { arguments: ['data/a.csv'] },
  ])
    expect(await client.error('log', params)).toMatchObject({ code: 'usage', remedy: expect.any(String) });
  const other = new Sandbox();
  mkdirSync(other.path('new'));
  other.git(['init', '-q', '-b', 'main'], 'new');
  expect(await client.result('init', { folder: other.path('new') })).toMatchObject({ created: true });
  other.remove();
});

test('a repository of DVC is read in the same way', async () => {
  mkdirSync(box.path('dvc/.dvc'), { recursive: true });
  box.git(['init', '-q', '-b', 'main'], 'dvc');
  box.write('dvc/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  box.write(
    'dvc/.dvc/config',
    `[core]\n    remote = origin\n['remote "origin"']\n    url = ${box.path('remote-dvc')}\n`,
  );
  mkdirSync(box.path('remote-dvc'));
  box.write('dvc/tab/x.csv', 'id\n1\n');
  box.write('dvc/tab/deep/large.txt', LARGE);
  box.ok(['trust'], 'dvc');
  box.ok(['add', 'tab'], 'dvc');
  box.commit('one', 'dvc');
  writeFileSync(box.path('dvc/tab/x.csv'), 'id\n2\n');
  const { tree } = await client.result<Tree>('tree.open', { folder: box.path('dvc') });
  expect(await client.text('tree.read', { tree, path: 'tab@HEAD/x.csv' })).toBe('id\n1\n');
  const { path } = await client.result<{ path: string }>('tree.read', { tree, path: 'tab/deep/large.txt' });
  expect(readFileSync(path).equals(LARGE)).toBe(true);
  expect(await client.result('tree.list', { tree, path: 'tab/deep' })).toMatchObject([{ name: 'large.txt' }]);
  // Of a clone, the bundle that makes it and the one that asks for consent agree on whose it is.
  box.ok(['push'], 'dvc');
  box.git(['clone', '-q', '--bare', box.path('dvc'), box.path('dvc.git')], '.');
  const cloned = { folder: box.path('repo'), repository: box.path('dvc.git') };
  const other = await client.result<Tree>('tree.open', cloned);
  const wanted = { tree: other.tree, path: 'tab/x.csv' };
  expect(await client.error('tree.read', wanted)).toMatchObject({ code: 'settings-untrusted' });
  box.ok(['trust', '--repository', box.path('dvc.git')]);
  expect(await client.text('tree.read', wanted)).toBe('id\n1\n');
});

test('people who start it, and programs that say something else, are told what it is', async () => {
  expect(
    box.run('sh', ['-c', 'echo hello there, varve | "$0" "$1" rpc', process.execPath, BINARY]),
  ).toMatchObject({
    code: 2,
    err: expect.stringContaining('docs/reference/rpc.md'),
  });
  const waiting = new Client(box);
  await waiting.result('initialize');
  waiting.child.kill('SIGTERM');
  expect(await once(waiting.child, 'close')).toEqual([143, null]);
});
