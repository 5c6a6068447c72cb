import { join, posix } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { readPlainFile } from '../../base/files/plain-file.ts';
import { git } from '../../workspace/git/git.ts';
import { rewriteIgnores } from '../../workspace/git/gitignore.ts';
import { refuseTrackedData } from '../../workspace/git/tracked-data.ts';

/**
 * Add the line that DVC adds for an output to the `.gitignore` beside it, unless Git ignores it already. Returns the
 * path of the file if it was changed.
 */
export function ignoreOutput(root: string, output: string): string | undefined {
  if (git(root, ['check-ignore', '-q', '--no-index', '--', output], { accept: [1] }).code === 0)
    return undefined;
  const where = posix.join(posix.dirname(output), '.gitignore');
  const file = join(root, where);
  const text = readPlainFile(file, where) ?? '';
  const line = ignoreLine(output);
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  writeAtomically(file, [Buffer.from(`${text}${separator}${line}\n`)]);
  return where;
}

/** Take the line that DVC adds for an output out of the `.gitignore` beside it, and the file away if it says nothing more. */
export function unignoreOutput(root: string, output: string): void {
  const where = posix.join(posix.dirname(output), '.gitignore');
  const text = readPlainFile(join(root, where), where);
  if (text === undefined) return;
  const line = ignoreLine(output);
  const kept = text.split(/(?<=\n)/).filter((one) => one.trimEnd() !== line);
  rewriteIgnores(root, where, text, kept.join(''));
}

function ignoreLine(output: string): string {
  return `/${posix.basename(output)}`.replace(/[[\]!*#?]/g, '\\$&');
}

/** @throws VarveError `path-tracked` */
export function refuseTracked(root: string, output: string): void {
  refuseTrackedData(root, [output], { isLeftOut: () => false, pointerSuffix: '.dvc' });
}
