import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

interface Verified {
  readonly damage: readonly {
    readonly key: string;
    readonly problem: string;
    readonly repaired: boolean;
    readonly remedy: string;
  }[];
  readonly absent: readonly { readonly path: string; readonly files: readonly string[] }[];
}

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
});
afterEach(() => box.remove());

function version(content: string): void {
  box.write('repo/data/a.bin', content);
  box.write('repo/data/b.bin', `other ${content}`);
  box.ok(['add', 'data']);
  box.commit(content);
}

const keysOf = (store: string) =>
  readdirSync(box.path(store), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(box.path(store).length + 1));

function flip(store: string, key: string): void {
  const file = box.path(store, key);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  rmSync(file);
  writeFileSync(file, bytes);
}

test('what an ordinary clone never fetched is told apart, and no damage', () => {
  version('one');
  version('two');
  box.ok(['push', '--all-commits']);
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  const { code, out } = box.varve(['verify'], 'clone');
  expect(code).toBe(0);
  expect(out).toMatch(/^The cache is whole: /);
  expect(out).toMatch(/^Not in the cache, [^\n]*`varve fetch --all-commits`/m);
  expect(out).toMatch(/^ {2}data \(sha256:[0-9a-f]{12}\): all of it$/m);
  const found = box.json<Verified>(['verify'], 'clone');
  expect(found).toMatchObject({ damage: [], absent: [{ path: 'data', files: [] }] });
  expect(box.varve(['verify', '--complete'], 'clone').code).toBe(1);
  expect(box.varve(['verify', '--remote', 'origin', '--complete'], 'clone').code).toBe(0);
  // Whoever does what it says has all of it.
  box.ok(['fetch', '--all-commits'], 'clone');
  expect(box.varve(['verify', '--complete'], 'clone').code).toBe(0);
});

test('what was committed and not pushed is told apart on a remote, and no damage', () => {
  version('one');
  box.ok(['push']);
  version('two');
  expect(box.json<Verified>(['verify', '--remote', 'origin'])).toMatchObject({
    damage: [],
    absent: [{ path: 'data' }],
  });
  expect(box.ok(['verify', '--remote', 'origin'])).toMatch(
    /^Not on origin, [^\n]*`varve push --all-commits`/m,
  );
  expect(box.varve(['verify', '--remote', 'origin', '--complete']).code).toBe(1);
  box.ok(['push', '--all-commits']);
  expect(box.varve(['verify', '--remote', 'origin', '--complete']).code).toBe(0);
});

test('a flipped bit in any file of a remote ends with exit code 1, and indexes, refs and lists are put right', () => {
  version('one');
  box.ok(['push']);
  version('two');
  box.ok(['push']);
  box.git(['reset', '-q', '--hard', 'HEAD~1']);
  box.git(['reflog', 'expire', '--expire=now', '--all']);
  box.ok(['gc', '--remote', 'origin', '--grace', '1d']);
  const whole = box.path('whole');
  cpSync(box.path('remote'), whole, { recursive: true });
  // A marker that cannot be read is a marker all the same.
  const keys = keysOf('remote').filter((key) => !key.startsWith('tmp') && key !== 'varve-store.json');
  const kinds = new Set(keys.map((key) => key.split('/')[0]));
  for (const kind of ['index', 'refs', 'packs', 'clock']) expect(kinds).toContain(kind);
  for (const key of keys) {
    flip('remote', key);
    const { damage } = box.json<Verified>(['verify', '--remote', 'origin'], 'repo', 1);
    expect(damage.map((one) => one.key)).toEqual([key]);
    // A pack is made anew from its blobs where those are whole.
    const isLost = /^(packs|objects)/.test(key) && !/header or trailer/.test(damage[0]!.problem);
    expect(damage[0]!.repaired, key).toBe(!isLost);
    if (!isLost) expect(box.ok(['verify', '--remote', 'origin'])).toContain('is whole');
    rmSync(box.path('remote'), { recursive: true });
    cpSync(whole, box.path('remote'), { recursive: true });
  }
}, 120_000);

test('a damaged index of the cache is written anew and told of', () => {
  version('one');
  for (const key of keysOf('repo/.git/varve/cache').filter((one) => one.startsWith('index/')))
    flip('repo/.git/varve/cache', key);
  const { code, out } = box.varve(['verify']);
  expect(code).toBe(1);
  expect(out).toMatch(/^The cache was damaged: /);
  expect(out).toMatch(/^ {2}Repaired\. Nothing is left to do\.$/m);
  expect(box.ok(['verify', '--complete'])).toContain('The cache is whole');
});

function addAndCommit(content: string, message: string): void {
  box.write('repo/data/f.bin', content);
  box.ok(['add', 'data']);
  box.commit(message);
}

test('verify finds a flipped bit, in the cache and on the remote, names what it touches, and fetch mends it', () => {
  addAndCommit('precious bytes', 'v1');
  box.ok(['push']);
  expect(box.ok(['verify'])).toContain('whole');
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  const flip = (store: string) => {
    for (const name of readdirSync(box.path(store, 'packs'))) {
      const file = box.path(store, 'packs', name);
      const bytes = readFileSync(file);
      const at = bytes.indexOf('precious');
      if (at < 0) continue;
      bytes[at]! ^= 1;
      rmSync(file);
      writeFileSync(file, bytes);
    }
  };
  flip('repo/.git/varve/cache');
  type Damage = { damage: { roots: { path: string; files: string[] }[]; remedy: string }[] };
  const { damage } = box.json<Damage>(['verify'], 'repo', 1);
  expect(damage[0]!.roots[0]).toMatchObject({ path: 'data', files: ['f.bin'] });
  expect(box.varve(['verify'])).toMatchObject({ code: 1, out: expect.stringContaining('f.bin') });
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  rmSync(box.path('repo/data'), { recursive: true });
  box.ok(['pull']);
  expect(readFileSync(box.path('repo/data/f.bin'), 'utf8')).toBe('precious bytes');
  flip('remote');
  expect(box.json<Damage>(['verify', '--remote', 'origin'], 'repo', 1).damage[0]!.roots[0]).toMatchObject({
    path: 'data',
    files: ['f.bin'],
  });
});
