import { join, posix } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { foldersAbove } from '../../base/files/path-order.ts';
import { readPlainFile } from '../../base/files/plain-file.ts';
import { removeFile } from '../../base/files/remove-file.ts';
import { groupBy } from '../../base/group-by.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { POINTER_SUFFIX, pointerPath } from '../pointer.ts';
import { isIgnored } from '../tree/varveignore.ts';
import { git, gitList } from './git.ts';
import { pathspecsOf } from './pathspecs.ts';
import { textKeptOut } from './sparse.ts';
import { refuseTrackedData } from './tracked-data.ts';

/**
 * `text` with a last word that ignores exactly `name`, in the folder of the .gitignore and nowhere below. Text that does
 * so already comes back as it is. https://git-scm.com/docs/gitignore
 * @param kept files within `name` that Git tracks, relative to it. Of an ignored folder nothing can be taken back, so its files are ignored
 * in its place
 */
export function withIgnored(text: string, name: string, kept: readonly string[] = []): string {
  const block = ignoreLines(name, kept);
  const lines = text.split(/\r?\n/);
  const at = lines.lastIndexOf(block[0]!);
  const end = endOfBlock(lines, at);
  // Later lines win, so a negation behind our lines may take them back.
  const isThere = at >= 0 && block.join('\n') === lines.slice(at, end).join('\n');
  if (isThere && !hasNegation(lines.slice(end))) return text;
  const isBlock = block.length > 1 || lines.includes(headOfBlock(name));
  const before = isBlock ? withoutIgnored(text, name) : text;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const separator = before === '' || before.endsWith('\n') ? '' : newline;
  return `${before}${separator}${block.map((line) => line + newline).join('')}`;
}

/** `text` without the lines by which {@link withIgnored} ignores `name`; other lines stay as they are. */
export function withoutIgnored(text: string, name: string): string {
  const whole = text.split(/(?<=\n)/);
  const lines = whole.map((line) => line.replace(/\r?\n$/, ''));
  const own = new Set<number>();
  for (const [at, line] of lines.entries()) {
    const isHead = line === headOfBlock(name);
    if (line !== ignoreLine(name) && !isHead) continue;
    for (let index = at; index < (isHead ? endOfBlock(lines, at) : at + 1); index++) own.add(index);
  }
  return whole.filter((_, at) => !own.has(at)).join('');
}

/** Anchored by its slash, with every character that is special in a pattern escaped. */
function ignoreLine(name: string): string {
  return `/${name.replaceAll(/[\\*?[\]]/g, '\\$&').replace(/ +$/, (spaces) => '\\ '.repeat(spaces.length))}`;
}

function ignoreLines(name: string, kept: readonly string[]): string[] {
  if (kept.length === 0) return [ignoreLine(name)];
  const files = kept.map((path) => `!${ignoreLine(`${name}/${path}`)}`);
  return [headOfBlock(name), `!${ignoreLine(name)}/**/`, ...files];
}

const ALL_WITHIN = '/**';

function headOfBlock(name: string): string {
  return ignoreLine(name) + ALL_WITHIN;
}

/** Where the lines end that belong together with the one at `at`. */
function endOfBlock(lines: readonly string[], at: number): number {
  const head = lines[at];
  let end = at + 1;
  if (head === undefined || !head.endsWith(ALL_WITHIN)) return end;
  while (lines[end]?.startsWith(`!${head.slice(0, -2)}`)) end++;
  return end;
}

/** Whether a line takes something back, apart from the blocks of datasets, each of which takes back what is its own. */
function hasNegation(lines: readonly string[]): boolean {
  for (let at = 0; at < lines.length; at = endOfBlock(lines, at)) if (lines[at]!.startsWith('!')) return true;
  return false;
}

/** The files within each dataset, relative to it, that Git tracks and a .varveignore leaves out; but for names that no line can have. */
export function keptInGit(root: string, datasets: readonly string[]): Map<string, string[]> {
  const kept = new Map<string, string[]>(datasets.map((dataset) => [dataset, []]));
  if (datasets.length === 0) return kept;
  const within = pathspecsOf(datasets.map((dataset) => `${dataset}/`));
  for (const path of gitList(root, ['ls-files', '-z', '--', ...within])) {
    const dataset = foldersAbove(path).find((folder) => kept.has(folder));
    if (dataset === undefined || /[\r\n]/.test(path) || !isIgnored(root, dataset, path)) continue;
    kept.get(dataset)!.push(path.slice(dataset.length + 1));
  }
  return kept;
}

