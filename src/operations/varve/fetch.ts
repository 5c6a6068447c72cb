import type { Root } from '../../store/gc/roots.ts';
import type { Store } from '../../store/store.ts';
import { transfer } from '../../store/transfer/transfer.ts';
import type { TransferChoice, TransferResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import type { SelectedDataset } from './datasets/select.ts';
import { selectVersionsNamed } from './datasets/select-versions.ts';
import { fetchInPlace } from './in-place/fetch.ts';
import { claimInCache, openCache, openRemoteStore } from './stores/stores.ts';
import { rootsToTransfer, transferOptions } from './stores/transfer-roots.ts';

/** Brings what the cache lacks of the chosen datasets; the data itself is not touched. */
export async function fetch(
  context: WorkingContext,
  paths: readonly string[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const datasets = selectVersionsNamed(context, paths);
  return closing(await openCache(context), (cache) => fetchInto(context, cache, datasets, choice));
}

export async function fetchInto(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const roots = await rootsToTransfer(context, datasets, choice);
  await claimInCache(context, roots);
  const fetched = await fromRemote(context, cache, roots, choice);
  if (choice.profilesOnly || roots.every(({ source }) => source === undefined)) return fetched;
  const inPlace = await fetchInPlace(context, cache, datasets, roots, choice.jobs);
  return { ...fetched, inPlace };
}

/**
 * Fetches from a remote. It has only the lists of data in place: if those are here already, it need not even be there.
 */
async function fromRemote(
  context: WorkingContext,
  cache: Store,
  roots: readonly Root[],
  choice: TransferChoice,
): Promise<TransferResult> {
  if (roots.length > 0 && choice.remote === undefined && roots.every((root) => isListHere(cache, root))) {
    return { remote: null, snapshots: roots.length, objects: 0, bytes: 0 };
  }
  const { name, url, store } = await openRemoteStore(context, choice.remote);
  return closing(store, async () => {
    const sent = await transfer(store, cache, roots, transferOptions(context, choice));
    return { remote: { name, url }, snapshots: roots.length, ...sent };
  });
}

function isListHere(cache: Store, { source, digest, profile }: Root): boolean {
  return source !== undefined && cache.has(digest) && (profile === undefined || cache.has(profile));
}
