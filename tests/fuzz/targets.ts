import type { FuzzTarget } from './target.ts';
import { dvcTargets } from './targets/dvc.ts';
import { engineTargets } from './targets/engine.ts';
import { gitTargets } from './targets/git.ts';
import { remoteTargets } from './targets/remote.ts';
import { serverTargets } from './targets/server.ts';
import { statisticsTargets } from './targets/statistics.ts';
import { storeTargets } from './targets/store.ts';
import { workspaceTargets } from './targets/workspace.ts';

/** Every reader of bytes that come through Git, a remote or a file, by its name. */
export const targets: Readonly<Record<string, FuzzTarget>> = {
  ...storeTargets,
  ...workspaceTargets,
  ...dvcTargets,
  ...statisticsTargets,
  ...engineTargets,
  ...remoteTargets,
  ...gitTargets,
  ...serverTargets,
};
