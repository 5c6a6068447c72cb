import { join, posix } from 'node:path';
import { writeAtomically } from '../../base/atomic-write.ts';
import { readPlainFile } from '../../base/plain-file.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { POINTER_SUFFIX, pointerPath } from '../pointer.ts';
import { isIgnored } from '../tree/varveignore.ts';
import { git } from './git.ts';
import { refuseTrackedData } from './tracked-data.ts';

/**
 * `text` with a last word that ignores exactly `name`, in the folder of the .gitignore and nowhere below. Text that does
 * so already comes back as it is. https://git-scm.com/docs/gitignore
 */
export function withIgnored(text: string, name: string): string {
  const line = ignoreLine(name);
  const lines = text.split(/\r?\n/);
  const at = lines.lastIndexOf(line);
  // Later lines win, so a negation behind our line may take it back.
  if (at >= 0 && !lines.slice(at + 1).some((later) => later.startsWith('!'))) return text;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const separator = text === '' || text.endsWith('\n') ? '' : newline;
  return `${text}${separator}${line}${newline}`;
}

/** Anchored by its slash, with every character that is special in a pattern escaped. */
function ignoreLine(name: string): string {
  return `/${name.replaceAll(/[\\*?[\]]/g, '\\$&').replace(/ +$/, (spaces) => '\\ '.repeat(spaces.length))}`;
}

/** Add the line for a dataset to the .gitignore beside it. */
export function ignoreDataset(root: string, dataset: string): void {
  const where = posix.join(posix.dirname(dataset), '.gitignore');
  const file = join(root, where);
  const text = readPlainFile(file, where) ?? '';
  const changed = withIgnored(text, posix.basename(dataset));
  if (changed !== text) writeAtomically(file, [Buffer.from(changed)]);
}

/**
 * Refuse datasets that Git could not keep a pointer of, or holds itself.
 * @throws VarveError `pointer-ignored`, and the codes of refuseTrackedData
 */
export function checkGitAccepts(root: string, dataset: string): void {
  const isLeftOut = (path: string): boolean => isIgnored(root, dataset, path);
  refuseTrackedData(root, dataset, { isLeftOut, pointerSuffix: POINTER_SUFFIX });
  const pointer = pointerPath(dataset);
  if (git(root, ['check-ignore', '-q', '--', pointer], { accept: [1] }).code === 0) {
    throw new VarveError('pointer-ignored', `Git ignores ${pointer}, so the dataset could not be committed`, {
      path: pointer,
      remedy: `Find the rule with \`git check-ignore -v -- ${shellWord(pointer)}\`, and narrow it.`,
    });
  }
}
