import { resolve } from 'node:path';
import type { OnProgress } from '../progress.ts';
import { findRepository, type Repository } from '../workspace/repository.ts';

/** How an operation is watched and stopped. */
export interface Watch {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where an operation works. */
export interface Context extends Watch {
  readonly repository: Repository;
  /** Absolute; relative paths of the user are relative to it. */
  readonly cwd: string;
}

/** @throws VarveError `not-a-repository`, `not-initialised` */
export function openContext(cwd: string, watch: Watch = {}): Context {
  return { ...watch, repository: findRepository(cwd), cwd: resolve(cwd) };
}
