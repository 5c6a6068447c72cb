import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';

export const DVC_IGNORE = '.dvcignore';
/** Names that DVC looks at in no folder. */
const ALWAYS = new Set(['.git', '.git/', '.hg/', '.dvc/']);

interface Layer {
  /** '' or ending in `/`. */
  readonly folder: string;
  readonly matcher: Ignore;
}

/**
 * Tells which paths of a repository DVC passes over: those that a `.dvcignore` in their folder or above names by the
 * rules of `.gitignore`, and DVC repositories within the repository. Paths are POSIX, from the top; folders end in `/`.
 */
export class DvcIgnore {
  readonly #root: string;
  /** By folder, '' for the top: the rules that hold in it, the nearest first. */
  readonly #layers = new Map<string, readonly Layer[]>();
  readonly #nested = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The path itself, its parents being known to be looked at. */
  ignores(path: string): boolean {
    const slash = path.lastIndexOf('/', path.length - 2);
    return this.in(path.slice(0, slash + 1))(path.slice(slash + 1));
  }

  /** Answer the same for what lies in one folder, '' or ending in `/`, by its name alone. */
  in(parent: string): (name: string) => boolean {
    const layers = this.#layersIn(parent.slice(0, -1));
    return (name) => {
      if (ALWAYS.has(name)) return true;
      for (const { folder, matcher } of layers) {
        const { ignored, unignored } = matcher.test((parent + name).slice(folder.length));
        if (ignored || unignored) return ignored;
      }
      return name.endsWith('/') && this.#isNested(parent + name);
    };
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

  #layersIn(folder: string): readonly Layer[] {
    const known = this.#layers.get(folder);
    if (known !== undefined) return known;
    const slash = folder.lastIndexOf('/');
    const above = folder === '' ? [] : this.#layersIn(slash < 0 ? '' : folder.slice(0, slash));
    const lines = readLines(this.#root, posix.join(folder, DVC_IGNORE));
    const own = { folder: folder === '' ? '' : `${folder}/`, matcher: ignore().add(lines) };
    const layers = lines.length === 0 ? above : [own, ...above];
    this.#layers.set(folder, layers);
    return layers;
  }
}

/** DVC strips each line, which Git does not. */
function readLines(root: string, where: string): string[] {
  const lines = (readTrackedIfThere(root, where) ?? '').split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}
