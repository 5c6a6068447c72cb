import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processOwner } from '../../src/base/files/process-owner.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';

let root: string;
let remote: FolderRemote;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'varve-folder-'));
  remote = new FolderRemote(join(root, 'remote'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const put = (key: string, text: string, overwrite = false) =>
  remote.write(key, Buffer.from(text), { sha256: sha256(text), overwrite });

async function listed(prefix: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of remote.list(prefix)) keys.push(key);
  return keys;
}

test('a finished write leaves the object alone: no temporary stays', async () => {
  await put('a/b', 'hello');
  expect(readdirSync(join(root, 'remote', 'tmp'))).toEqual([]);
  expect(readFileSync(remote.localPath('a/b'), 'utf8')).toBe('hello');
});

test('a refused write leaves nothing', async () => {
  await expect(remote.write('a/b', Buffer.from('hello'), { sha256: sha256('other') })).rejects.toMatchObject({
    code: 'digest-mismatch',
  });
  expect(await remote.head('a/b')).toBeUndefined();
  expect(readdirSync(join(root, 'remote', 'tmp'))).toEqual([]);
});

test('what killed writes left is removed after a day, not before', async () => {
  const temporaries = join(root, 'remote', 'tmp');
  mkdirSync(temporaries, { recursive: true });
  const yesterday = Date.now() / 1000 - 25 * 3600;
  const [old, young] = ['1'.repeat(24), '2'.repeat(24)].map((digits) => `4711-${digits}`);
  for (const name of [old!, young!]) writeFileSync(join(temporaries, name), 'x');
  utimesSync(join(temporaries, old!), yesterday, yesterday);
  await put('a', 'a');
  expect(readdirSync(temporaries)).toEqual([young]);
});

test('in a store, files of other names than varve gives stay where unfinished writes lie, whatever their age', async () => {
  await put('a', 'a');
  const foreign = join(root, 'remote', 'tmp', 'thesis.txt');
  writeFileSync(foreign, 'x');
  utimesSync(foreign, 0, 0);
  remote = new FolderRemote(join(root, 'remote'));
  await put('b', 'b');
  expect(readdirSync(join(root, 'remote', 'tmp'))).toEqual(['thesis.txt']);
});

test('what a process of this machine left is removed once it is gone, however young', async () => {
  await put('a', 'a');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const [place, , start] = processOwner().split('-');
  const name = (pid: number) => `.varve-${place}-${pid}-${start}-${'0'.repeat(16)}.tmp`;
  for (const pid of [dead, process.pid]) writeFileSync(join(root, 'remote', 'tmp', name(pid)), 'x');
  writeFileSync(join(root, 'remote', 'tmp', name(dead).replace(place!, 'feedf00d')), 'x');
  remote = new FolderRemote(join(root, 'remote'));
  await put('b', 'b');
  expect(readdirSync(join(root, 'remote', 'tmp')).sort()).toEqual(
    [name(process.pid), name(dead).replace(place!, 'feedf00d')].sort(),
  );
});

const hex = (length: number) => '0123456789abcdef'.repeat(4).slice(0, length);

describe('a folder that is not varve’s', () => {
  const foreign: [string, string][] = [
    ['of other files', 'thesis.txt'],
    ['of another repository', `objects/ab/${hex(38)}`],
    ['with a folder for temporary files', 'tmp/thesis.txt'],
    ['with files where packs would lie', 'packs/mine.zip'],
    ['with files where whole objects would lie', 'objects/ab/mine'],
    ['with an index of something else', 'index/index.html'],
    ['with deeper folders', `objects/ab/${hex(62)}/deeper`],
  ];
  test.each(foreign)('%s is neither written to nor removed from', async (_name, path) => {
    const file = join(root, 'remote', path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, 'x');
    utimesSync(file, 0, 0);
    const before = readdirSync(join(root, 'remote'), { recursive: true });
    const refused = { code: 'store-foreign', message: expect.stringContaining(join(root, 'remote')) };
    await expect(put('packs/x', 'x')).rejects.toMatchObject(refused);
    await expect(remote.remove([`objects/ab/${hex(62)}`])).rejects.toMatchObject(refused);
    await expect(remote.claim()).rejects.toMatchObject(refused);
    expect(readdirSync(join(root, 'remote'), { recursive: true })).toEqual(before);
  });
});

test.each([
  ['that is empty', []],
  ['of a mount', ['lost+found/']],
  ['with an index and files of others', [`index/${hex(64)}.idx`, 'README']],
  ['of a first write that was cut off', [`packs/${hex(64)}.pack`, `tmp/4711-${hex(24)}`, 'objects/ab/']],
])('a folder %s gets the marker at the next write', async (_name, paths) => {
  for (const path of paths) {
    mkdirSync(join(root, 'remote', path, path.endsWith('/') ? '.' : '..'), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, 'remote', path), '');
  }
  await put('a', 'a');
  expect(readFileSync(join(root, 'remote', 'varve-store.json'), 'utf8')).toBe('{"version":1}\n');
  expect(await listed('varve')).toEqual([]);
  await expect(remote.remove(['varve-store.json'])).rejects.toMatchObject({ code: 'key-invalid' });
});