/**
 * Which of these datasets Git does not ignore the data of, so that `git add -A` would take it. Git is asked only about those that have no
 * line of varve's beside them.
 */
export function unignored(root: string, datasets: readonly string[]): string[] {
  const texts = new Map<string, string>();
  const unsure = datasets.filter((dataset) => {
    const folder = posix.dirname(dataset);
    const text = texts.get(folder) ?? readIgnores(root, folder);
    texts.set(folder, text);
    const name = posix.basename(dataset);
    return withIgnored(text, name) !== text && !text.split(/\r?\n/).includes(headOfBlock(name));
  });
  const ignored = new Set(ignoredPaths(root, unsure));
  return unsure.filter((path) => !ignored.has(path));
}

/** Read the ignore file of a folder; empty if it cannot be read, of which Git itself tells. */
function readIgnores(root: string, folder: string): string {
  try {
    return readPlainFile(join(root, folder, '.gitignore'), posix.join(folder, '.gitignore')) ?? '';
  } catch (error) {
    if (error instanceof VarveError) return '';
    throw error;
  }
}

/**
 * Add the lines for datasets to the .gitignore beside each.
 * @param kept files within that stay in Git, relative to the dataset
 */
export function ignoreDatasets(
  root: string,
  datasets: readonly string[],
  kept: ReadonlyMap<string, readonly string[]> = keptInGit(root, datasets),
): void {
  for (const [folder, beside] of groupBy(datasets, posix.dirname)) {
    const where = posix.join(folder, '.gitignore');
    const file = join(root, where);
    // One that a sparse checkout keeps out counts all the same, and Git takes what lies here for the whole of it.
    const text = readPlainFile(file, where) ?? textKeptOut(root, where) ?? '';
    const add = (text: string, dataset: string) =>
      withIgnored(text, posix.basename(dataset), kept.get(dataset));
    const changed = beside.reduce(add, text);
    if (changed !== text) writeAtomically(file, [Buffer.from(changed)]);
  }
}

/** Take the lines for a dataset out of the .gitignore beside it, and the file away if it says nothing more. */
export function unignoreDataset(root: string, dataset: string): void {
  const where = posix.join(posix.dirname(dataset), '.gitignore');
  const text = readPlainFile(join(root, where), where);
  if (text !== undefined) rewriteIgnores(root, where, text, withoutIgnored(text, posix.basename(dataset)));
}

/** Write a .gitignore whose lines became fewer. A file that is left without any is taken away. */
export function rewriteIgnores(root: string, where: string, before: string, after: string): void {
  if (after === before) return;
  const file = join(root, where);
  if (after !== '') writeAtomically(file, [Buffer.from(after)]);
  else removeFile(file, where);
}

/**
 * Refuse datasets that Git could not keep a pointer of, or holds itself.
 * @throws VarveError `pointer-ignored`, and the codes of refuseTrackedData
 */
export function checkGitAccepts(root: string, datasets: readonly string[]): void {
  if (datasets.length === 0) return;
  refuseTrackedData(root, datasets, {
    isLeftOut: (dataset, path) => isIgnored(root, dataset, path),
    pointerSuffix: POINTER_SUFFIX,
  });
  const pointer = ignoredPaths(root, datasets.map(pointerPath))[0];
  if (pointer === undefined) return;
  throw new VarveError('pointer-ignored', `Git ignores ${pointer}, so the dataset could not be committed`, {
    path: pointer,
    remedy: `Find the rule with \`git check-ignore -v -- ${shellWord(pointer)}\`, and narrow it.`,
  });
}

/** Those of these paths that Git's rules ignore. */
function ignoredPaths(root: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const input = paths.map((path) => `${path}\0`).join('');
  const { output } = git(root, ['check-ignore', '-z', '--stdin'], { input, accept: [1] });
  const ignored = new Set(output.toString().split('\0'));
  return paths.filter((path) => ignored.has(path));
}
