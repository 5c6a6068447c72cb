import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { git } from './git.ts';

/** Keep paths out of Git's sight in this clone, on every branch, whatever its own `.gitignore` files say. */
export function excludeFromGit(root: string, patterns: readonly string[]): void {
  const { output } = git(root, ['rev-parse', '--git-path', 'info/exclude']);
  const file = resolve(root, output.toString().replace(/\r?\n$/, ''));
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.split(/\r?\n/);
  const missing = patterns.filter((pattern) => !lines.includes(pattern));
  if (missing.length === 0) return;
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  writeAtomically(file, [Buffer.from(`${text}${separator}${missing.join('\n')}\n`)]);
}
