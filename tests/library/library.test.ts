import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type DataFolder,
  initRepository,
  openFolder,
  openRepository,
  VarveError,
  type VarveRepository,
} from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox();
const table = (rows: number, from = 0): string =>
  `id,name\n${Array.from({ length: rows }, (_, row) => `${from + row},n${row % 7}\n`).join('')}`;
/** Kept as an object of its own. */
const image = randomBytes(3_000_000);
let repo: VarveRepository;

beforeAll(async () => {
  mkdirSync(box.path('repo'));
  box.git(['init', '-q', '-b', 'main']);
  expect(await initRepository(box.path('repo'))).toEqual({ root: box.path('repo'), created: true });
  expect(await initRepository(box.path('repo'))).toMatchObject({ created: false });
  repo = await openRepository(box.path('repo'));
  box.write('repo/data/t.csv', table(100));
  box.write('repo/data/many/part.csv', table(10));
  box.write('repo/data/many/sub/image.png', image);
  await repo.remotes.add('origin', box.path('remote'));
  await repo.add(['data/t.csv', 'data/many']);
  box.commit('v1');
  box.git(['tag', 'release/v1']);
  await repo.push();
  box.write('repo/data/t.csv', table(100, 50));
  await repo.add('data/t.csv');
  box.commit('v2');
}, 120_000);
afterAll(() => box.remove());

const codeOf = (work: () => unknown): Promise<string> =>
  (async () => work())().then(
    () => 'none',
    (error: unknown) => {
      if (!(error instanceof VarveError)) throw error;
      expect(error.message).toMatch(/\S/);
      expect(error.remedy).toMatch(/\.$|\?$/);
      return error.code;
    },
  );

/** As a program does whose user has looked at what the clone's settings ask. */
async function openAgreeing(path: string): Promise<VarveRepository> {
  const clone = await openRepository(path);
  expect(await codeOf(() => clone.fetch())).toBe('settings-untrusted');
  const { settings } = await clone.trust.show();
  const { settings: given } = await clone.trust.give(settings.map(({ fingerprint }) => fingerprint));
  expect(given.every(({ trusted }) => trusted)).toBe(true);
  expect((await clone.trust.list()).consents).toHaveLength(settings.length);
  return clone;
}

it('makes profiles when it adds, unless told not to', async () => {
  box.write('repo/data/u.csv', table(5));
  expect((await repo.add('data/u.csv', { profiles: false })).datasets[0]).not.toHaveProperty('profile');
  expect(await repo.readProfile('data/u.csv')).toBeUndefined();
  box.write('repo/data/u.csv', table(6));
  expect((await repo.add('data/u.csv')).datasets[0]).toMatchObject({
    rows: 6,
    profile: expect.stringMatching(/^sha256:/),
  });
  expect((await repo.readProfile('data/u.csv'))?.tables[0]?.rows).toBe(6);
});

it('warns of data that is added without statistics', async () => {
  const said: string[] = [];
  box.write('repo/data/bad.csv', 'a,b\n1,2\n1,2,3,4\n');
  await repo.add('data/bad.csv', { onWarning: (text) => said.push(text) });
  expect(said.join()).toContain('data/bad.csv is added without statistics');
});

it('does what the command line does, with the same documents', async () => {
  expect(await repo.status()).toEqual(box.json(['status']));
  expect(await repo.log('data/t.csv')).toEqual(box.json(['log', 'data/t.csv']));
  expect(await repo.diff({ before: 'release/v1', after: 'HEAD' })).toEqual(
    box.json(['diff', 'release/v1', 'HEAD']),
  );
  expect(await repo.remotes.list()).toEqual(box.json(['remote', 'list']));
  expect(await repo.check('release/v1')).toEqual(box.json(['check', '--base', 'release/v1']));
  // Consents of this process are kept elsewhere than those of the sandbox.
  const asked = ({ settings }: { settings: readonly { fingerprint: string }[] }) =>
    settings.map((one) => one.fingerprint);
  expect(asked(await repo.trust.show())).toEqual(asked(box.json(['trust', '--show'])));
  expect(await repo.drift('data/t.csv@release/v1', 'data/t.csv')).toMatchObject({ before: { rows: 100 } });
  expect((await repo.driftHistory('data/t.csv')).steps).toHaveLength(1);
  expect((await repo.verify()).damage).toEqual([]);
  expect(await repo.gc({ dryRun: true, graceMs: 0 })).toMatchObject({ dryRun: true, graceMs: 0 });
});

it('registers itself with Git, and takes it back', async () => {
  expect(await repo.git.install({ diff: true })).toEqual({
    diff: true,
    merge: false,
    prePush: false,
    checkout: false,
  });
  expect(box.git(['diff', 'release/v1', 'HEAD', '--', 'data/t.csv.varve'])).toContain('name');
  expect(await repo.git.uninstall()).toEqual({ diff: false, merge: false, prePush: false, checkout: false });
});

