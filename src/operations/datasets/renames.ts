import type { FileChange } from '../../workspace/tree/data-state.ts';
import type { ComparedDataset, DatasetDiff } from '../backend/results.ts';

/** Something at a path, with what stands for its content; undefined if that is not known. */
export interface Placed {
  readonly path: string;
  readonly content: string | undefined;
}

/**
 * Pair what is new with what is gone and has the same content, each once and in order: Git calls that an exact rename.
 * @returns where each of the new paths was before, of those that were renamed
 */
export function exactRenames(removed: Iterable<Placed>, added: Iterable<Placed>): Map<string, string> {
  const gone = new Map<string, string[]>();
  for (const { path, content } of removed) {
    if (content === undefined) continue;
    const paths = gone.get(content);
    if (paths === undefined) gone.set(content, [path]);
    else paths.push(path);
  }
  // The first is taken first; a list that is turned over gives it without moving the rest.
  for (const paths of gone.values()) paths.reverse();
  const renames = new Map<string, string>();
  for (const { path, content } of added) {
    const from = content === undefined ? undefined : gone.get(content)?.pop();
    if (from !== undefined) renames.set(path, from);
  }
  return renames;
}

/**
 * Make one change of a file that is gone and a new one of the same content: `renamed`.
 * @param contentOf stands for the content of the file that came or went; undefined for one that matches none, such as an empty file
 */
export function withFileRenames(
  changes: readonly FileChange[],
  contentOf: (change: FileChange) => string | undefined,
): FileChange[] {
  const placed = (wanted: FileChange['change']): Placed[] =>
    changes.flatMap((change) =>
      change.change === wanted ? [{ path: change.path, content: contentOf(change) }] : [],
    );
  const renames = exactRenames(placed('removed'), placed('added'));
  const gone = new Set(renames.values());
  return changes.flatMap((change) => {
    if (change.change === 'removed' && gone.has(change.path)) return [];
    const renamedFrom = change.change === 'added' ? renames.get(change.path) : undefined;
    return [renamedFrom === undefined ? change : { path: change.path, change: 'renamed', renamedFrom }];
  });
}

/** As withFileRenames, for datasets. */
export function withDatasetRenames(compared: readonly ComparedDataset[]): ComparedDataset[] {
  const placed = (wanted: DatasetDiff['change']): Placed[] =>
    compared.flatMap(({ diff, content }) => (diff.change === wanted ? [{ path: diff.path, content }] : []));
  const renames = exactRenames(placed('removed'), placed('added'));
  const gone = new Set(renames.values());
  const left = new Map(compared.map(({ diff }) => [diff.path, diff.origins?.before ?? null]));
  return compared.flatMap((one) => {
    const { diff } = one;
    if (diff.change === 'removed' && gone.has(diff.path)) return [];
    const renamedFrom = diff.change === 'added' ? renames.get(diff.path) : undefined;
    if (renamedFrom === undefined) return [one];
    const { path, after } = diff;
    const origins = { before: left.get(renamedFrom) ?? null, after: diff.origins?.after ?? null };
    const isMoved = origins.before !== origins.after;
    const renamed = { path, change: 'renamed', renamedFrom, before: after, after } as const;
    return [{ diff: { ...renamed, ...(isMoved && { origins }) } }];
  });
}
