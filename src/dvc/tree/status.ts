import { comparePaths, isChosen, joinByPath } from '../../base/files/path-order.ts';
import type { FileChange } from '../../workspace/tree/data-state.ts';
import type { Output } from '../format/output.ts';
import { cachedFiles, isCached, notCached, type OutputFile } from '../objects/cache.ts';
import type { DvcContext } from './context.ts';
import { type Identified, identify } from './identify.ts';
import type { Selected } from './select.ts';

/**
 * `unchanged`, `modified`, `missing` (no data lies there), or `unrecorded` (the pointer holds no MD5 yet, as before a
 * stage has run).
 */
export type OutputState = 'unchanged' | 'modified' | 'missing' | 'unrecorded';

export interface OutputStatus {
  readonly output: Output;
  readonly state: OutputState;
  readonly found: Identified | undefined;
  /** Undefined if the list of the recorded files is not in the cache. */
  readonly changes: readonly FileChange[] | undefined;
  /** Objects of the recorded data that the cache lacks; for data that Git keeps, none is wanted. */
  readonly notCached: number;
}

/**
 * Compare the workspace with the pointers, as `dvc status` does. Reads only files that look changed.
 * @param unfinished as that of scanOutput
 */
export async function outputStatus(
  context: DvcContext,
  { output, only }: Selected,
  unfinished?: string[],
): Promise<OutputStatus> {
  const { id } = output;
  const found = await identify(context, output.path, id?.hash ?? 'md5', unfinished);
  if (id === undefined) return { output, state: 'unrecorded', found, changes: [], notCached: 0 };
  const same = found !== undefined && found.id.value === id.value;
  // Where nothing changed, what lies there is the list: that in the cache need not be read.
  const recorded = same ? isCached(context, id) && found.files : await cachedFiles(context, id);
  const changes = same ? [] : recorded ? fileChanges(recorded, found?.files ?? [], only) : undefined;
  const untouched = same || (only !== undefined && changes?.length === 0);
  return {
    output,
    state: found === undefined ? 'missing' : untouched ? 'unchanged' : 'modified',
    found,
    changes,
    notCached: output.cached ? countMissing(context, recorded || undefined, only) : 0,
  };
}

/** Compare two lists of files, both sorted by path. */
export function fileChanges(
  before: readonly OutputFile[],
  after: readonly OutputFile[],
  only?: readonly string[],
): FileChange[] {
  const changes: FileChange[] = [];
  const pathOf = { left: ({ path }: OutputFile) => path, right: ({ path }: OutputFile) => path };
  for (const [left, right] of joinByPath(before, after, pathOf)) {
    const path = (left ?? right)!.path;
    if (left?.id.value === right?.id.value || !isChosen(path, only)) continue;
    changes.push({
      path,
      change: left === undefined ? 'added' : right === undefined ? 'removed' : 'modified',
    });
  }
  return changes.sort((a, b) => comparePaths(a.path, b.path));
}

function countMissing(
  context: DvcContext,
  files: readonly OutputFile[] | undefined,
  only: readonly string[] | undefined,
): number {
  if (files === undefined) return 1;
  const wanted = only === undefined ? files : files.filter(({ path }) => isChosen(path, only));
  return notCached(context, wanted).length;
}
