import { rmSync } from 'node:fs';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import { holdersOf, purgeObjects, recordedRoots } from '../../store/gc/purge.ts';
import type { Root } from '../../store/gc/roots.ts';
import { readTableRecords } from '../../store/gc/table-records.ts';
import type { Store } from '../../store/store.ts';
import { counted } from '../../wording/numbers.ts';
import {
  branchTips,
  type ListedPointer,
  type PointedDataset,
  pointersAt,
  pointersNotCommitted,
  worktreeRoots,
} from '../../workspace/git/pointers.ts';
import { repositoryAt } from '../../workspace/repository.ts';
import type { PurgedPlace, PurgeOptions, PurgeResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { profilePath } from '../statistics/cache.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { distinctRoots, rootOf, selectDatasets } from './datasets/select.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

const MAX_NAMED = 10;

/** A store with the versions that it is to keep. */
interface Place {
  readonly remote: PurgedPlace['remote'];
  readonly store: Store;
  readonly roots: readonly Root[];
}

/** Implements Backend.purge. */
export async function purge(
  context: WorkingContext,
  files: readonly Digest[],
  options: PurgeOptions,
): Promise<PurgeResult> {
  const cache = await openCache(context);
  return closing(cache, async () => {
    const roots = [...(await everyRootOfCache(context)), ...(await recordedRoots(cache))];
    const here: Place = { remote: null, store: cache, roots };
    if (options.cacheOnly) return purgePlaces(context, files, [here], options);
    const { name, url, store } = await openRemoteStore(context, options.remote);
    return closing(store, async () => {
      const tables = await tablesThatName(store, files);
      if (tables.length > 0)
        context.onWarning?.(
          `Engines cannot read versions any more that have what is purged, of the exported ${counted(tables.length, 'table')} ${tables.join(', ')}: remove the folder of a table, and export it anew.`,
        );
      const all = [...(await everyRoot(context)), ...(await recordedRoots(store))];
      return purgePlaces(context, files, [{ remote: { name, url }, store, roots: all }, here], options);
    });
  });
}

/** The folders of exported tables that name one of the files. */
async function tablesThatName(store: Store, files: readonly Digest[]): Promise<string[]> {
  const keys = new Set(files.map((digest) => store.wholeKey(digest)));
  const records = await readTableRecords(store.core.remote);
  const named = records.filter((record) => record.keys.some((key) => keys.has(key)));
  return [...new Set(named.map(({ table }) => table))].sort();
}

async function purgePlaces(
  context: WorkingContext,
  files: readonly Digest[],
  places: readonly Place[],
  { dryRun = false, force = false }: PurgeOptions,
): Promise<PurgeResult> {
  const holders = new Map<Digest, Root>();
  const current = new Map<string, string>();
  const tips = await currentRoots(context);
  for (const { store, roots } of places) {
    for (const root of await holdersOf(store, roots, files)) holders.set(root.digest, root);
    for (const { path, digest } of await holdersOf(store, tips, files))
      current.set(`${path}\0${digest}`, path);
  }
  if (current.size > 0 && !force && !dryRun) throw inUse([...new Set(current.values())]);
  const digests = [...new Set([...files, ...profilesOf(holders, places)])];
  const how = { dryRun, ...watching(context) };
  const purged: PurgedPlace[] = [];
  for (const { remote, store, roots } of places) {
    const done = await purgeObjects(store, digests, roots, { ...how, remembers: remote !== null });
    const keepsVersions = await store.core.remote.keepsVersions?.();
    purged.push({ remote, ...done, ...(keepsVersions && { keepsVersions }) });
  }
  if (!dryRun) dropProfiles(context, files);
  return {
    dryRun,
    digests,
    versions: [...holders.values()].map(({ path, digest }) => ({ path, digest })),
    places: purged,
  };
}

/** The statistics of versions that hold one of the files, unless those of another version are the same: values of the files are in them. */
function profilesOf(holders: ReadonlyMap<Digest, Root>, places: readonly Place[]): Digest[] {
  const roots = places.flatMap((place) => place.roots);
  const kept = new Set(roots.flatMap(({ digest, profile }) => (holders.has(digest) ? [] : (profile ?? []))));
  return roots.flatMap(({ digest, profile }) =>
    profile !== undefined && holders.has(digest) && !kept.has(profile) ? [profile] : [],
  );
}

/** The versions that people work with: of the tips of all branches, and of the index and the files of each working tree. */
async function currentRoots({ repository: { root } }: WorkingContext): Promise<Root[]> {
  const atTips: PointedDataset[] = [];
  for (const commit of branchTips(root)) atTips.push(...(await pointersAt(root, commit)).flatMap(readable));
  const roots = [...(await distinctRoots(atTips)).values()];
  for (const tree of worktreeRoots(root)) {
    roots.push(...(await distinctRoots(pointersNotCommitted(tree))).values());
    roots.push(...selectDatasets({ repository: repositoryAt(tree), cwd: tree }, []).map(rootOf));
  }
  return roots;
}

/** What cannot be read cannot be checked out either. */
function readable({ path, read }: ListedPointer): PointedDataset[] {
  try {
    return [{ path, pointer: read() }];
  } catch (error) {
    if (error instanceof VarveError) return [];
    throw error;
  }
}

/** Remove the statistics of single files, which this clone keeps. */
function dropProfiles({ repository }: WorkingContext, files: readonly Digest[]): void {
  for (const tree of worktreeRoots(repository.root)) {
    for (const digest of files) rmSync(profilePath(repositoryAt(tree), digest), { force: true });
  }
}

function inUse(paths: readonly string[]): VarveError {
  const named = paths.slice(0, MAX_NAMED);
  return new VarveError('purge-in-use', `What is to be purged is still part of ${named.join(', ')}`, {
    path: paths[0]!,
    remedy:
      'On every branch, take the file out of the dataset, add the dataset and commit; then purge. `--force` purges all the same: those versions cannot be checked out any more.',
  });
}
