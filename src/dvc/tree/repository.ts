/**
 * A repository of DVC: its outputs, its cache and its configuration, as DVC reads them. Knows DVC's formats alone, and
 * nothing of varve's pointers and stores.
 */

import { join, relative, sep } from 'node:path';
import { findGitRoot, type Repository } from '../../workspace/repository.ts';
import { requireTrust } from '../../workspace/trust/consent.ts';
import { checkNotes } from '../../workspace/trust/folders.ts';
import { type DvcConfig, loadConfig } from '../format/config.ts';
import { DvcIgnore } from '../format/dvcignore.ts';
import { dvcCacheRequest } from '../trust/requests.ts';

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
 * @throws VarveError `config-invalid`, `link-refused`
 */
export function openDvcRepository(root: string): DvcRepository {
  const top = findGitRoot(root);
  const inside = relative(top, root).replaceAll(sep, '/');
  const stateFolder = join(root, STATE_FOLDER);
  checkNotes(top, stateFolder);
  return {
    root,
    stateFolder,
    prefix: inside === '' ? '' : `${inside}/`,
    config: withTrustedCache(root, loadConfig(root)),
    ignore: new DvcIgnore(root),
  };
}

/** Keep the place of the cache from everything until this machine agreed to it, if it must agree. */
function withTrustedCache(root: string, config: DvcConfig): DvcConfig {
  let isTrusted = false;
  return {
    ...config,
    /** @throws VarveError `settings-untrusted` */
    get cacheDir() {
      if (!isTrusted) requireTrust(root, dvcCacheRequest(root, config));
      isTrusted = true;
      return config.cacheDir;
    },
  };
}
