import { isChosen } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import type { Root } from '../../store/gc/roots.ts';
import { measureUsage, type StoreUsage } from '../../store/gc/usage.ts';
import type { Store } from '../../store/store.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { DatasetUsage, UsageResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { expiryOf, knownClone } from './clones.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { datasetNamed, selectDatasets } from './datasets/select.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** Implements Backend.usage. What is measured is what a gc would keep. */
export async function usage(
  context: WorkingContext,
  paths: readonly string[],
  remote: string | undefined,
): Promise<UsageResult> {
  if (remote === undefined) {
    const roots = await everyRootOfCache(context);
    const store = await openCache(context);
    return {
      remote: null,
      ...(await closing(store, () => measure(context, store, roots, paths, Number.POSITIVE_INFINITY))),
    };
  }
  const roots = await everyRoot(context);
  const { name, url, store } = await openRemoteStore(context, remote);
  return {
    remote: { name, url },
    ...(await closing(store, () => measure(context, store, roots, paths, expiryOf(context)))),
  };
}

async function measure(
  context: WorkingContext,
  store: Store,
  roots: readonly Root[],
  paths: readonly string[],
  cloneExpiryMs: number,
): Promise<Omit<UsageResult, 'remote'>> {
  const chosen = chosenPaths(context, paths, roots);
  const { stored, unneeded, datasets, clones } = await measureUsage(
    store,
    roots,
    cloneExpiryMs,
    context.onProgress,
  );
  return {
    stored,
    unneeded,
    datasets: withCurrentSizes(context, datasets).filter(({ path }) => isChosen(path, chosen)),
    clones: clones.map((one) => ({
      ...knownClone(context, one),
      snapshots: one.snapshots,
      bytes: one.bytes,
    })),
  };
}

function withCurrentSizes(context: WorkingContext, datasets: StoreUsage['datasets']): DatasetUsage[] {
  const here = new Map(selectDatasets(context, []).map(({ path, pointer }) => [path, pointer.bytes]));
  return datasets
    .map((one) => ({ ...one, currentBytes: here.get(one.path) ?? null }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws VarveError `dataset-missing` for a path at which no version of a dataset lies */
function chosenPaths(
  context: WorkingContext,
  paths: readonly string[],
  roots: readonly Root[],
): readonly string[] | undefined {
  if (paths.length === 0) return undefined;
  const { repository, cwd } = context;
  const named = paths.map((path) => datasetNamed(context, path) ?? pathInRepository(repository, cwd, path));
  if (named.includes('')) return undefined;
  const unknown = named.findIndex((path) => !roots.some((root) => isChosen(root.path, [path])));
  if (unknown < 0) return named;
  throw new VarveError('dataset-missing', `No commit has a dataset at ${paths[unknown]}`, {
    path: paths[unknown]!,
    remedy: '`varve status` lists the datasets that there are, and `varve du` those of all commits.',
  });
}
