import { isDirectory, type ObjectId } from '../../dvc/format/object-id.ts';
import { isCached } from '../../dvc/objects/cache.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import { type Selected, selectOutputs } from '../../dvc/tree/select.ts';
import { type OutputStatus, outputStatus } from '../../dvc/tree/status.ts';
import { leftBehind, type UnfinishedWithin } from '../../workspace/checkout/unfinished-files.ts';
import type { DatasetState, DatasetStatus, StatusResult } from '../backend/results.ts';
import { type DvcPlace, inDvc } from './context.ts';

/** Implements Backend.status. */
export function status(context: DvcPlace, paths: readonly string[]): Promise<StatusResult> {
  return inDvc(context, async (within) => {
    const datasets: DatasetStatus[] = [];
    const left: UnfinishedWithin[] = [];
    for (const selected of selectOutputs(within, outputsInTree(within.repository), paths)) {
      const found: string[] = [];
      datasets.push(describe(within, await outputStatus(within, selected, found), selected));
      left.push({ dataset: selected.output.path, found });
    }
    const unfinished = leftBehind(within.repository.root, left);
    return { datasets, ...(unfinished.length > 0 && { unfinished }) };
  });
}

function describe(context: DvcContext, status: OutputStatus, { only }: Selected): DatasetStatus {
  const { output, found, changes, notCached } = status;
  const isFolder = (output.id && isDirectory(output.id)) || found?.kind === 'directory';
  return {
    path: output.path,
    kind: isFolder ? ('directory' as const) : ('file' as const),
    state: stateOf(context, status),
    digest: nameOf(output.id),
    dataDigest: nameOf(found?.id),
    changes: changes ?? [],
    ...(notCached > 0 && { notCached }),
    ...(only === undefined ? {} : { only }),
  };
}

function nameOf(id: ObjectId | undefined): string | null {
  return id === undefined ? null : `md5:${id.value}`;
}

/** Data that the cache holds as a whole is another version, not a change that could be lost. */
function stateOf(context: DvcContext, { state, found }: OutputStatus): DatasetState {
  if (state === 'unrecorded') return found === undefined ? 'missing' : 'modified';
  return state === 'modified' && found !== undefined && isCached(context, found.id) ? 'outdated' : state;
}
