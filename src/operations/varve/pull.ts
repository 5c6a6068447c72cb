import type { Digest } from '../../store/format/digest.ts';
import type { Evicted } from '../../store/gc/evict.ts';
import type { Store } from '../../store/store.ts';
import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { CheckoutOptions, PullResult, TransferChoice } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemsField } from '../datasets/each.ts';
import { checkoutFrom } from './checkout.ts';
import { rootOf, type SelectedDataset, selectPaths, withPointer } from './datasets/select.ts';
import { evictPushed, filesInPlace, keepsUnpushedOnly } from './evict.ts';
import { fetchInto, isMissing } from './fetch.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** Fetch, then check out. With `profilesOnly` there is no data to check out. */
export async function pull(
  context: WorkingContext,
  paths: readonly string[],
  options: TransferChoice & CheckoutOptions,
): Promise<PullResult> {
  const { done: datasets, problems } = await eachDataset(selectPaths(context, paths), (selected) => {
    const dataset = withPointer(context.repository.root, selected);
    return paths.length === 0 ? withChosenParts(context, dataset) : dataset;
  });
  return closing(await openCache(context), async (cache) => {
    const skip = keepsUnpushedOnly(context)
      ? await inPlaceAlready(context, cache, datasets, options)
      : undefined;
    const fetched = await fetchInto(context, cache, datasets, options, skip);
    if (options.profilesOnly) return { fetched, datasets: [], ...problemsField(problems) };
    const { force, prefer } = options;
    const named = paths.length > 0;
    const lacking = new Set(fetched.lacking?.map(({ path, digest }) => `${path}\0${digest}`));
    const whole = datasets.filter(({ path, pointer }) => !lacking.has(`${path}\0${pointer.digest}`));
    const checkedOut = await checkoutFrom(context, cache, whole, {
      force,
      prefer,
      named,
      keepEdited: true,
    });
    const evicted = await evictFetched(context, cache, whole, fetched.remote?.name);
    return {
      fetched,
      ...(evicted && { evicted }),
      ...checkedOut,
      ...problemsField([...problems, ...(checkedOut.problems ?? [])]),
    };
  });
}

/** Find what need not be brought, since it lies in place. The lists of folders come first. */
async function inPlaceAlready(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  { remote, jobs }: TransferChoice,
): Promise<Set<Digest>> {
  const lists = datasets.filter(({ pointer }) => pointer.kind === 'directory' && !cache.has(pointer.digest));
  if (lists.length > 0) {
    const toList = lists.map((dataset) => ({ ...dataset, only: [] }));
    await fetchInto(context, cache, toList, { remote, jobs }).catch((error: unknown) => {
      // The fetch of the data says which versions the remote lacks.
      if (!isMissing(error)) throw error;
    });
  }
  return filesInPlace(context, cache, datasets);
}

/** Drop again what came through the cache. */
async function evictFetched(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  remote: string | undefined,
): Promise<Evicted | undefined> {
  if (remote === undefined || !keepsUnpushedOnly(context)) return undefined;
  const opened = await openRemoteStore(context, remote);
  return closing(opened.store, () => evictPushed(context, cache, opened, datasets.map(rootOf)));
}

/** Nobody named the dataset, so of one that is here in part, the same part is brought. */
function withChosenParts(context: WorkingContext, dataset: SelectedDataset): SelectedDataset {
  const only = readStatCache(context.repository, dataset.path)?.only;
  return only === undefined || dataset.pointer.kind === 'file' ? dataset : { ...dataset, only };
}