it('infers, shows, updates and holds against a schema', async () => {
  await repo.schema.infer('data/t.csv');
  expect((await repo.schema.show('data/t.csv')).text).toContain('name');
  expect(await repo.schema.update('data/t.csv', { dryRun: true })).toMatchObject({ written: false });
  expect(await repo.validate('data/t.csv')).toMatchObject({ valid: true });
  expect(await codeOf(() => repo.schema.infer('data/t.csv'))).toBe('schema-exists');
});

it('needs no repository for plain data', async () => {
  mkdirSync(box.path('plain'));
  writeFileSync(box.path('plain/p.csv'), table(8));
  const folder: DataFolder = await openFolder(box.path('plain'));
  expect((await folder.profile('p.csv')).profile.tables[0]?.rows).toBe(8);
  expect(await codeOf(() => openRepository(box.path('plain')))).toBe('repository-missing');
  expect(await codeOf(() => openFolder(box.path('nowhere')))).toBe('path-missing');
});

describe('streams', () => {
  it('opens a version, and a file within one', async () => {
    expect((await buffer(repo.open('data/t.csv@release/v1'))).toString()).toBe(table(100));
    expect((await buffer(repo.open('data/t.csv'))).toString()).toBe(table(100, 50));
    const within = await buffer(repo.open('data/many@release/v1', { file: 'sub/image.png' }));
    expect(within.equals(image)).toBe(true);
  });

  it('lists files', async () => {
    const files = [];
    for await (const file of repo.files('data/many@release/v1')) files.push([file.path, file.size]);
    expect(files).toEqual([
      ['part.csv', table(10).length],
      ['sub/image.png', image.length],
    ]);
    for await (const file of repo.files('data/t.csv'))
      expect(file).toMatchObject({ path: 't.csv', size: table(100, 50).length });
  });

  it('takes from the remote what the cache lacks, and leaves the cache as it is', async () => {
    box.clone('repo', 'clone');
    const clone = await openAgreeing(box.path('clone'));
    const pieces = await buffer(clone.open('data/many@release/v1', { file: 'sub/image.png' }));
    expect(pieces.equals(image)).toBe(true);
    expect((await buffer(clone.open('data/t.csv@release/v1'))).toString()).toBe(table(100));
    expect((await clone.status()).datasets.every(({ state }) => state === 'missing')).toBe(true);
    expect(await codeOf(() => buffer(clone.open('data/t.csv')))).toBe('object-missing');
  });

  it('hands out nothing of an object that is damaged', async () => {
    box.clone('repo', 'damaged');
    const clone = await openAgreeing(box.path('damaged'));
    await clone.fetch({ paths: ['data/many'] });
    const found = box.run('find', ['.git/varve/cache', '-type', 'f', '-size', '+2000k'], 'damaged').out;
    const object = box.path('damaged', found.split('\n')[0]!);
    const bytes = readFileSync(object);
    bytes[bytes.length - 1]! ^= 1;
    rmSync(object);
    writeFileSync(object, bytes);
    let seen = 0;
    const read = async () => {
      for await (const piece of clone.open('data/many', { file: 'sub/image.png' })) seen += piece.length;
    };
    const code = await codeOf(read);
    // Mended from the remote, or refused: never handed out damaged.
    if (code === 'none') expect(seen).toBe(image.length);
    else expect([code, seen]).toEqual(['digest-mismatch', 0]);
  });

  it('says what it does not find', async () => {
    expect(await codeOf(() => buffer(repo.open('data/many', { file: 'none' })))).toBe('path-missing');
    expect(await codeOf(() => buffer(repo.open('data/many')))).toBe('path-missing');
    expect(await codeOf(() => buffer(repo.open('data/t.csv', { file: 'x' })))).toBe('path-missing');
    expect(await codeOf(() => buffer(repo.open('nothing')))).toBe('dataset-missing');
    expect(await codeOf(() => buffer(repo.open('data/t.csv@none')))).toBe('revision-unknown');
  });
});

