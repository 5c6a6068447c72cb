import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chosenWithin, isChosen, joinStreams } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { knownBy } from '../../profile/footers/model.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import type { Store } from '../../store/store.ts';
import {
  datasetPaths,
  datasetsKeptOut,
  type ListedPointer,
  pointersAt,
} from '../../workspace/git/pointers.ts';
import { originOf } from '../../workspace/origin.ts';
import { type Pointer, pointerPath, readPointer } from '../../workspace/pointer.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import { currentEntries, type FileChange } from '../../workspace/tree/data-state.ts';
import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import type { Comparison } from '../backend/backend.ts';
import type { ComparedDataset, DatasetDiff, Origins, Totals } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemsField } from '../datasets/each.ts';
import { withFileRenames } from '../datasets/renames.ts';
import { shownOrigins } from '../datasets/shown-origins.ts';
import { datasetNamed, snapshotFiles } from './datasets/select.ts';
import { pointerFacts } from './datasets/versions.ts';
import { isUnread, type ManifestFile } from './in-place/snapshot.ts';
import { datasetStatus } from './status.ts';
import { openCache } from './stores/stores.ts';

/** Implements Backend.diff. @throws VarveError `dataset-missing` for a path that neither side has */
export async function diff(
  context: WorkingContext,
  { before, after }: { readonly before: string; readonly after: string | undefined },
  paths: readonly string[],
): Promise<Comparison> {
  const { root } = context.repository;
  const chosen = chosenPaths(context, paths);
  const left = byPath(await pointersAt(root, before));
  const right = after === undefined ? undefined : byPath(await pointersAt(root, after));
  const hidden = right === undefined ? hiddenPointers(root, [...left.keys()]) : undefined;
  const all = [...new Set([...left.keys(), ...(right?.keys() ?? datasetPaths(root))])].sort();
  refuseUnknown(chosen, all);
  return closing(await openCache(context), async (cache) => {
    const selected = all.map((path) => ({ path, only: chosenWithin(path, chosen) }));
    const meant = selected.filter(({ only }) => only?.length !== 0);
    const { done, problems } = await eachDataset(meant, ({ path, only }) => {
      const here = (): Pointer | undefined => pointerIfThere(root, path) ?? hidden?.get(path);
      const saved = right === undefined ? here() : right.get(path)?.read();
      const pair = { path, only, before: left.get(path)?.read(), saved };
      return datasetDiff(context, cache, pair, after === undefined);
    });
    return { compared: done.filter((found) => found !== undefined), ...problemsField(problems) };
  });
}

/** What a sparse checkout keeps out of the working tree was not removed from it. */
function hiddenPointers(root: string, before: readonly string[]): Map<string, Pointer> {
  const isGone = (path: string): boolean => !existsSync(join(root, pointerPath(path)));
  const hidden = before.some(isGone) ? datasetsKeptOut(root) : [];
  return new Map(hidden.map(({ path, pointer }) => [path, pointer]));
}

function pointerIfThere(root: string, path: string): Pointer | undefined {
  return existsSync(join(root, pointerPath(path))) ? readPointer(root, path) : undefined;
}

interface Pair {
  readonly path: string;
  /** The files and folders within that are compared, if that is not all. */
  readonly only: readonly string[] | undefined;
  readonly before: Pointer | undefined;
  /** What the later pointer names; the data may have gone on from there. */
  readonly saved: Pointer | undefined;
}

async function datasetDiff(
  context: WorkingContext,
  cache: Store,
  pair: Pair,
  isWorkingTree: boolean,
): Promise<ComparedDataset | undefined> {
  const { path, only, before, saved } = pair;
  const live = isWorkingTree && saved !== undefined ? await unsavedFiles(context, path, saved) : undefined;
  const origins = originsOf(before, saved);
  const isSameData = live === undefined && before?.digest === saved?.digest;
  if (isSameData && origins === undefined) return undefined;
  const after = live ?? filesOf(context, cache, path, saved);
  const files = isSameData ? [] : await changedFiles(filesOf(context, cache, path, before), after, only);
  const mayBeSame = (live !== undefined || only !== undefined) && origins === undefined;
  if (mayBeSame && files?.length === 0) return undefined;
  const isFolder = [before, saved].some((side) => side?.kind === 'directory');
  const found: DatasetDiff = {
    path,
    change: before === undefined ? 'added' : saved === undefined ? 'removed' : 'modified',
    before: totalsOf(before),
    after: live === undefined ? totalsOf(saved) : liveTotals(live),
    ...(files === undefined || !isFolder ? {} : { files }),
    ...(origins && { origins }),
  };
  // Statistics are those of the whole.
  const isWhole = live === undefined && only === undefined;
  return { diff: found, ...(isWhole && versionsOf(before, saved)) };
}

