import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { foldersAbove } from '../../base/files/path-order.ts';
import { systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import type { Repository } from '../repository.ts';

/** The names that a file system takes for the same: `A` and `a`; composed and decomposed forms of one letter. */
export interface NameFolding {
  readonly case: boolean;
  readonly form: boolean;
}

/** Every name is kept apart from all others. */
export const NO_FOLDING: NameFolding = { case: false, form: false };

/** Ask the file system, by a file that is gone again when this returns. */
export function nameFolding(repository: Repository): NameFolding {
  const name = unfinishedName().replace(/\.tmp$/, '-\u00e9a.tmp');
  const pathOf = (spelling: string): string =>
    join(repository.stateFolder, name.replace('\u00e9a', spelling));
  const probe = pathOf('\u00e9a');
  try {
    writeFileSync(probe, '', { flag: 'wx' });
    return {
      case: existsSync(pathOf('\u00e9A')),
      form: existsSync(pathOf('e\u0301a')),
    };
  } catch (error) {
    throw systemError(error, 'write', probe);
  } finally {
    removeQuietly(probe);
  }
}

/**
 * Refuse paths of which the file system would keep only one, folders on the way included. Linear in the paths, and free
 * if the file system keeps all names apart.
 * @throws VarveError `name-collision`
 */
export function checkCollisions(paths: Iterable<string>, folding: NameFolding, dataset: string): void {
  if (!folding.case && !folding.form) return;
  const spelled = new Map<string, string>();
  for (const path of paths) {
    for (const step of stepsOf(path)) {
      const folded = foldName(step, folding);
      const other = spelled.get(folded);
      if (other === undefined) spelled.set(folded, step);
      else if (other !== step) throw collision(other, step, dataset);
    }
  }
}

/** `a/b/c` is `a`, `a/b` and `a/b/c`. */
function stepsOf(path: string): string[] {
  return [...foldersAbove(path), path.replace(/\/$/, '')];
}

/** Equal for paths that the file system takes for the same. */
export function foldName(path: string, folding: NameFolding): string {
  const formed = folding.form ? path.normalize('NFC') : path;
  return folding.case ? formed.toLowerCase() : formed;
}

function collision(a: string, b: string, dataset: string): VarveError {
  return new VarveError(
    'name-collision',
    `This file system takes ${a} and ${b} of ${dataset} for the same name`,
    {
      path: dataset,
      remedy:
        'Check it out on a file system that keeps them apart, or rename one of them there and add the dataset again.',
    },
  );
}
