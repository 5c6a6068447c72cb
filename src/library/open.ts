/**
 * The library: the arguments of each call are checked, and the operation of the same name is called. It may not decide
 * anything, print anything, or change the process that it runs in.
 */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { VarveError } from '../errors.ts';
import type { Watch } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import { type InitResult, init } from '../operations/init.ts';
import { checkArgument, TEXT } from './arguments.ts';
import { DataFolder } from './folder.ts';
import { VarveRepository } from './repository.ts';
import { checkWatch } from './session.ts';

/**
 * Open the repository of varve, or of DVC, that holds a folder.
 * @param path the folder that relative paths start at; where the process stands unless given
 * @param options hold for every call of a method, which may have its own beside them
 * @throws VarveError `repository-missing`, `repository-uninitialised`, `path-missing`
 * @example
 * ```ts
 * import { openRepository, VarveError } from 'varve';
 *
 * const repo = await openRepository('.', { signal: AbortSignal.timeout(600_000), onWarning: console.warn });
 * try {
 *   await repo.pull({ paths: ['data/flights.csv'] });
 * } catch (error) {
 *   if (!(error instanceof VarveError) || error.code !== 'changes-unsaved') throw error;
 *   console.error(error.message, error.remedy);
 * }
 * ```
 */
export async function openRepository(path = '.', options: Watch = {}): Promise<VarveRepository> {
  const { cwd, watch } = begin('openRepository', path, options);
  const { repository } = await openContext(cwd, watch);
  return VarveRepository.around(cwd, repository.root, watch);
}

/**
 * Open a folder that needs no repository around it, to know what is in its data.
 * @param path the folder that relative paths start at; where the process stands unless given
 * @param options hold for every call of a method, which may have its own beside them
 * @throws VarveError `path-missing`
 * @example
 * ```ts
 * import { openFolder } from 'varve';
 *
 * const folder = await openFolder('data');
 * const { profile } = await folder.profile('*.csv');
 * console.log(profile.tables.map(({ rows }) => rows));
 * ```
 */
export async function openFolder(path = '.', options: Watch = {}): Promise<DataFolder> {
  const { cwd, watch } = begin('openFolder', path, options);
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return DataFolder.at(cwd, watch);
  throw new VarveError('path-missing', `${path} is not a folder`, { path, remedy: 'Check the path.' });
}

/**
 * Start varve in the Git repository that holds a folder. Where that was done before, nothing changes.
 * @throws VarveError `repository-missing`, `path-missing`
 * @example
 * ```ts
 * import { initRepository, openRepository } from 'varve';
 *
 * const { root, created } = await initRepository();
 * const repo = await openRepository(root);
 * console.log(created, repo.root);
 * ```
 */
export async function initRepository(path = '.', options: Watch = {}): Promise<InitResult> {
  return init(begin('initRepository', path, options).cwd);
}

function begin(where: string, path: string, options: Watch): { readonly cwd: string; readonly watch: Watch } {
  checkArgument(where, 'the path', path, TEXT);
  const watch = checkWatch(where, options);
  watch.signal?.throwIfAborted();
  return { cwd: resolve(path), watch };
}
