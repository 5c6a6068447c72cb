import { VarveError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { applyRemoval } from '../../workspace/checkout/apply.ts';
import { nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { planRemoval } from '../../workspace/checkout/plan.ts';
import { gitList } from '../../workspace/git/git.ts';
import { pointersInHistory } from '../../workspace/git/pointers.ts';
import { isKeptOut } from '../../workspace/git/sparse.ts';
import { pointerPath } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import { pathOfFile } from '../../workspace/tree/data-state.ts';
import { dataKind } from '../../workspace/tree/scan.ts';
import { forgetStatCache, readStatCache, type StatCache } from '../../workspace/tree/stat-cache.ts';
import { dataWithoutPointer } from '../../workspace/tree/without-pointer.ts';
import { isFollowed } from '../../workspace/trust/link.ts';
import type { WorkingContext } from '../context/context.ts';
import { refuseTouched } from './tracked-files.ts';

/** List data without a pointer, but for what was given to Git, and for datasets that a sparse checkout keeps out. */
export function untrackedData(repository: Repository): string[] {
  const { root } = repository;
  return dataWithoutPointer(repository).filter(
    (path) =>
      gitList(root, ['ls-files', '-z', '--', `:(literal)${path}`]).length === 0 &&
      !isKeptOut(root, pointerPath(path)),
  );
}

/**
 * Take data away that belongs to another branch: its pointer is not here, a branch or tag has one that names just this version, its bytes
 * are in the cache, and nothing of it was changed here. All else stays, for `status` to name. Without its pointer Git does not ignore it,
 * and `git add --all` would put it into Git.
 * @returns the datasets that were taken away
 */
export async function removeOtherBranches(context: WorkingContext, cache: Store): Promise<string[]> {
  const { repository } = context;
  const saved = new Map<string, StatCache>();
  for (const path of untrackedData(repository)) {
    const record = readStatCache(repository, path);
    if (record !== undefined && isSaved(cache, record)) saved.set(path, record);
  }
  const removed: string[] = [];
  for (const path of await onBranches(repository.root, saved))
    if (await remove(context, path, saved.get(path)!)) removed.push(path);
  return removed;
}

function isSaved(cache: Store, { paths, digest, snapshot }: StatCache): boolean {
  if (!cache.has(snapshot)) return false;
  return paths.every((_, index) => {
    const known = digest(index);
    return known === undefined || cache.has(known);
  });
}

/** Keep the datasets whose version here a branch or tag names, in their order. Reads history once, and only if there is a dataset. */
async function onBranches(root: string, saved: ReadonlyMap<string, StatCache>): Promise<string[]> {
  if (saved.size === 0) return [];
  const found = new Set<string>();
  for await (const { path, pointer } of pointersInHistory(root, ['--branches', '--tags', '--remotes']))
    if (saved.get(path)?.snapshot === pointer.digest) found.add(path);
  return [...saved.keys()].filter((path) => found.has(path));
}

/** Whether all of it could go: nothing is taken in part. */
async function remove(context: WorkingContext, path: string, record: StatCache): Promise<boolean> {
  const { repository, signal } = context;
  const { root } = repository;
  try {
    // What lies elsewhere is not this clone's alone.
    if (isFollowed(root, path)) return false;
    const kind = dataKind(root, path)!;
    const plan = await planRemoval(root, path, record, { signal });
    const stays = [...plan.kept, ...plan.conflicts, ...plan.unsaved, ...plan.unfinished];
    if (stays.length > 0) return false;
    const paths = plan.remove.map((file) => pathOfFile(path, file));
    refuseTouched(root, [{ dataset: path, paths }], nameFolding(repository));
    await applyRemoval(root, path, plan, signal);
    if (kind === 'directory' && dataKind(root, path) !== undefined) return false;
    forgetStatCache(repository, path);
    return true;
  } catch (error) {
    // Something odd lies there, which status names.
    if (error instanceof VarveError) return false;
    throw error;
  }
}
