import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { CheckoutOptions, PullResult, TransferChoice } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemsField } from '../datasets/each.ts';
import { checkoutFrom } from './checkout.ts';
import { type SelectedDataset, selectPaths, withPointer } from './datasets/select.ts';
import { fetchInto } from './fetch.ts';
import { openCache } from './stores/stores.ts';

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
    const fetched = await fetchInto(context, cache, datasets, options);
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
    return { fetched, ...checkedOut, ...problemsField([...problems, ...(checkedOut.problems ?? [])]) };
  });
}

/** Nobody named the dataset, so of one that is here in part, the same part is brought. */
function withChosenParts(context: WorkingContext, dataset: SelectedDataset): SelectedDataset {
  const only = readStatCache(context.repository, dataset.path)?.only;
  return only === undefined || dataset.pointer.kind === 'file' ? dataset : { ...dataset, only };
}