test('a place where no folder can be made is told in words', async () => {
  writeFileSync(join(root, 'file'), '');
  const there = new FolderRemote(join(root, 'file', 'remote'));
  await expect(there.claim()).rejects.toMatchObject({ name: 'VarveError', remedy: expect.any(String) });
});

test('a marker that is a link is refused', async () => {
  mkdirSync(join(root, 'remote'));
  symlinkSync(join(root, 'nothing'), join(root, 'remote', 'varve-store.json'));
  await expect(put('a', 'a')).rejects.toMatchObject({ code: 'symlink-refused' });
});

test('a link out of the remote is followed by no method', async () => {
  const outside = join(root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  await put('inside/a', 'a');
  symlinkSync(outside, join(root, 'remote', 'link'));
  symlinkSync(join(outside, 'secret'), join(root, 'remote', 'inside', 'file'));
  const refused = { code: 'symlink-refused' };
  for (const key of ['link/secret', 'inside/file']) {
    await expect(remote.read(key)).rejects.toMatchObject(refused);
    await expect(remote.head(key)).rejects.toMatchObject(refused);
    await expect(put(key, 'mine')).rejects.toMatchObject(refused);
    expect(() => remote.localPath(key)).toThrow(expect.objectContaining(refused));
  }
  await expect(put('link/new', 'mine')).rejects.toMatchObject(refused);
  await expect(put('link/not/yet/there', 'mine')).rejects.toMatchObject(refused);
  await expect(remote.remove(['link/secret'])).rejects.toMatchObject(refused);
  await expect(listed('')).rejects.toMatchObject(refused);
  await expect(listed('link/')).rejects.toMatchObject(refused);
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test('the remote itself may be a link: it is the user who named it', async () => {
  mkdirSync(join(root, 'real'));
  symlinkSync(join(root, 'real'), join(root, 'remote'));
  await put('a/b', 'hello');
  expect(readFileSync(join(root, 'real', 'a', 'b'), 'utf8')).toBe('hello');
});

test('a folder where a file belongs is a clear error and stays', async () => {
  await put('a/b', 'hello');
  await expect(put('a', 'hello')).rejects.toMatchObject({ code: 'key-conflict' });
  await expect(put('a/b/c', 'hello')).rejects.toMatchObject({ code: 'key-conflict' });
  await remote.remove(['a']);
  expect(await remote.head('a')).toBeUndefined();
  expect(await remote.head('a/b')).toBeDefined();
});

test('a source file that grows or shrinks is not stored', async () => {
  const path = join(root, 'source');
  writeFileSync(path, 'hello');
  for (const size of [4, 6]) {
    await expect(remote.write('a', { path, size }, { sha256: sha256('hello') })).rejects.toMatchObject({
      code: 'source-changed',
      path,
    });
  }
  expect(await remote.head('a')).toBeUndefined();
});

test('files that cannot be objects are passed over in a listing', async () => {
  await put('a', 'a');
  writeFileSync(join(root, 'remote', 'not a key'), '');
  expect(await listed('')).toEqual(['a']);
});
