import { join, relative, sep } from 'node:path';
import { findGitRoot, type Repository } from '../../workspace/repository.ts';
import { type DvcConfig, loadConfig } from '../format/config.ts';
import { DvcIgnore } from '../format/dvcignore.ts';

/** A working tree in which DVC was started. Its root holds `.dvc`; with `dvc init --subdir` it lies below Git's. */
export interface DvcRepository extends Repository {
  /** From Git's root to `root`: '' or POSIX with a `/` at its end. */
  readonly prefix: string;
  readonly config: DvcConfig;
  readonly ignore: DvcIgnore;
}

/** Varve's own state, from the root: DVC's `.gitignore` keeps it out of Git. */
export const STATE_FOLDER = '.dvc/tmp/varve';

/**
 * @param root as findDvcRoot found it
 * @throws VarveError `invalid-config`
 */
export function openDvcRepository(root: string): DvcRepository {
  const inside = relative(findGitRoot(root), root).replaceAll(sep, '/');
  return {
    root,
    stateFolder: join(root, STATE_FOLDER),
    prefix: inside === '' ? '' : `${inside}/`,
    config: loadConfig(root),
    ignore: new DvcIgnore(root),
  };
}
