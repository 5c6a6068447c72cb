import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './pages.ts';

it.each(['make-cli-docs', 'make-error-docs', 'make-api-docs'])(
  '%s has nothing to write',
  { timeout: 300_000 },
  (script) => {
    const check = spawnSync(process.execPath, [join(root, 'scripts', `${script}.mjs`), '--check'], {
      encoding: 'utf8',
    });
    expect(check.status, check.stderr).toBe(0);
  },
);
