import { spawnSync } from 'node:child_process';
import { VarveError } from '../../errors.ts';
import type { ClusterProgram } from './cluster-program.ts';
import { findProgram } from './programs.ts';

/**
 * Ray, by the Python that has it. Without an address, Ray itself looks for a cluster: that of RAY_ADDRESS, else one that runs on this machine,
 * else one that it starts for the work.
 */
export const RAY: ClusterProgram = {
  title: 'Ray',
  program: 'ray_tasks.py',
  isHere: (master) => master === 'local',
  start: (program, request) => [pythonWithRay(), program, request],
};

/** The first on PATH, which is that of an environment that is active. @throws VarveError `cluster-missing` */
function pythonWithRay(): string {
  const python = findProgram(['python3', 'python']);
  const asked =
    python === undefined ? undefined : spawnSync(python, ['-c', 'import ray'], { timeout: 60_000 });
  if (python !== undefined && asked?.status === 0) return python;
  throw new VarveError('cluster-missing', 'The Python on PATH has no Ray', {
    remedy: 'Install it by `pip install ray`, in an environment that is active where varve runs.',
  });
}
