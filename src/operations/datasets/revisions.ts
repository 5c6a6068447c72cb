import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { findRevision, resolveRevision } from '../../workspace/git/pointers.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

/**
 * The version that `path@REV` names, or `path` for that of the working tree. Undefined if it names no dataset: a plain file or
 * folder, or nothing at all.
 * @throws VarveError `revision-unknown`, `path-outside`, `dataset-missing` if the commit has no such dataset
 */
export async function versionNamed(context: Context, argument: string): Promise<DatasetVersion | undefined> {
  const { backend, repository, cwd } = context;
  const whole = await backend.version(pathInRepository(repository, cwd, argument), undefined);
  if (whole !== undefined) return whole;
  const at = argument.indexOf('@', 1);
  if (at < 0 || existsSync(join(cwd, argument))) return undefined;
  const commit = resolveRevision(repository.root, argument.slice(at + 1));
  const path = pathInRepository(repository, cwd, argument.slice(0, at));
  const version = await backend.version(path, commit);
  if (version !== undefined) return version;
  const { dataset } = backend.terms;
  throw new VarveError('dataset-missing', `${path} is not ${dataset} in ${commit.slice(0, 12)}`, {
    path,
    remedy: 'See `varve log` for the commits that have it.',
  });
}

/** Leading arguments that are revisions, as `git diff` tells them from paths, and the paths behind them. */
export async function splitRevisions(
  context: Context,
  words: readonly string[],
  most: number,
): Promise<{ readonly commits: string[]; readonly paths: string[] }> {
  const commits: string[] = [];
  for (const word of words.slice(0, most)) {
    if (existsSync(join(context.cwd, word)) || (await isDatasetNamed(context, word))) break;
    const commit = findRevision(context.repository.root, word);
    if (commit === undefined) break;
    commits.push(commit);
  }
  return { commits, paths: words.slice(commits.length) };
}

async function isDatasetNamed({ backend }: Context, word: string): Promise<boolean> {
  try {
    return (await backend.datasetNamed(word)) !== undefined;
  } catch {
    return false;
  }
}
