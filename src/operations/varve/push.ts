import type { Root } from '../store/gc/roots.ts';
import { push as pushTo } from '../store/transfer/push.ts';
import { cloneId } from '../workspace/clone-id.ts';
import type { Context } from './context/context.ts';
import { closing, memoryOfRemotes, openCache, openRemoteNamed } from './context/stores.ts';
import {
  rootsToTransfer,
  type TransferChoice,
  type TransferResult,
  transferOptions,
} from './context/transfer-roots.ts';
import { selectDatasets } from './datasets/select.ts';

/** Sends what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export async function push(
  context: Context,
  paths: readonly string[] = [],
  choice: TransferChoice = {},
): Promise<TransferResult> {
  if (context.dvc) return (await import('./dvc/write.ts')).dvcPush(context, context.dvc, paths, choice);
  const datasets = selectDatasets(context, paths);
  return pushRoots(context, await rootsToTransfer(context, datasets, choice), choice);
}

export async function pushRoots(
  context: Context,
  roots: readonly Root[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const { name, remote } = await openRemoteNamed(context, choice.remote);
  return closing(remote, async () => {
    const sent = await pushTo(() => openCache(context), remote, roots, {
      clone: cloneId(context.repository),
      memory: memoryOfRemotes(context),
      ...transferOptions(context, choice),
    });
    return { remote: { name, url: remote.url }, snapshots: roots.length, ...sent, ...inPlaceOf(roots) };
  });
}

/** Those of which the remote gets the list and no data, once each. */
function inPlaceOf(roots: readonly Root[]): Pick<TransferResult, 'inPlace'> {
  const urls = new Map(roots.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]])));
  return urls.size === 0
    ? {}
    : { inPlace: [...urls].map(([path, url]) => ({ path, url, objects: 0, bytes: 0 })) };
}
