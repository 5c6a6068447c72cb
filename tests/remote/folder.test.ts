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
import { afterEach, beforeEach, expect, test } from 'vitest';
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
  for (const name of ['old', 'young']) writeFileSync(join(temporaries, name), 'x');
  utimesSync(join(temporaries, 'old'), yesterday, yesterday);
  await put('a', 'a');
  expect(readdirSync(temporaries)).toEqual(['young']);
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
