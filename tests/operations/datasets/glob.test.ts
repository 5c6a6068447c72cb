import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { globOf } from '../../../src/operations/datasets/glob.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-glob-'));
afterAll(() => rmSync(root, { recursive: true }));
for (const path of [
  'd/a.csv',
  'd/b.csv',
  'd/!x.csv',
  'd/.h.csv',
  'd/sub/c.csv',
  'd/.git/e.csv',
  'd/[1].csv',
]) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}

it.each([
  ['d/*.csv', 'd', ['!x.csv', '[1].csv', 'a.csv', 'b.csv']],
  ['d/[ab].csv', 'd', ['a.csv', 'b.csv']],
  ['d/{a,b}.csv', 'd', ['a.csv', 'b.csv']],
  ['d/?.csv', 'd', ['a.csv', 'b.csv']],
  ['d/**/*.csv', 'd', ['!x.csv', '[1].csv', 'a.csv', 'b.csv', 'sub/c.csv']],
  ['*/a.csv', '', ['d/a.csv']],
  ['d/!*.csv', 'd', ['!x.csv']],
  ['d/.*.csv', 'd', ['.h.csv']],
])('%s means what a shell takes it for', (pattern, folder, files) => {
  const glob = globOf(root, pattern);
  expect(glob?.folder).toBe(join(root, folder));
  expect(glob?.files()).toEqual(files);
});

it.each(['d/a.csv', 'd', 'd/[1].csv', 'nowhere/*.csv'])('%s is no pattern', (path) => {
  expect(globOf(root, path)).toBeUndefined();
});
