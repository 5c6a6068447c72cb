import { foldersAbove, isWithin } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { gitWord, shellWord } from '../../wording/quote.ts';
import { gitList } from '../git/git.ts';
import { isDocument } from '../git/tracked-data.ts';
import { foldName, type NameFolding } from './name-collisions.ts';

/** Pathspecs in one call of Git: few enough for every system's limit on arguments. */
const MAX_PATHSPECS = 200;

/** What a checkout is about to write or remove of one dataset; all paths are from the root. */
export interface Touched {
  readonly dataset: string;
  readonly paths: readonly string[];
}

/**
 * Refuse to write or remove what Git keeps, and to write beside it within a dataset, as `add` refuses such folders. A pointer may
 * name any path: a checkout would else replace `.gitignore`, a workflow or a program, or put a module beside it, that no review of
 * the repository has shown.
 * @param isLeftOut whether a path from the root is no part of the dataset
 * @returns the datasets in whose folders Git tracks programs that are left out: this machine has to agree before data comes beside them
 * @throws VarveError `path-tracked`
 */
export function refuseTrackedFiles(
  root: string,
  touched: readonly Touched[],
  folding: NameFolding,
  isLeftOut: (dataset: string, path: string) => boolean,
): string[] {
  const some = touched.filter(({ paths }) => paths.length > 0);
  const tracked = trackedIn(root, some, folding);
  const aroundCode: string[] = [];
  if (tracked.size === 0) return aroundCode;
  for (const { dataset, paths } of some) {
    const folder = foldName(dataset, folding);
    const inside = [...tracked].filter(
      ([folded]) => isWithin(folded, folder) && (folded === folder || !isDocument(folded)),
    );
    const data = inside.find(([folded, path]) => folded === folder || !isLeftOut(dataset, path));
    if (data !== undefined) throw trackedByGit(dataset, data[1]);
    if (inside.length > 0) aroundCode.push(dataset);
    for (const path of paths) {
      const found = withParents(path).find((step) => tracked.has(foldName(step, folding)));
      if (found !== undefined) throw trackedByGit(dataset, tracked.get(foldName(found, folding))!);
    }
  }
  return aroundCode;
}

/** As Git has them, by their folded names. */
function trackedIn(root: string, touched: readonly Touched[], folding: NameFolding): Map<string, string> {
  const found = new Map<string, string>();
  const list = (pathspecs: readonly string[]): void => {
    for (const path of gitList(root, ['ls-files', '-z', '--', ...pathspecs])) {
      found.set(foldName(path, folding), path);
    }
  };
  if (touched.length === 0) return found;
  if (folding.case || folding.form) {
    // Git folds ASCII only.
    list([]);
    return found;
  }
  for (let from = 0; from < touched.length; from += MAX_PATHSPECS) {
    list(touched.slice(from, from + MAX_PATHSPECS).map(({ dataset }) => `:(literal)${dataset}`));
  }
  return found;
}

/** `a/b/c` is `a/b/c`, `a/b` and `a`: what Git has for a file, or for another repository, may be a folder to the dataset. */
function withParents(path: string): string[] {
  return [path.replace(/\/$/, ''), ...foldersAbove(path).reverse()];
}

function trackedByGit(dataset: string, path: string): VarveError {
  return new VarveError(
    'path-tracked',
    `${path} is tracked by Git, so that the dataset ${dataset} may not change it`,
    {
      path,
      remedy: `Where it is data, run \`git rm --cached -- ${gitWord(path)}\`: it stays where it is, and only varve keeps it. If it belongs to Git, take the dataset out by \`varve rm ${shellWord(dataset)}\`.`,
    },
  );
}
