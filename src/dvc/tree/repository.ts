import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { findGitRoot, refuseTrackedLinks } from '../../workspace/repository.ts';
import { type DvcConfig, loadConfig } from '../format/config.ts';
import { DvcIgnore } from '../format/dvcignore.ts';

/** Where settings, caches and notes lie, each looked into by itself. */
const OWN_FOLDERS = ['.dvc', '.dvc/cache', '.dvc/tmp', '.dvc/tmp/varve'];

/** A working tree in which DVC was started. */
export interface DvcRepository {
  /** Absolute folder that holds `.dvc`; with `dvc init --subdir` it lies below Git's. */
  readonly root: string;
  /** From Git's root to `root`: '' or POSIX with a `/` at its end. */
  readonly prefix: string;
  readonly config: DvcConfig;
  readonly ignore: DvcIgnore;
  /** For varve's own notes, which DVC's `.gitignore` keeps out of Git; `root` again, as workspace/ wants it. */
  readonly notes: { readonly root: string; readonly folder: string };
}

/** The nearest folder upwards from `from` that holds `.dvc`, where it is nearer than a `.varve`; never above Git's root. */
export function findDvcRoot(from: string): string | undefined {
  const top = findGitRoot(from);
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.varve', 'config.yaml'))) return undefined;
    if (statSync(join(folder, '.dvc'), { throwIfNoEntry: false })?.isDirectory()) return folder;
    if (folder === top || dirname(folder) === folder) return undefined;
  }
}

/**
 * @param root as findDvcRoot found it
 * @throws VarveError `invalid-config`, and as refuseTrackedLinks
 */
export function openDvcRepository(root: string): DvcRepository {
  for (const folder of OWN_FOLDERS) refuseTrackedLinks(root, folder);
  const inside = relative(findGitRoot(root), root).replaceAll(sep, '/');
  return {
    root,
    prefix: inside === '' ? '' : `${inside}/`,
    config: loadConfig(root),
    ignore: new DvcIgnore(root),
    notes: { root, folder: join(root, '.dvc', 'tmp', 'varve') },
  };
}
