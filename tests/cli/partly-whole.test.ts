import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PullResult, TransferResult } from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seededBytes } from '../support/stores.ts';

const LARGE = 3 * 1024 * 1024;
let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.withRemote();
});
afterEach(() => box.remove());

test('a version whose data is nowhere stops no push of the others', () => {
  for (const name of ['a', 'b', 'c']) box.write(`repo/data/${name}`, `bytes of ${name}`);
  box.ok(['add', 'data/a', 'data/b', 'data/c']);
  box.commit('one');
  rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
  // Back in the cache is what is read again.
  rmSync(box.path('repo/.varve/stat'), { recursive: true });
  rmSync(box.path('repo/data/a'));
  box.ok(['add', 'data/b', 'data/c']);
  const pushed = box.varve(['push']);
  expect(pushed).toMatchObject({
    code: 1,
    out: expect.stringContaining('neither in the cache nor on origin'),
  });
  expect(pushed.out).toMatch(/^ {2}data\/a {2}sha256:[0-9a-f]{12} {2}commit /m);
  const again = box.json<TransferResult>(['push', '--all-commits'], 'repo', 1);
  expect(again).toMatchObject({ snapshots: 2, lacking: [{ path: 'data/a', subject: 'one' }] });
  box.clone('repo', 'clone');
  box.json<PullResult>(['pull'], 'clone', 1);
  expect(readFileSync(box.path('clone/data/c'), 'utf8')).toBe('bytes of c');
  // What Git is about to send is another matter: nobody gets a pointer whose data is nowhere.
  box.write('repo/data/d', 'd');
  box.ok(['add', 'data/d']);
  rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
  expect(box.varve(['push', 'data/d'])).toMatchObject({ code: 2 });
});

test('damaged data of one dataset stops no pull of the others', () => {
  writeFileSync(box.write('repo/data/large.csv', ''), seededBytes(1, LARGE));
  box.write('repo/data/small', 'small');
  box.write('repo/data/dir/x', 'x');
  box.ok(['add', 'data/large.csv']);
  box.ok(['push', 'data/large.csv']);
  damagePacks();
  box.ok(['add', 'data/small', 'data/dir']);
  box.commit('one');
  box.ok(['push']);
  box.clone('repo', 'clone');
  const { code, out, err } = box.varve(['pull'], 'clone');
  expect({ code, said: out + err }).toMatchObject({
    code: 2,
    said: expect.stringContaining('data/large.csv'),
  });
  expect(readFileSync(box.path('clone/data/small'), 'utf8')).toBe('small');
  expect(readFileSync(box.path('clone/data/dir/x'), 'utf8')).toBe('x');
  expect(existsSync(box.path('clone/data/large.csv'))).toBe(false);
});

test('a pointer with the blocks of another file brings the file, verified as a whole', () => {
  writeFileSync(box.write('repo/data/a.csv', ''), seededBytes(1, LARGE));
  writeFileSync(box.write('repo/data/b.csv', ''), seededBytes(2, LARGE));
  box.ok(['add', 'data/a.csv', 'data/b.csv']);
  box.ok(['push']);
  const lineOf = (file: string, key: string): string =>
    new RegExp(`^${key}: .*$`, 'm').exec(readFileSync(box.path(`repo/data/${file}.varve`), 'utf8'))![0];
  const mixed = readFileSync(box.path('repo/data/b.csv.varve'), 'utf8').replace(
    lineOf('b.csv', 'digest'),
    lineOf('a.csv', 'digest'),
  );
  box.write('repo/data/b.csv.varve', mixed);
  box.commit('mixed');
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  for (const name of ['a.csv', 'b.csv'])
    expect(readFileSync(box.path(`clone/data/${name}`)).equals(seededBytes(1, LARGE))).toBe(true);
});

function damagePacks(): void {
  const folder = box.path('remote/packs');
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(`${folder}/${name}`);
    if (bytes.length < LARGE / 2) continue;
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(`${folder}/${name}`, bytes);
  }
}

test('a pointer whose figures are not those of its data is refused, and says who to ask', () => {
  box.write('repo/data/f', 'twelve bytes');
  box.write('repo/data/dir/x', 'x');
  box.write('repo/data/good', 'good');
  box.ok(['add', 'data/f', 'data/dir', 'data/good']);
  box.ok(['push']);
  const edit = (path: string, from: RegExp, to: string): unknown =>
    box.write(path, readFileSync(box.path(path), 'utf8').replace(from, to));
  edit('repo/data/f.varve', /^bytes: .*$/m, 'bytes: 1000000000000');
  edit('repo/data/dir.varve', /^files: .*$/m, 'files: 7');
  box.commit('edited');
  box.clone('repo', 'clone');
  const pulled = box.json<PullResult>(['pull'], 'clone', 2);
  expect(pulled.problems).toMatchObject([
    { path: 'data/dir', code: 'pointer-damaged' },
    {
      path: 'data/f',
      code: 'pointer-damaged',
      message: expect.stringContaining('its data has 1 file, 12 bytes'),
    },
  ]);
  expect(readFileSync(box.path('clone/data/good'), 'utf8')).toBe('good');
  expect(existsSync(box.path('clone/data/f'))).toBe(false);
});

test('a whole object that a folder lost is told as missing, and a pack without its end is written anew by verify', () => {
  box.write(
    'repo/data/w.png',
    Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(3, LARGE)]),
  );
  box.write('repo/data/small', 'small');
  box.ok(['add', 'data/w.png', 'data/small']);
  box.commit('one');
  box.ok(['push']);
  for (const name of readdirSync(box.path('remote/packs'))) {
    const path = box.path(`remote/packs/${name}`);
    writeFileSync(path, readFileSync(path).subarray(0, -7));
  }
  const repaired = box.varve(['verify', '--remote', 'origin']);
  expect(repaired.out + repaired.err).toContain('Repaired');
  box.ok(['verify', '--remote', 'origin']);
  rmSync(box.path('remote/objects'), { recursive: true });
  box.clone('repo', 'clone');
  const pulled = box.json<PullResult>(['pull'], 'clone', 1);
  expect(pulled.fetched.lacking).toMatchObject([{ path: 'data/w.png' }]);
  expect(readFileSync(box.path('clone/data/small'), 'utf8')).toBe('small');
});

test('a pointer that calls a file a folder is told as a wrong pointer, and no cache as damaged', () => {
  box.write('repo/data/f', 'no list');
  box.ok(['add', 'data/f']);
  const path = 'repo/data/f.varve';
  box.write(path, readFileSync(box.path(path), 'utf8').replace('kind: file', 'kind: directory'));
  box.commit('edited');
  const { code, out, err } = box.varve(['verify']);
  expect({ code, said: out + err }).toMatchObject({
    code: 1,
    said: expect.stringContaining('The pointer is wrong'),
  });
  expect(out + err).not.toContain('fetch --all-commits');
});
