import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { isAbsent, workspaceError } from '../workspace/file-errors.ts';

export const DVC_IGNORE = '.dvcignore';
/** What DVC never looks at. */
const ALWAYS = ['.hg/', '.git/', '.git', '.dvc/'];

/**
 * Which paths of a repository DVC passes over: those that a `.dvcignore` in their folder or above names by the rules of
 * `.gitignore`, and DVC repositories within the repository. Paths are POSIX, from the top; folders end in `/`.
 */
export class DvcIgnore {
  readonly #root: string;
  readonly #matchers = new Map<string, Ignore | undefined>();
  readonly #nested = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The path itself, its parents being known to be looked at. */
  ignores(path: string): boolean {
    for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
      const top = folder === '.';
      const verdict = this.#matcher(top ? '' : folder)?.test(top ? path : path.slice(folder.length + 1));
      if (verdict !== undefined && (verdict.ignored || verdict.unignored)) return verdict.ignored;
      if (top) break;
    }
    return path.endsWith('/') && this.#isNested(path);
  }

  /** The path or any folder above it. */
  ignoresWithin(path: string): boolean {
    for (
      let slash = path.indexOf('/');
      slash >= 0 && slash < path.length - 1;
      slash = path.indexOf('/', slash + 1)
    ) {
      if (this.ignores(path.slice(0, slash + 1))) return true;
    }
    return this.ignores(path);
  }

  #isNested(folder: string): boolean {
    const known = this.#nested.get(folder);
    if (known !== undefined) return known;
    const nested = existsSync(join(this.#root, folder, '.dvc'));
    this.#nested.set(folder, nested);
    return nested;
  }

  #matcher(folder: string): Ignore | undefined {
    if (this.#matchers.has(folder)) return this.#matchers.get(folder);
    const lines = readLines(join(this.#root, folder, DVC_IGNORE), posix.join(folder, DVC_IGNORE));
    const patterns = folder === '' ? [...ALWAYS, ...lines] : lines;
    const matcher = patterns.length === 0 ? undefined : ignore().add(patterns);
    this.#matchers.set(folder, matcher);
    return matcher;
  }
}

/** DVC strips each line, which Git does not. */
function readLines(file: string, where: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/);
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw workspaceError(error, 'read', where);
  }
}
