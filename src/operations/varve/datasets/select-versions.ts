import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { VarveError } from '../../../errors.ts';
import { shellWord } from '../../../wording/quote.ts';
import { datasetAt, datasetHistory, findRevision } from '../../../workspace/git/pointers.ts';
import type { Pointer } from '../../../workspace/pointer.ts';
import { pathInRepository } from '../../../workspace/repository.ts';
import type { WorkingContext } from '../../context/context.ts';
import { datasetNamed, type SelectedDataset, selectDatasets } from './select.ts';

/**
 * Select as selectDatasets does, and of `path@REV` and `path@REV..REV` the versions that these commits have: of a range, that of its first
 * commit too, as whoever compares versions needs it.
 * @throws VarveError as selectDatasets
 */
export function selectVersionsNamed(context: WorkingContext, paths: readonly string[]): SelectedDataset[] {
  const versions = new Map(paths.map((path) => [path, versionsNamed(context, path)]));
  const plain = paths.filter((path) => versions.get(path) === undefined);
  const named = [...versions.values()].flatMap((found) => found ?? []);
  return paths.length > 0 && plain.length === 0 ? named : [...selectDatasets(context, plain), ...named];
}

/** Undefined for a path that names no version, as it is there or no reading of an `@` finds commits. */
function versionsNamed(context: WorkingContext, argument: string): SelectedDataset[] | undefined {
  const { repository, cwd } = context;
  if (existsSync(resolve(cwd, argument)) || datasetNamed(context, argument) !== undefined) return undefined;
  for (let at = argument.indexOf('@', 1); at > 0; at = argument.indexOf('@', at + 1)) {
    const commits = commitsNamed(repository.root, argument.slice(at + 1));
    if (commits === undefined) continue;
    const path = pathInRepository(repository, cwd, argument.slice(0, at));
    const found = pointersOf(repository.root, path, commits);
    if (found.length > 0) return found.map((pointer) => ({ path, pointer }));
    throw new VarveError(
      'dataset-missing',
      `No commit of ${argument.slice(at + 1)} has a dataset at ${path}`,
      {
        path,
        remedy: `\`varve log ${shellWord(path)}\` shows the commits that have it, and what it was called before.`,
      },
    );
  }
  return undefined;
}

/** A commit, or the first and the last of a range; a side that is left out is HEAD. */
type Commits = readonly [first: string, last?: string];

function commitsNamed(root: string, revision: string): Commits | undefined {
  const commit = findRevision(root, revision);
  if (commit !== undefined) return [commit];
  const [, from, to] = /^(.*?)\.\.(?!\.)(.*)$/.exec(revision) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const [first, last] = [findRevision(root, from || 'HEAD'), findRevision(root, to || 'HEAD')];
  return first === undefined || last === undefined ? undefined : [first, last];
}

/** Each distinct snapshot once. */
function pointersOf(root: string, path: string, [first, last]: Commits): Pointer[] {
  const between =
    last === undefined ? [] : datasetHistory(root, `${first}..${last}`, path).map(({ pointer }) => pointer);
  const found = [datasetAt(root, first, path), ...between].filter((pointer) => pointer !== undefined);
  return [
    ...new Map(
      found.map((pointer) => [`${pointer.digest} ${pointer.profile ?? pointer.footers}`, pointer]),
    ).values(),
  ];
}
