import { isChosen, joinStreams } from '../base/path-order.ts';
import type { DriftReport } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import type { ManifestEntry } from '../store/format/manifest.ts';
import type { Store } from '../store/store.ts';
import { datasetPaths, datasetsAt, type PointedDataset } from '../workspace/git/pointers.ts';
import { type Pointer, readPointer } from '../workspace/pointer.ts';
import { pathInRepository } from '../workspace/repository.ts';
import { currentEntries, type FileChange } from '../workspace/tree/data-state.ts';
import { readStatCache } from '../workspace/tree/stat-cache.ts';
import type { Context } from './context/context.ts';
import { closing, openCache } from './context/stores.ts';
import { datasetNamed, snapshotFiles, splitRevisions } from './datasets/select.ts';
import type { SnapshotFile } from './in-place/snapshot.ts';
import { datasetStatus } from './status.ts';

export interface DiffResult {
  /** Commit ids; `after` is null for the data of the working tree. */
  readonly before: string;
  readonly after: string | null;
  /** Those that differ only. */
  readonly datasets: readonly DatasetDiff[];
}

export interface DatasetDiff {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'modified';
  readonly before: Totals | null;
  readonly after: Totals | null;
  /** Undefined where a manifest is not in the cache: `varve fetch --profiles-only` brings it. */
  readonly files?: readonly FileChange[];
  /** What changed in the distributions, where both versions have a profile in the cache. */
  readonly statistics?: DriftReport;
}

export interface Totals {
  readonly bytes: number;
  readonly files: number;
  readonly rows?: number;
}

/** Compares the profiles of two versions; undefined where one has none. */
export type CompareStatistics = (
  cache: Store,
  before: Pointer,
  after: Pointer,
) => Promise<DriftReport | undefined>;

/**
 * `words` are up to two revisions, then paths: none compares HEAD with the data of the working tree, one that commit with
 * it, two one another.
 */
export async function diff(
  context: Context,
  words: readonly string[],
  options: { readonly compareStatistics?: CompareStatistics | undefined } = {},
): Promise<DiffResult> {
  const { root } = context.repository;
  const { commits, paths } = splitRevisions(context, words, 2);
  const [before, after] = commits.length > 0 ? commits : splitRevisions(context, ['HEAD'], 1).commits;
  if (before === undefined) throw noCommit(root);
  if (context.dvc) {
    const { dvcDiff } = await import('./dvc/diff.ts');
    return dvcDiff(context, context.dvc, [before, after], paths, options.compareStatistics);
  }
  const chosen = chosenPaths(context, paths);
  const left = byPath(datasetsAt(root, before));
  const right = after === undefined ? workingTree(root) : byPath(datasetsAt(root, after));
  refuseUnknown(chosen, [...left.keys(), ...right.keys()]);
  const datasets: DatasetDiff[] = [];
  await closing(await openCache(context), async (cache) => {
    for (const path of [...new Set([...left.keys(), ...right.keys()])].sort()) {
      if (!isChosen(path, chosen)) continue;
      const pair = { path, before: left.get(path), saved: right.get(path) };
      const found = await datasetDiff(context, cache, pair, after === undefined, options.compareStatistics);
      if (found !== undefined) datasets.push(found);
    }
  });
  return { before, after: after ?? null, datasets };
}

interface Pair {
  readonly path: string;
  readonly before: Pointer | undefined;
  /** What the later pointer names; the data may have gone on from there. */
  readonly saved: Pointer | undefined;
}

async function datasetDiff(
  context: Context,
  cache: Store,
  pair: Pair,
  isWorkingTree: boolean,
  compareStatistics: CompareStatistics | undefined,
): Promise<DatasetDiff | undefined> {
  const { path, before, saved } = pair;
  const live = isWorkingTree && saved !== undefined ? await unsavedFiles(context, path, saved) : undefined;
  if (live === undefined && before?.digest === saved?.digest) return undefined;
  const after = live ?? filesOf(context, cache, path, saved);
  const files = await changedFiles(filesOf(context, cache, path, before), after);
  if (live !== undefined && files?.length === 0) return undefined;
  const kinds = new Set([before?.kind ?? saved?.kind, saved?.kind ?? before?.kind]);
  const statistics = live === undefined ? await statisticsOf(cache, pair, compareStatistics) : undefined;
  return {
    path,
    change: before === undefined ? 'added' : saved === undefined ? 'removed' : 'modified',
    before: totalsOf(before),
    after: live === undefined ? totalsOf(saved) : liveTotals(live),
    ...(files === undefined || !kinds.has('directory') ? {} : { files }),
    ...(statistics === undefined ? {} : { statistics }),
  };
}

