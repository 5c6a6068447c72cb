import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import {
  isUnfinished,
  removeQuietly,
  unfinishedName,
  writeAtomically,
} from '../../../src/base/files/atomic-write.ts';
import { systemError } from '../../../src/base/files/system-errors.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-atomic-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

test('names of unfinished files are known, as those of earlier versions are, and all differ', () => {
  const names = Array.from({ length: 1000 }, unfinishedName);
  expect(new Set(names).size).toBe(1000);
  expect(names.every(isUnfinished)).toBe(true);
  expect([`.varve-${'0a'.repeat(12)}`, '.varve-1234.tmp'].every(isUnfinished)).toBe(true);
  expect(['.varve', '.varve-notes', 'x.varve', '.varve-1234'].some(isUnfinished)).toBe(false);
});

test('processes that share an id, as in two containers, name their unfinished files differently', async () => {
  const firstOf = async (): Promise<string> => {
    vi.resetModules();
    return (await import('../../../src/base/files/atomic-write.ts')).unfinishedName();
  };
  expect(await firstOf()).not.toBe(await firstOf());
});

test('a file is replaced as a whole, and a failure leaves neither a part nor another file', () => {
  const path = join(work, 'a/b/file');
  writeAtomically(path, [Buffer.from('one, '), Buffer.from('two')]);
  expect(readFileSync(path, 'utf8')).toBe('one, two');
  writeAtomically(path, [Buffer.from('three')], false, 0o600);
  expect(readFileSync(path, 'utf8')).toBe('three');
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  mkdirSync(join(work, 'a/folder/full'), { recursive: true });
  expect(() => writeAtomically(join(work, 'a/folder'), [Buffer.from('x')])).toThrow(/Cannot write .*folder/);
  expect(readdirSync(join(work, 'a')).sort()).toEqual(['b', 'folder']);
  expect(readdirSync(join(work, 'a/b'))).toEqual(['file']);
});

test('removing quietly what is not there is no error', () => {
  const path = join(work, unfinishedName());
  writeFileSync(path, 'x');
  removeQuietly(path);
  removeQuietly(path);
  expect(readdirSync(work)).not.toContain(basename(path));
});

test.each([
  ['ENOSPC', 'workspace', 'disk-full'],
  ['ENOSPC', 'store', 'disk-full'],
  ['ENOENT', 'workspace', 'path-missing'],
  ['ENOENT', 'store', 'io-error'],
  ['ENOTDIR', 'store', 'key-conflict'],
  ['ELOOP', 'store', 'symlink-refused'],
  ['EROFS', 'workspace', 'disk-read-only'],
] as const)('%s in a %s is %s, with its path and a remedy', (system, owner, code) => {
  const cause = Object.assign(new Error(`${system}: said the system`), { code: system });
  const error = systemError(cause, 'write', 'x/y', owner);
  expect(error).toMatchObject({ code, path: 'x/y', cause });
  expect(error.message).toMatch(/^Cannot write x\/y: /);
  expect(error.remedy).toMatch(/\.$/);
  expect(systemError(error, 'read', 'elsewhere')).toBe(error);
});
