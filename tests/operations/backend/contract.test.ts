import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/operations/backend/backend.ts';
import type { DatasetVersion } from '../../../src/operations/backend/version.ts';
import { openContext } from '../../../src/operations/context/open.ts';
import { contentKeyOf } from '../../../src/operations/dvc/versions.ts';
import { init } from '../../../src/operations/init.ts';
import type { Profiler } from '../../../src/operations/statistics/profiler.ts';
import { Sandbox } from '../../support/dvc-sandbox.ts';
import { openTrusted } from '../../support/trust.ts';

/** How a repository of each backend is started, with a folder beside it as its remote. */
const STARTS: Readonly<Record<string, (box: Sandbox) => Promise<void>>> = {
  async VarveBackend(box) {
    init(box.path('repo'));
    await (await open(box)).addRemote('origin', box.path('remote'), {});
  },
  async DvcBackend(box) {
    box.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
    const remote = `['remote "origin"']\n    url = ${box.path('remote')}\n`;
    box.write('repo/.dvc/config', `[core]\n    remote = origin\n${remote}`);
  },
};

const PROFILE = Buffer.from('statistics');
const profiler: Profiler = async ({ files }) => ({ bytes: PROFILE, rows: files.length });

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  mkdirSync(box.path('remote'));
});
afterEach(() => box.remove());

function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

async function open(within: Sandbox, name = 'repo'): Promise<Backend> {
  return (await openContext(within.path(name))).backend;
}

