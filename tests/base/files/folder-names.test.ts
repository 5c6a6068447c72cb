import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { namesIn, readableNamesIn } from '../../../src/base/files/folder-names.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-names-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

test('a folder has its names, and one that is not there has none', () => {
  writeFileSync(join(folder, 'b'), '');
  writeFileSync(join(folder, 'a'), '');
  expect(namesIn(folder).sort()).toEqual(['a', 'b']);
  expect(readableNamesIn(folder).sort()).toEqual(['a', 'b']);
  expect(namesIn(join(folder, 'none'))).toEqual([]);
  expect(readableNamesIn(join(folder, 'none'))).toEqual([]);
});

test('what lists names by need says why a folder cannot be read, what only looks has none', () => {
  const loop = '\0';
  expect(() => namesIn(loop)).toThrow();
  expect(readableNamesIn(loop)).toEqual([]);
  if (process.getuid?.() === 0) return;
  chmodSync(folder, 0);
  expect(() => namesIn(folder)).toThrow(/read/);
  expect(readableNamesIn(folder)).toEqual([]);
});
