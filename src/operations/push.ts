import type { Root } from '../store/roots.ts';
import { transfer } from '../store/transfer.ts';
import { cloneId } from '../workspace/clone-id.ts';
import type { Context } from './context.ts';
import { selectDatasets } from './datasets.ts';
import { closing, openCache, openRemoteStore } from './stores.ts';
import { rootsToTransfer, type TransferChoice, type TransferResult, transferOptions } from './transfers.ts';

/** Sends what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export async function push(
  context: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<TransferResult> {
  if (context.dvc) return (await import('./dvc-write.ts')).dvcPush(context, context.dvc, paths, choice);
  const datasets = selectDatasets(context, paths);
  return pushRoots(context, await rootsToTransfer(context, datasets, choice), choice);
}

export async function pushRoots(
  context: Context,
  roots: readonly Root[],
  choice: TransferChoice,
): Promise<TransferResult> {
  return closing(await openCache(context), async (cache) => {
    const { name, url, store } = await openRemoteStore(context, choice.remote);
    return closing(store, async () => {
      const clone = cloneId(context.repository);
      const sent = await transfer(cache, store, roots, { clone, ...transferOptions(context, choice) });
      return { remote: { name, url }, snapshots: roots.length, ...sent, ...inPlaceOf(roots) };
    });
  });
}

/** Those of which the remote gets the list and no data, once each. */
function inPlaceOf(roots: readonly Root[]): Pick<TransferResult, 'inPlace'> {
  const urls = new Map(roots.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]])));
  return urls.size === 0
    ? {}
    : { inPlace: [...urls].map(([path, url]) => ({ path, url, objects: 0, bytes: 0 })) };
}
