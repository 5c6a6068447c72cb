import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** All Markdown files of the repository, tracked or about to be: paths from its root, in order. */
export function markdownFiles(): string[] {
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z', '*.md'];
  const names = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\0');
  return names.filter((name) => name !== '').sort();
}
