import { posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';

/** Files in any folder from the root down that say what never belongs to a dataset, by the rules of .gitignore. */
export const IGNORE_FILE = '.varveignore';

/** The rules that hold in one folder: its own and those of the folders above. Paths are relative to the repository's root. */
export interface IgnoreRules {
  /** Whether nothing was written into any .varveignore, so that no path need be asked about. */
  readonly empty: boolean;
  /** @param path with a `/` at its end for a folder */
  ignores(path: string): boolean;
  /** The rules in a folder below that has a file of its own. */
  within(folder: string): IgnoreRules;
}

/** @param folder POSIX path from the root, '.' for the root itself */
export function ignoreRules(root: string, folder: string): IgnoreRules {
  const parents = folder === '.' ? [] : folder.split('/');
  let rules = rulesOf(root, '', []);
  for (const [depth] of parents.entries()) rules = rules.within(parents.slice(0, depth + 1).join('/'));
  return rules;
}

/** Whether a .varveignore leaves a path, or a folder on the way to it, out of the dataset around it. @param path from the root */
export function isIgnored(root: string, dataset: string, path: string): boolean {
  let rules = ignoreRules(root, posix.dirname(dataset));
  for (let slash = path.indexOf('/', dataset.length); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const folder = path.slice(0, slash);
    if (folder !== dataset && rules.ignores(`${folder}/`)) return true;
    rules = rules.within(folder);
  }
  return rules.ignores(path);
}

interface Layer {
  readonly folder: string;
  readonly matcher: Ignore;
}

function rulesOf(root: string, folder: string, above: readonly Layer[]): IgnoreRules {
  const own = readRules(root, folder);
  const layers = own === undefined ? above : [{ folder, matcher: ignore().add(own) }, ...above];
  return {
    empty: layers.length === 0,
    ignores: (path) => decide(layers, path),
    within: (below) => rulesOf(root, below, layers),
  };
}

/** The nearest file that has a word on the path decides, as with Git. */
function decide(layers: readonly Layer[], path: string): boolean {
  for (const { folder, matcher } of layers) {
    const { ignored, unignored } = matcher.test(folder === '' ? path : path.slice(folder.length + 1));
    if (ignored || unignored) return ignored;
  }
  return false;
}

function readRules(root: string, folder: string): string | undefined {
  const where = posix.join(folder, IGNORE_FILE);
  return readTrackedIfThere(root, where);
}