async function statisticsOf(
  cache: Store,
  { before, saved }: Pair,
  compareStatistics: CompareStatistics | undefined,
): Promise<DriftReport | undefined> {
  return before === undefined || saved === undefined ? undefined : compareStatistics?.(cache, before, saved);
}

/** The files of the working tree where they are not those that the pointer names. */
async function unsavedFiles(
  context: Context,
  path: string,
  pointer: Pointer,
): Promise<ManifestEntry[] | undefined> {
  const { state, only } = await datasetStatus(context, { path, pointer });
  // Of a dataset that is there in part, a comparison with the whole would say that the rest was removed.
  if (state === 'unchanged' || state === 'missing' || only !== undefined) return undefined;
  const { repository, signal } = context;
  const record = readStatCache(repository, path);
  const entries: ManifestEntry[] = [];
  for await (const entry of currentEntries(repository.root, path, record, signal)) entries.push(entry);
  return entries;
}

async function* filesOf(
  { repository }: Context,
  cache: Store,
  path: string,
  pointer: Pointer | undefined,
): AsyncGenerator<SnapshotFile> {
  if (pointer !== undefined) yield* snapshotFiles(repository, cache, path, pointer);
}

/** Undefined where a manifest is not in the cache. */
async function changedFiles(
  before: AsyncIterable<SnapshotFile>,
  after: AsyncIterable<SnapshotFile> | Iterable<SnapshotFile>,
): Promise<FileChange[] | undefined> {
  const changes: FileChange[] = [];
  try {
    for await (const [then, now] of joinStreams(before, after)) {
      if (then === undefined) changes.push({ path: now!.path, change: 'added' });
      else if (now === undefined) changes.push({ path: then.path, change: 'removed' });
      else if (!isSame(then, now)) {
        changes.push({ path: now.path, change: 'modified' });
      }
    }
    return changes;
  } catch (error) {
    if (error instanceof VarveError && error.code === 'object-missing') return undefined;
    throw error;
  }
}

/** By digest; of what nobody has read, by what its bucket says. */
function isSame(a: SnapshotFile, b: SnapshotFile): boolean {
  const sameBytes = a.digest === b.digest || (a.etag !== undefined && a.etag === b.etag && a.size === b.size);
  return sameBytes && a.executable === b.executable;
}

function totalsOf(pointer: Pointer | undefined): Totals | null {
  if (pointer === undefined) return null;
  const { bytes, files, rows } = pointer;
  return { bytes, files, ...(rows === undefined ? {} : { rows }) };
}

function liveTotals(entries: readonly ManifestEntry[]): Totals {
  const files = entries.filter(({ digest }) => digest !== undefined);
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), files: files.length };
}

function workingTree(root: string): Map<string, Pointer> {
  return new Map(datasetPaths(root).map((path) => [path, readPointer(root, path)]));
}

function byPath(datasets: readonly PointedDataset[]): Map<string, Pointer> {
  return new Map(datasets.map(({ path, pointer }) => [path, pointer]));
}

/** Paths from the root; undefined for everything. */
function chosenPaths(context: Context, paths: readonly string[]): string[] | undefined {
  if (paths.length === 0) return undefined;
  const named = paths.map(
    (path) => datasetNamed(context, path) ?? pathInRepository(context.repository, context.cwd, path),
  );
  return named.includes('') ? undefined : named;
}

function refuseUnknown(chosen: readonly string[] | undefined, all: readonly string[]): void {
  const unknown = chosen?.find((path) => !all.some((dataset) => isChosen(dataset, [path])));
  if (unknown === undefined) return;
  throw new VarveError(
    'not-a-dataset',
    `${unknown} is neither a revision, nor a dataset of the two versions`,
    {
      path: unknown,
      remedy: 'See `varve status` for the datasets, and `git log` for the revisions.',
    },
  );
}

function noCommit(root: string): VarveError {
  return new VarveError('unknown-revision', `${root} has no commit yet to compare with`, {
    path: root,
    remedy: 'Commit the pointers first: `git add -A && git commit`.',
  });
}
