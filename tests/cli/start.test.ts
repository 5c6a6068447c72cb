import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let compiled: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-start-'));
  for (const part of ['bin', 'package.json']) cpSync(part, join(folder, part), { recursive: true });
  cpSync('dist', join(folder, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.compiled') });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  compiled = join(folder, 'dist', '.compiled');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function varve(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'varve.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

test('a second start uses the compiled code of the first, and says the same', () => {
  const first = varve('--help');
  expect(first).toMatchObject({ code: 0, err: '' });
  const kept = readdirSync(compiled);
  expect(kept.length).toBeGreaterThan(0);
  expect(varve('--help')).toEqual(first);
  expect(readdirSync(compiled)).toEqual(kept);
  // Another command of the same file compiles another part of it.
  expect(varve('completion', 'bash')).toMatchObject({ code: 0, err: '' });
  expect(varve('drift', '--help')).toEqual(varve('drift', '--help'));
});

test('compiled code that is damaged is made anew', () => {
  const first = varve('--help');
  const files = readdirSync(compiled, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const [index, entry] of files.entries()) {
    const path = join(entry.parentPath, entry.name);
    if (index % 2 === 0) truncateSync(path, 100);
    else writeFileSync(path, Buffer.alloc(20_000));
  }
  expect(varve('--help')).toEqual(first);
  expect(varve('--help')).toEqual(first);
});

test('where nothing can be kept, varve starts as well', () => {
  writeFileSync(compiled, 'in the way');
  expect(varve('--help')).toMatchObject({ code: 0, err: '' });
  expect(varve('status')).toMatchObject({ code: 2, out: '' });
});

test('what DVC needs is in a file of its own, which only a repository of DVC loads', () => {
  const git = (...args: readonly string[]) => spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
  expect(readFileSync('dist/status.cjs', 'utf8')).not.toContain('md5-dos2unix');
  expect(readFileSync('dist/push.cjs', 'utf8')).not.toContain('md5-dos2unix');
  rmSync(join(folder, 'dist', 'dvc.cjs'));
  git('init', '-q');
  expect(varve('init')).toMatchObject({ code: 0, err: '' });
  for (const args of [['status'], ['diff', 'HEAD'], ['gc', '--dry-run'], ['remote', 'list']])
    expect(varve(...args).err).not.toContain('dvc.cjs');
  expect(varve('status')).toMatchObject({ code: 0, err: '' });
  rmSync(join(folder, '.varve'), { recursive: true });
  mkdirSync(join(folder, '.dvc'));
  expect(varve('status')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('dvc.cjs') });
});
