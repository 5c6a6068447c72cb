import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

/** A real Ray: the Python that has it; undefined where VARVE_RAY_PYTHON names none. */
export function findRay(): string | undefined {
  const python = process.env.VARVE_RAY_PYTHON;
  if (python === undefined || !existsSync(python)) return undefined;
  return spawnSync(python, ['-c', 'import ray']).status === 0 ? python : undefined;
}

/** For processes of a cluster of their own, which lets nobody in who does not know its token. */
export function rayAlone(): Record<string, string> {
  const token = { RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: randomBytes(32).toString('hex') };
  return { RAY_USAGE_STATS_ENABLED: '0', RAY_TMPDIR: '/tmp', ...token };
}
