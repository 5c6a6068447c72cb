import { spawnSync } from 'node:child_process';

/** Where a program is that tests are glad of but can do without; undefined where it is not installed. */
export function installed(name: string): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}