describe.each(Object.keys(STARTS))('%s', (name) => {
  let backend: Backend;
  const write = (path: string, text: string) => box.write(`repo/${path}`, text);
  const commit = (message: string) => box.commit('repo', message);
  const states = async () => (await backend.status([])).datasets.map(({ path, state }) => [path, state]);

  beforeEach(async () => {
    mkdirSync(box.path('repo'));
    box.git('repo', 'init', '-q');
    await STARTS[name]!(box);
    backend = await open(box);
    expect(backend.constructor.name).toBe(name);
    write('data/a.csv', 'id\n1\n');
    write('data/folder/x.txt', 'one');
    write('data/folder/y.txt', 'two');
    await backend.add(['data/a.csv', 'data/folder'], { profiler });
    commit('one');
  });

  test('names versions by path and commit, with the facts of their pointers', async () => {
    const { versions } = await backend.select([]);
    const [file, folder] = versions;
    expect(file).toMatchObject({ path: 'data/a.csv', kind: 'file', bytes: 5, files: 1, rows: 1 });
    expect(folder).toMatchObject({ path: 'data/folder', kind: 'directory', bytes: 6, files: 2, rows: 2 });
    expect(await backend.datasetNamed('data/a.csv')).toBe('data/a.csv');
    expect(await backend.datasetNamed('data')).toBeUndefined();
    expect(await backend.version('data/a.csv', undefined)).toEqual(file);
    expect(await backend.version('data/b.csv', undefined)).toBeUndefined();
    const head = box.git('repo', 'rev-parse', 'HEAD').trim();
    expect(await backend.version('data/a.csv', head)).toEqual({ ...file, commit: head });
    expect(await backend.versionsAt(head)).toEqual({
      versions: [file, folder].map((one) => ({ ...one, commit: head })),
    });
    expect(await backend.select(['data/folder/x.txt'])).toEqual({ versions: [folder] });
    await expect(backend.select(['nothing'])).rejects.toMatchObject({ code: 'dataset-missing' });
  });

  test('equal data has equal content keys, over the history and beside it', async () => {
    write('data/a.csv', 'id\n2\n');
    write('data/same.csv', 'id\n1\n');
    await backend.add(['data/a.csv', 'data/same.csv'], { profiler });
    commit('two');
    rmSync(box.path('repo/data/a.csv'));
    box.git('repo', 'rm', '-q', '--', name === 'DvcBackend' ? 'data/a.csv.dvc' : 'data/a.csv.varve');
    commit('gone');
    const history = await backend.history('data/a.csv', 'HEAD');
    expect(history.map(({ subject, version }) => [subject, version?.rows])).toEqual([
      ['gone', undefined],
      ['two', 1],
      ['one', 1],
    ]);
    const [, second, first] = history.map(({ version }) => version);
    expect(second!.content).not.toBe(first!.content);
    expect((await backend.version('data/same.csv', undefined))!.content).toBe(first!.content);
  });

  test('every version of the history is told with the commit that brought it', async () => {
    const first = box.git('repo', 'rev-parse', 'HEAD').trim();
    write('data/a.csv', 'id\n2\n');
    await backend.add(['data/a.csv'], { profiler });
    commit('two');
    const second = box.git('repo', 'rev-parse', 'HEAD').trim();
    const told: string[][] = [];
    for await (const { path, commit: id, subject } of backend.everyVersion()) told.push([path, id, subject]);
    expect(told.sort()).toEqual(
      [
        ['data/a.csv', first, 'one'],
        ['data/a.csv', second, 'two'],
        ['data/folder', first, 'one'],
      ].sort(),
    );
  });

  test('status, diff and checkout tell changes and bring versions back', async () => {
    expect(await states()).toEqual([
      ['data/a.csv', 'unchanged'],
      ['data/folder', 'unchanged'],
    ]);
    write('data/folder/x.txt', 'changed');
    rmSync(box.path('repo/data/a.csv'));
    expect(await states()).toEqual([
      ['data/a.csv', 'missing'],
      ['data/folder', 'modified'],
    ]);
    const head = box.git('repo', 'rev-parse', 'HEAD').trim();
    const {
      compared: [live],
    } = await backend.diff({ before: head, after: undefined }, ['data/folder']);
    expect(live).toMatchObject({ diff: { change: 'modified', files: [{ path: 'x.txt' }] } });
    expect(live!.versions).toBeUndefined();
    await expect(backend.checkout(['data/folder'], {})).rejects.toMatchObject({ code: 'changes-unsaved' });
    await backend.checkout([], { force: true });
    expect(readFileSync(box.path('repo/data/folder/x.txt'), 'utf8')).toBe('one');
    write('data/a.csv', 'id\n1\n2\n');
    await backend.add(['data/a.csv'], { profiler });
    commit('two');
    const {
      compared: [saved, ...others],
    } = await backend.diff({ before: head, after: 'HEAD' }, []);
    expect(others).toEqual([]);
    expect(saved!.versions!.map(({ bytes }) => bytes)).toEqual([5, 7]);
    write('data/folder/sub/z.txt', 'two');
    rmSync(box.path('repo/data/folder/y.txt'));
    const {
      compared: [renamed],
    } = await backend.diff({ before: head, after: undefined }, ['data/folder']);
    const file = { path: 'sub/z.txt', change: 'renamed', renamedFrom: 'y.txt' };
    expect(renamed!.diff.files).toEqual([file]);
  });

  const pointer = (path: string) => path + (name === 'DvcBackend' ? '.dvc' : '.varve');
  const isThere = (path: string) => existsSync(box.path('repo', path));
  const text = (path: string) => readFileSync(box.path('repo', path), 'utf8');
  const version = async (path: string, revision: string) =>
    (await backend.version(path, box.git('repo', 'rev-parse', revision).trim()))!;

  test('datasets are moved and removed with what belongs to them', async () => {
    write('data/a.csv.schema.yaml', 'varveSchema: 1\n');
    commit('schema');
    expect(await backend.move(['data/a.csv', pointer('data/folder')], 'raw/')).toEqual({
      datasets: [
        { from: 'data/a.csv', path: 'raw/a.csv' },
        { from: 'data/folder', path: 'raw/folder' },
      ],
    });
    expect([
      text('raw/.gitignore'),
      text('raw/a.csv'),
      isThere('raw/a.csv.schema.yaml'),
      isThere('data'),
    ]).toEqual(['/a.csv\n/folder\n', 'id\n1\n', true, true]);
    expect(readdirSync(box.path('repo/data'))).toEqual([]);
    await backend.move(['raw/a.csv'], 'raw/b c.csv');
    expect(await states()).toEqual([
      ['raw/b c.csv', 'unchanged'],
      ['raw/folder', 'unchanged'],
    ]);
    commit('moved');
    await expect(backend.move(['raw/folder'], 'raw/b c.csv')).rejects.toMatchObject({ code: 'path-taken' });
    await expect(backend.move(['raw/b c.csv'], 'raw/folder/')).rejects.toMatchObject({
      code: 'dataset-nested',
    });
    await expect(backend.remove(['raw'], {})).rejects.toMatchObject({ code: 'dataset-missing' });
    expect(await backend.remove(['raw/b c.csv'], {})).toEqual({
      datasets: [{ path: 'raw/b c.csv', hasData: true, schemas: ['raw/b c.csv.schema.yaml'] }],
    });
    expect([text('raw/.gitignore'), isThere(pointer('raw/b c.csv'))]).toEqual(['/folder\n', false]);
    expect(await states()).toEqual([['raw/folder', 'unchanged']]);
  });

  test('a dataset says which messages of a topic it has, by its pointer alone, where pointers can say so', async () => {
    const topic = { url: 'kafka://broker:9092/events', offsets: '0:0-5' };
    const set = backend.setTopic('data/folder', topic);
    if (name === 'DvcBackend') {
      await expect(set).rejects.toMatchObject({
        code: 'dvc-unsupported',
        remedy: expect.stringContaining('varve add kafka://'),
      });
      return;
    }
    rmSync(box.path('repo/data/folder'), { recursive: true });
    expect(await set).toMatchObject({ path: 'data/folder', change: 'changed', topic });
    expect((await backend.followers(['data/folder'])).get('data/folder')).toEqual({ topic });
    const before = await backend.version('data/folder', 'HEAD');
    const after = await backend.version('data/folder', undefined);
    expect([after?.content, after?.profile]).toEqual([before?.content, before?.profile]);
    await expect(backend.setTopic('data/none', topic)).rejects.toMatchObject({ code: 'dataset-missing' });
  });

  test('versions are copied out and restored, whole and in part, and fetched where the cache lacks them', async () => {
    await openTrusted(box.path('repo'));
    await backend.push([], {});
    write('data/folder/x.txt', 'three');
    write('data/a.csv', 'id\n3\n');
    await backend.add(['data/a.csv', 'data/folder'], { profiler });
    commit('two');
    rmSync(box.path(name === 'DvcBackend' ? 'repo/.dvc/cache' : 'repo/.git/varve/cache'), {
      recursive: true,
    });
    const folder = await version('data/folder', 'HEAD~1');
    const out = (path: string) => box.path('out', path);
    const here = () => Promise.all(['x.txt', undefined].map((part) => backend.isHere(folder, part)));
    expect(await here()).toEqual([false, false]);
    expect(await backend.copyOut(folder, 'x.txt', out('x'))).toEqual({ files: 1, bytes: 3 });
    expect(await here()).toEqual([true, false]);
    expect(await backend.copyOut(folder, undefined, out('folder'))).toEqual({ files: 2, bytes: 6 });
    expect(await here()).toEqual([true, true]);
    expect([readFileSync(out('x'), 'utf8'), readFileSync(out('folder/y.txt'), 'utf8')]).toEqual([
      'one',
      'two',
    ]);
    await expect(backend.copyOut(folder, 'z.txt', out('z'))).rejects.toMatchObject({ code: 'path-missing' });
    expect(readdirSync(box.path('out')).sort()).toEqual(['folder', 'x']);
    await backend.add(['data/a.csv', 'data/folder'], { profiler });

    await backend.restore([{ version: folder, part: 'x.txt' }], { isPointed: false });
    expect([text('data/folder/x.txt'), text('data/folder/y.txt')]).toEqual(['one', 'two']);
    expect((await states())[1]![1]).not.toBe('unchanged');
    const both = [folder, await version('data/a.csv', 'HEAD~1')].map((one) => ({
      version: one,
      part: undefined,
    }));
    await backend.restore(both, { isPointed: true, force: true });
    expect([text('data/folder/x.txt'), text('data/a.csv')]).toEqual(['one', 'id\n1\n']);
    expect(text(pointer('data/a.csv'))).toBe(box.git('repo', 'show', `HEAD~1:${pointer('data/a.csv')}`));
    expect(await states()).toEqual([
      ['data/a.csv', 'unchanged'],
      ['data/folder', 'unchanged'],
    ]);
    write('data/a.csv', 'mine');
    await expect(backend.restore(both, { isPointed: true })).rejects.toMatchObject({
      code: 'changes-unsaved',
    });
    expect(text('data/a.csv')).toBe('mine');
  });

  test('files of a version come out of the cache', async () => {
    const [, folder] = (await backend.select([])).versions;
    rmSync(box.path('repo/data'), { recursive: true });
    box.git('repo', 'checkout', '-q', '--', 'data');
    mkdirSync(box.path('out'));
    const targetOf = (path: string, index: number) =>
      path === 'y.txt' ? join(box.path('out'), `${index}.txt`) : undefined;
    const { kind, files } = await backend.copyFiles(folder!, targetOf);
    expect(kind).toBe('directory');
    expect(files).toMatchObject([{ path: 'y.txt', size: 3, absolutePath: box.path('out/0.txt') }]);
    expect(readFileSync(box.path('out/0.txt'), 'utf8')).toBe('two');
  });

  test('the files and the bytes of a version are streams, of any commit, and a name that is none is refused', async () => {
    const [, folder] = (await backend.select([])).versions;
    const listed = [];
    for await (const { path } of backend.listFiles(folder!)) listed.push(path);
    expect(listed).toEqual(['x.txt', 'y.txt']);
    const read = async (version: DatasetVersion, file?: string) =>
      (await buffer(backend.readFile(version, file))).toString();
    expect(await read(folder!, 'y.txt')).toBe('two');
    const before = (await backend.version('data/a.csv', 'HEAD'))!;
    write('data/a.csv', 'id\n7\n');
    await backend.add(['data/a.csv'], {});
    const after = (await backend.version('data/a.csv', undefined))!;
    expect(await read(before)).not.toBe('id\n7\n');
    expect(await read(after)).toBe('id\n7\n');
    for (const [version, file] of [
      [folder!, undefined],
      [folder!, 'none.txt'],
      [folder!, '../a.csv'],
      [after, 'x'],
    ] as const)
      await expect(read(version, file)).rejects.toMatchObject({ code: 'path-missing' });
  });

  test('data and statistics reach another clone by a remote, and what is damaged there is found', async () => {
    await openTrusted(box.path('repo'));
    expect(await backend.push([], {})).toMatchObject({ remote: { name: 'origin' }, snapshots: 2 });
    expect(await backend.push([], {})).toMatchObject({ objects: 0 });
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await openTrusted(box.path('clone'));
    const clone = await open(box, 'clone');
    expect(clone.constructor.name).toBe(name);
    const { datasets } = await clone.pull([], {});
    expect(datasets.map(({ path }) => path)).toEqual(['data/a.csv', 'data/folder']);
    expect(readFileSync(box.path('clone/data/folder/y.txt'), 'utf8')).toBe('two');
    const [version] = (await clone.select(['data/a.csv'])).versions;
    const store = await clone.openProfileStore();
    expect(Buffer.from(await store.readBytes(version!.profile!, 100))).toEqual(PROFILE);
    await store.close();
    expect((await clone.verify(undefined)).damage).toEqual([]);
    expect((await clone.verify('origin')).damage).toEqual([]);
    for (const file of readdirSync(box.path('remote'), { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile() && /pack|files/.test(path)) flipByte(path);
    }
    expect((await clone.verify('origin')).damage).not.toEqual([]);
  });

  test('statistics come by themselves, and what no remote has stays missing', async () => {
    await openTrusted(box.path('repo'));
    await backend.push([], {});
    box.git('.', 'clone', '-q', 'repo', 'clone');
    const stranger = await open(box, 'clone');
    const profile = (await stranger.select(['data/a.csv'])).versions[0]!.profile!;
    await expect(stranger.fetchProfiles([profile])).rejects.toMatchObject({ code: 'settings-untrusted' });
    await openTrusted(box.path('clone'));
    const clone = await open(box, 'clone');
    const unknown = `sha256:${'0'.repeat(64)}` as typeof profile;
    await clone.fetchProfiles([profile, unknown]);
    const store = await clone.openProfileStore();
    expect(Buffer.from(await store.readBytes(profile, 100))).toEqual(PROFILE);
    expect(store.has(unknown)).toBe(false);
    await store.close();
    expect(await clone.fetch([], { profilesOnly: true })).toMatchObject({ objects: 0 });
  });
});

test('the key of what DVC names by an MD5 is no digest: it cannot be asked of a store', async () => {
  mkdirSync(box.path('repo'));
  box.git('repo', 'init', '-q');
  await STARTS.DvcBackend!(box);
  const store = await (await open(box)).openProfileStore();
  const key = contentKeyOf({ hash: 'md5', value: '0'.repeat(32) });
  // @ts-expect-error Only a digest names something in a store.
  expect(store.has(key)).toBe(false);
  await store.close();
  expect(contentKeyOf({ hash: 'md5', value: '0'.repeat(32) })).toBe(key);
  expect(contentKeyOf({ hash: 'md5-dos2unix', value: '0'.repeat(32) })).not.toBe(key);
});