/** Where both sides come from, if that is not the same. */
function originsOf(before: Pointer | undefined, saved: Pointer | undefined): Origins | undefined {
  const sides = { before: (before && originOf(before)) ?? null, after: (saved && originOf(saved)) ?? null };
  return sides.before === sides.after ? undefined : shownOrigins(sides);
}

/** The versions of both sides, or the content of the one that there is. */
function versionsOf(before: Pointer | undefined, saved: Pointer | undefined): Omit<ComparedDataset, 'diff'> {
  if (before === undefined || saved === undefined) return { content: (before ?? saved)!.digest };
  return { versions: [pointerFacts(before), pointerFacts(saved)] };
}

/** List the files of the working tree; undefined if they are those that the pointer names. */
async function unsavedFiles(
  context: WorkingContext,
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
  { repository }: WorkingContext,
  cache: Store,
  path: string,
  pointer: Pointer | undefined,
): AsyncGenerator<ManifestFile> {
  if (pointer !== undefined) yield* snapshotFiles(repository, cache, path, pointer);
}

/** List what differs between two snapshots; undefined if a manifest is not in the cache. */
async function changedFiles(
  before: AsyncIterable<ManifestFile>,
  after: AsyncIterable<ManifestFile> | Iterable<ManifestFile>,
  only: readonly string[] | undefined,
): Promise<FileChange[] | undefined> {
  const changes: FileChange[] = [];
  const contents = new Map<FileChange, string | undefined>();
  const note = (change: FileChange, file: ManifestFile): void => {
    changes.push(change);
    contents.set(change, contentOf(file));
  };
  try {
    for await (const [then, now] of joinStreams(before, after)) {
      if (!isChosen((then ?? now)!.path, only)) continue;
      if (then === undefined) note({ path: now!.path, change: 'added' }, now!);
      else if (now === undefined) note({ path: then.path, change: 'removed' }, then);
      else if (!isSame(then, now)) {
        changes.push({ path: now.path, change: 'modified' });
      }
    }
    return withFileRenames(changes, (change) => contents.get(change));
  } catch (error) {
    if (error instanceof VarveError && error.code === 'object-missing') return undefined;
    throw error;
  }
}

/**
 * What a file that was renamed has on both sides; undefined for an empty one, of which no two are the same file. Of data in place that nobody
 * has read, one object may have another path in the next version of its table.
 */
function contentOf({ path, key = path, size, digest, etag, executable }: ManifestFile): string | undefined {
  if (size === 0) return undefined;
  if (digest !== undefined) return `${digest} ${executable === true}`;
  return etag === undefined ? undefined : JSON.stringify([key, etag, size]);
}

/** Compare by digest; for data in place that nobody has read, by what its bucket says. */
function isSame(a: ManifestFile, b: ManifestFile): boolean {
  const sameObject = a.etag !== undefined && a.etag === b.etag && a.size === b.size;
  const sameBytes = sameObject || (!isUnread(a) && a.digest === b.digest);
  return sameBytes && a.executable === b.executable;
}

function totalsOf(pointer: Pointer | undefined): Totals | null {
  if (pointer === undefined) return null;
  const { bytes, files, rows } = pointer;
  const statistics = knownBy(pointer);
  return {
    ...{ bytes, files },
    ...(rows === undefined ? {} : { rows }),
    ...(statistics === undefined ? {} : { statistics }),
  };
}

function liveTotals(entries: readonly ManifestEntry[]): Totals {
  const files = entries.filter(({ digest }) => digest !== undefined);
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), files: files.length };
}

function byPath(pointers: readonly ListedPointer[]): Map<string, ListedPointer> {
  return new Map(pointers.map((pointer) => [pointer.path, pointer]));
}

/** Paths from the root; undefined for everything. */
function chosenPaths(context: WorkingContext, paths: readonly string[]): string[] | undefined {
  if (paths.length === 0) return undefined;
  const named = paths.map(
    (path) => datasetNamed(context, path) ?? pathInRepository(context.repository, context.cwd, path),
  );
  return named.includes('') ? undefined : named;
}

function refuseUnknown(chosen: readonly string[] | undefined, all: readonly string[]): void {
  const unknown = chosen?.find((path) => !all.some((dataset) => chosenWithin(dataset, [path])?.length !== 0));
  if (unknown === undefined) return;
  throw new VarveError(
    'dataset-missing',
    `${unknown} is neither a revision, nor a dataset of the two versions`,
    {
      path: unknown,
      remedy: 'See `varve status` for the datasets, and `git log` for the revisions.',
    },
  );
}
