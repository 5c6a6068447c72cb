import type { Store } from '../../store/store.ts';
import { isLacking } from '../../store/transfer/transfer-each.ts';
import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { CheckoutOptions, DatasetProblem, PullResult, TransferChoice } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemsField } from '../datasets/each.ts';
import { checkoutFrom } from './checkout.ts';
import { rootOf, type SelectedDataset, selectPaths, withPointer } from './datasets/select.ts';
import { type DirectSource, openDirect, passing } from './direct.ts';
import { evictPushed } from './evict.ts';
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
    const direct = options.profilesOnly ? undefined : await openDirect(context, datasets, options.remote);
    try {
      return await pullInto(context, cache, { datasets, problems, direct, paths }, options);
    } finally {
      await direct?.store.close();
    }
  });
}

interface ToPull {
  readonly datasets: readonly SelectedDataset[];
  readonly problems: readonly DatasetProblem[];
  readonly direct: DirectSource | undefined;
  /** As the user named them. */
  readonly paths: readonly string[];
}

async function pullInto(
  context: WorkingContext,
  cache: Store,
  { datasets, problems, direct, paths }: ToPull,
  options: TransferChoice & CheckoutOptions,
): Promise<PullResult> {
  if (direct) await fetchLists(context, cache, datasets, direct, options);
  const passed = direct && (await passing(context, cache, datasets, direct, true));
  const fetched = await fetchInto(context, cache, datasets, options, { ...passed, paths });
  if (options.profilesOnly) return { fetched, datasets: [], ...problemsField(problems) };
  const { force, prefer } = options;
  const lacking = new Set(fetched.lacking?.map(({ path, digest }) => `${path}\0${digest}`));
  const whole = datasets.filter(({ path, pointer }) => !lacking.has(`${path}\0${pointer.digest}`));
  const checkedOut = await checkoutFrom(context, cache, whole, {
    force,
    prefer,
    named: paths.length > 0,
    keepEdited: true,
    direct,
  });
  const evicted = direct && (await evictPushed(context, cache, direct, whole.map(rootOf)));
  const through = direct?.fillsCache ? direct.brought : { objects: 0, bytes: 0 };
  return {
    fetched: {
      ...fetched,
      objects: fetched.objects + through.objects,
      bytes: fetched.bytes + through.bytes,
    },
    ...(direct && !direct.fillsCache && { direct: { remote: direct.name, ...direct.brought } }),
    ...(evicted && { evicted }),
    ...checkedOut,
    ...problemsField([...problems, ...(checkedOut.problems ?? [])]),
  };
}

/** Bring the lists of folders that the cache lacks: they say which files come straight. */
async function fetchLists(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  opened: DirectSource,
  { remote, jobs }: TransferChoice,
): Promise<void> {
  const unlisted = datasets.filter(
    ({ pointer }) => pointer.kind === 'directory' && !cache.has(pointer.digest),
  );
  if (unlisted.length === 0) return;
  const toList = unlisted.map((dataset) => ({ ...dataset, only: [] }));
  await fetchInto(context, cache, toList, { remote, jobs }, { opened }).catch((error: unknown) => {
    // The fetch of the data says which versions the remote lacks.
    if (!isLacking(error)) throw error;
  });
}

/** Nobody named the dataset, so of one that is here in part, the same part is brought. */
function withChosenParts(context: WorkingContext, dataset: SelectedDataset): SelectedDataset {
  const only = readStatCache(context.repository, dataset.path)?.only;
  return only === undefined || dataset.pointer.kind === 'file' ? dataset : { ...dataset, only };
}
