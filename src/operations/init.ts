import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../base/files/atomic-write.ts';
import { initialConfig } from '../workspace/config.ts';
import { findGitRoot, refuseSettingsKeptOut, repositoryAt } from '../workspace/repository.ts';
import { checkNotes } from '../workspace/trust/folders.ts';

export interface InitResult {
  readonly root: string;
  /** False if varve had been started there before: then nothing was changed. */
  readonly created: boolean;
}

/** The parts of .varve/ that belong to this clone alone. */
export const NOT_IN_GIT =
  '/cache/\n/index/\n/stat/\n/profiles/\n/read/\n/clone-id\n/tracked.json\n/config.local.yaml\n/.varve-*.tmp\n';

/** Start varve in the Git repository that holds `cwd`. */
export function init(cwd: string): InitResult {
  const root = findGitRoot(cwd);
  checkNotes(root, repositoryAt(root).stateFolder);
  const config = join(root, '.varve', 'config.yaml');
  if (existsSync(config)) return { root, created: false };
  refuseSettingsKeptOut(root);
  writeAtomically(join(root, '.varve', '.gitignore'), [Buffer.from(NOT_IN_GIT)]);
  writeAtomically(config, [Buffer.from(initialConfig())]);
  return { root, created: true };
}
