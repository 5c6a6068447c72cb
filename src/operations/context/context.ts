import { resolve } from 'node:path';
import { unsupported } from '../../dvc/format/config.ts';
import { type DvcRepository, findDvcRoot, openDvcRepository } from '../../dvc/tree/repository.ts';
import type { OnProgress } from '../../progress.ts';
import { findRepository, type Repository } from '../../workspace/repository.ts';

/** How an operation is watched and stopped. */
export interface Watch {
  readonly onProgress?: OnProgress | undefined;
  /** Told what whoever waits should know beside the result; perhaps more than once. */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where an operation works. */
export interface Context extends Watch {
  readonly repository: Repository;
  /** Absolute; relative paths of the user are relative to it. */
  readonly cwd: string;
  /** Set where DVC was started, and varve was not: then operations work on DVC's files, cache and remotes. */
  readonly dvc?: DvcRepository;
}

/** @throws VarveError `not-a-repository`, `not-initialised` */
export function openContext(cwd: string, watch: Watch = {}): Context {
  const dvcRoot = findDvcRoot(cwd);
  if (dvcRoot === undefined) return { ...watch, repository: findRepository(cwd), cwd: resolve(cwd) };
  const dvc = openDvcRepository(dvcRoot);
  return { ...watch, repository: dvc.notes, cwd: resolve(cwd), dvc };
}

/** What of a watch is set, for rooms whose options know no undefined. */
export function watching({ onProgress, onWarning, signal }: Watch): {
  readonly onProgress?: OnProgress;
  readonly onWarning?: (text: string) => void;
  readonly signal?: AbortSignal;
} {
  return { ...(onProgress && { onProgress }), ...(onWarning && { onWarning }), ...(signal && { signal }) };
}

/** For what works on varve's own files only. @throws VarveError `dvc-unsupported` in a repository of DVC */
export function refuseInDvc({ dvc }: Context, what: string, remedy: string): void {
  if (dvc !== undefined) throw unsupported(what, remedy);
}
