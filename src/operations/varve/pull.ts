import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { CheckoutOptions, PullResult, TransferChoice } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { checkoutFrom } from './checkout.ts';
import { Problems } from './datasets/problems.ts';
import { type SelectedDataset, selectReadable } from './datasets/select.ts';
import { fetchInto } from './fetch.ts';
import { openCache } from './stores/stores.ts';

/** Fetches, then checks out. With `profilesOnly` there is no data to check out. */
export async function pull(
  context: WorkingContext,
  paths: readonly string[],
  options: TransferChoice & CheckoutOptions,
): Promise<PullResult> {
  const problems = new Problems();
  const datasets = (await selectReadable(context, paths, problems)).map((dataset) =>
    paths.length === 0 ? withChosenParts(context, dataset) : dataset,
  );
  const unread = problems.besides(datasets.length);
  return closing(await openCache(context), async (cache) => {
    const fetched = await fetchInto(context, cache, datasets, options);
    if (options.profilesOnly) return { fetched, datasets: [], ...unread };
    const { force, prefer } = options;
    const named = paths.length > 0;
    return {
      fetched,
      ...(await checkoutFrom(context, cache, datasets, { force, prefer, named, keepEdited: true }, problems)),
    };
  });
}

/** Nobody named the dataset, so of one that is here in part, the same part is brought. */
function withChosenParts(context: WorkingContext, dataset: SelectedDataset): SelectedDataset {
  const only = readStatCache(context.repository, dataset.path)?.only;
  return only === undefined || dataset.pointer.kind === 'file' ? dataset : { ...dataset, only };
}