describe('signals', () => {
  it('stop a call before and while it works, with their own reason', async () => {
    const reason = new Error('enough');
    await expect(repo.status({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(openRepository(box.path('repo'), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const control = new AbortController();
    const opened = await openRepository(box.path('repo'), { signal: control.signal });
    const stream = opened.open('data/many', { file: 'sub/image.png' });
    control.abort(reason);
    await expect(buffer(stream)).rejects.toBe(reason);
    await expect(opened.verify({ signal: new AbortController().signal })).rejects.toBe(reason);
  });

  it('tell of progress where a call asks for it', async () => {
    const phases = new Set<string>();
    box.write('repo/data/p.csv', table(4000));
    await repo.add('data/p.csv', { onProgress: ({ phase }) => phases.add(phase) });
    expect(phases.size).toBeGreaterThan(0);
  });
});

describe('a wrong argument is an error of usage', () => {
  const wrong = (value: unknown): never => value as never;
  it.each<[string, () => unknown]>([
    ['a number for a path', () => repo.add(wrong(5))],
    ['a list with a number', () => repo.add(wrong(['a', 5]))],
    ['an empty list, which might be taken for all', () => repo.checkout({ paths: [], force: true })],
    ['an empty path', () => repo.profile('')],
    ['an object for a path', () => repo.profile(wrong({ path: 'x' }))],
    ['null for options', () => repo.status(wrong(null))],
    ['a list for options', () => repo.push(wrong(['data/t.csv']))],
    ['a string for options', () => repo.push(wrong('data/t.csv'))],
    ['an unknown option', () => repo.push(wrong({ remot: 'origin' }))],
    ['a string for a flag', () => repo.checkout(wrong({ force: 'yes' }))],
    ['a fraction for a count', () => repo.push({ jobs: 1.5 })],
    ['NaN for a time', () => repo.gc({ graceMs: Number.NaN })],
    ['a function for a signal', () => repo.status(wrong({ signal: () => undefined }))],
    ['a string for a callback', () => repo.status(wrong({ onProgress: 'x' }))],
    ['a slice without a value', () => repo.profile('data/t.csv', wrong({ slice: { feature: 'a' } }))],
    ['a format that there is not', () => repo.schema.infer('data/t.csv', wrong({ format: 'xml' }))],
    ['no window', () => repo.driftStream('data/t.csv', wrong([]), wrong({}))],
    ['no stream', () => repo.driftStream('data/t.csv', wrong('lines'), { window: 5 })],
    ['no place for data in a bucket', () => repo.addInPlace('s3://bucket/x', wrong({}))],
    ['no fingerprints', () => repo.trust.give(wrong(undefined))],
    ['an empty list of fingerprints', () => repo.trust.give([])],
    ['a number to open', () => repo.open(wrong(1))],
    ['a number to list', () => repo.files(wrong(1))],
    ['a number for a repository', () => openRepository(wrong(1))],
    ['an unknown option of a repository', () => openRepository('.', wrong({ cwd: '/' }))],
    ['an option named as what every object has', () => repo.status(wrong({ constructor: 1 }))],
  ])('%s', async (_, call) => {
    expect(await codeOf(call)).toBe('usage');
  });

  it('says what was wrong, and what was likely meant', async () => {
    await expect(repo.push(wrong({ remot: 'x' }))).rejects.toMatchObject({
      message: 'push: there is no option "remot"',
      remedy: 'Did you mean remote?',
    });
    await expect(repo.add(wrong(5))).rejects.toMatchObject({
      message:
        'add: the paths must be a string that is not empty, or a list of such with at least one, not 5',
    });
  });
});

describe('the verbs of a day', () => {
  it('lists, copies, restores, moves and removes as the commands do', async () => {
    const day = new Sandbox().repository();
    const here = await openRepository(day.path('repo'));
    day.write('repo/a.csv', table(3));
    day.write('repo/tab/x.csv', table(4));
    await here.add(['a.csv', 'tab']);
    day.commit('one');
    day.write('repo/a.csv', table(5));
    expect((await here.addChanged()).datasets.map(({ path, rows }) => [path, rows])).toEqual([['a.csv', 5]]);
    const { datasets, files } = await here.list({ revision: 'HEAD', paths: ['tab'] });
    expect([datasets[0]!.path, files[0]!.path]).toEqual(['tab', 'tab/x.csv']);
    const folder = await openFolder(day.root);
    const { output } = await folder.get('a.csv@HEAD', { repository: 'repo', output: 'old.csv' });
    expect(readFileSync(output, 'utf8')).toBe(table(3));
    expect((await folder.list({ repository: 'repo' })).datasets).toHaveLength(2);
    await here.restore('a.csv', { source: 'HEAD' });
    expect(readFileSync(day.path('repo/a.csv'), 'utf8')).toBe(table(3));
    expect(await here.move('tab', 'moved')).toEqual({ datasets: [{ from: 'tab', path: 'moved' }] });
    expect((await here.remove(['moved'])).datasets).toMatchObject([{ path: 'moved', hasData: true }]);
    expect(await codeOf(() => here.remove('moved'))).toBe('dataset-missing');
    expect(await codeOf(() => folder.get('a.csv', { repository: 'ext::sh' }))).toBe('repository-unreachable');
    day.remove();
  });
});
