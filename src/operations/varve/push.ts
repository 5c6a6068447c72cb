import { join } from 'node:path';
import type { Root } from '../../store/gc/roots.ts';
import { unknownRoots } from '../../store/transfer/lacking.ts';
import { pushToRemote } from '../../store/transfer/push.ts';
import { cloneId } from '../../workspace/clone-id.ts';
import { CompletedPushesFile } from '../../workspace/completed-pushes.ts';
import type { TransferChoice, TransferResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { type SelectedDataset, selectDatasets } from './datasets/select.ts';
import { indexFolder, openCache, openRemoteNamed, openRemoteStore } from './stores/stores.ts';
import { rootsToTransfer, transferOptions } from './stores/transfer-roots.ts';

const COMPLETED_PUSHES = 'pushed.json';

/** Send what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export async function push(
  context: WorkingContext,
  paths: readonly string[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const datasets = selectDatasets(context, paths);
  const roots = await rootsToTransfer(context, datasets, choice);
  const pushed = await pushRoots(context, roots, choice);
  if (choice.allCommits) return pushed;
  const unsent = await countUnsent(context, datasets, choice);
  return unsent === 0 ? pushed : { ...pushed, unsent };
}

/** Counts versions of other commits that the remote does not name. */
async function countUnsent(
  context: WorkingContext,
  datasets: readonly SelectedDataset[],
  choice: TransferChoice,
): Promise<number> {
  const pushed = new Set(datasets.map(({ path, pointer }) => `${path}\0${pointer.digest}`));
  const others = (await rootsToTransfer(context, datasets, { allCommits: true })).filter(
    ({ path, digest }) => !pushed.has(`${path}\0${digest}`),
  );
  if (others.length === 0) return 0;
  const { store } = await openRemoteStore(context, choice.remote);
  const unknown = await closing(store, async () => unknownRoots(store, others));
  return new Set(unknown.map(({ path, digest }) => `${path}\0${digest}`)).size;
}

/** Send what the remote lacks of the roots, and record there that this clone needs them. */
export async function pushRoots(
  context: WorkingContext,
  roots: readonly Root[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const { name, remote } = await openRemoteNamed(context, choice.remote);
  return closing(remote, async () => {
    const sent = await pushToRemote(() => openCache(context), remote, roots, {
      clone: cloneId(context.repository),
      indexCache: indexFolder(context),
      completed: new CompletedPushesFile(join(indexFolder(context), COMPLETED_PUSHES)),
      ...transferOptions(context, choice),
    });
    return { remote: { name, url: remote.url }, snapshots: roots.length, ...sent, ...inPlaceOf(roots) };
  });
}

/** List the datasets in place, each once: only their object list is pushed. */
function inPlaceOf(roots: readonly Root[]): Pick<TransferResult, 'inPlace'> {
  const urls = new Map(roots.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]])));
  return urls.size === 0
    ? {}
    : { inPlace: [...urls].map(([path, url]) => ({ path, url, objects: 0, bytes: 0 })) };
}
