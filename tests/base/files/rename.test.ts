import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { renameOver, renameOverSync, retryWhileHeldOpen } from '../../../src/base/files/rename.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-rename-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A call of the system that fails so many times, and counts. */
function failing(code: string, times: number): { attempt: () => void; count: () => number } {
  let calls = 0;
  const attempt = (): void => {
    if (++calls <= times) throw Object.assign(new Error(code), { code });
  };
  return { attempt, count: () => calls };
}

test.each(['renameOverSync', 'renameOver'])(
  '%s replaces a file, and throws what the system says',
  async (name) => {
    const run = name === 'renameOverSync' ? async (a: string, b: string) => renameOverSync(a, b) : renameOver;
    const [from, to] = [join(folder, `${name}-from`), join(folder, `${name}-to`)];
    writeFileSync(from, 'new');
    writeFileSync(to, 'old');
    await run(from, to);
    expect(readFileSync(to, 'utf8')).toBe('new');
    expect(existsSync(from)).toBe(false);
    await expect(run(from, to)).rejects.toMatchObject({ code: 'ENOENT' });
  },
);

test.each(['EPERM', 'EACCES', 'EBUSY'])('on Windows, %s is tried again until the file is let go', (code) => {
  const { attempt, count } = failing(code, 3);
  retryWhileHeldOpen(attempt, 'win32');
  expect(count()).toBe(4);
});

test('a file that is never let go ends in what the system says', () => {
  const { attempt } = failing('EBUSY', Number.POSITIVE_INFINITY);
  expect(() => retryWhileHeldOpen(attempt, 'win32')).toThrow('EBUSY');
});

test.each([
  ['linux', 'EPERM'],
  ['win32', 'ENOSPC'],
])('on %s, %s is told at once', (platform, code) => {
  const { attempt, count } = failing(code, 1);
  expect(() => retryWhileHeldOpen(attempt, platform)).toThrow(code);
  expect(count()).toBe(1);
});
