import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dist = join(import.meta.dirname, '../../dist');

test('a command that waits for what can no longer come does not end as if all were well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-unfinished-'));
  copyFileSync(join(dist, 'main.cjs'), join(folder, 'main.cjs'));
  const endOf = (run: string) => {
    writeFileSync(join(folder, 'run.cjs'), `exports.run = ${run};\n`);
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'main.cjs')], { encoding: 'utf8' });
    return { status, stderr };
  };
  expect(endOf('() => new Promise(() => undefined)')).toEqual({
    status: 2,
    stderr: expect.stringContaining('ended before its work was done'),
  });
  expect(endOf('async () => 1')).toEqual({ status: 1, stderr: '' });
  rmSync(folder, { recursive: true });
});
