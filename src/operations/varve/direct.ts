import { isChosen } from '../../base/files/path-order.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import type { BlockLists } from '../../store/format/block-lists.ts';
import { type Digest, toRaw } from '../../store/format/digest.ts';
import type { FileToRestore } from '../../store/restoring/restore-files.ts';
import type { RestoreAllOptions, Store } from '../../store/store.ts';
import { comesThrough, restoreThrough } from '../../store/transfer/restore-through.ts';
import type { WorkingContext } from '../context/context.ts';
import { bringInto, isHere } from './bring.ts';
import { type SelectedDataset, snapshotFiles } from './datasets/select.ts';
import { filesByPlace, keepsUnpushedOnly, mayDropFor } from './evict.ts';
import type { Passing } from './fetch.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { type OpenRemoteStore, openRemoteStore, wantedFromRemote } from './stores/stores.ts';

/** Smaller files come through the cache, many to a request. */
const MIN_DIRECT_BYTES = 1024 * 1024;
/** Large files on their way at the same time. */
const JOBS = 4;

/** A remote from which large files come straight into place. */
export interface DirectSource extends OpenRemoteStore {
  /** Whether the cache takes in what comes, on the way: else it would drop it at once. */
  readonly fillsCache: boolean;
  /** What has come so. */
  readonly brought: { objects: number; bytes: number };
}

/**
 * Open the remote from which large files come straight into place, past the cache or through it. Close its store.
 * @returns undefined for data in place, which comes from elsewhere
 */
export async function openDirect(
  context: WorkingContext,
  datasets: readonly SelectedDataset[],
  remote: string | undefined,
): Promise<DirectSource | undefined> {
  if (datasets.every(({ pointer }) => isInPlace(pointer))) return undefined;
  const opened = await openRemoteStore(context, remote);
  const fillsCache = !keepsUnpushedOnly(context) || !mayDropFor(context, opened.name);
  return { ...opened, fillsCache, brought: { objects: 0, bytes: 0 } };
}

/**
 * Bring what the cache lacks of a dataset, but for large files that the remote has: those can be restored from there. Asks nobody if it
 * lacks nothing. Close the store that it answers.
 * @param toPlace whether what is restored goes where the dataset lies: files that lie there already need not be brought
 */
export async function bringSmallFiles(
  context: WorkingContext,
  cache: Store,
  dataset: SelectedDataset,
  toPlace: boolean,
): Promise<DirectSource | undefined> {
  const isLacking = !(await isHere(context, cache, dataset));
  const direct = isLacking
    ? await openDirect(context, [dataset], undefined).catch(wanted(dataset))
    : undefined;
  if (direct === undefined) {
    await bringInto(context, cache, dataset);
    return undefined;
  }
  try {
    // The list of a folder comes first.
    await bringInto(context, cache, { ...dataset, only: [] }, { opened: direct });
    await bringInto(context, cache, dataset, await passing(context, cache, [dataset], direct, toPlace));
    return direct;
  } catch (error) {
    await direct.store.close();
    throw error;
  }
}

/**
 * Find what need not be fetched into the cache before it is put in place: it lies there already, or comes straight from the remote. What an
 * edit hides is not put in place: the cache has it for whoever gives up the edit.
 */
export async function passing(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  direct: DirectSource,
  toPlace: boolean,
): Promise<Passing> {
  const large = await largeFilesOn(context, cache, direct, datasets);
  const isKnown = toPlace && (large.size > 0 || !direct.fillsCache);
  const { inPlace, edited } = isKnown ? await filesByPlace(context, cache, datasets) : NOWHERE;
  const straight = [...large].filter((digest) => !edited.has(digest));
  if (!direct.fillsCache) return { opened: direct, skip: new Set([...inPlace, ...straight]) };
  return { opened: direct, later: new Set(straight.filter((digest) => !inPlace.has(digest))) };
}

const NOWHERE = { inPlace: new Set<Digest>(), edited: new Set<Digest>() };

function wanted({ path, pointer }: SelectedDataset): (error: unknown) => never {
  return (error) => {
    throw wantedFromRemote(error, path, pointer.digest);
  };
}

/** Find the large files of these versions that come straight. Of a folder whose manifest is not in the cache nothing is known. */
async function largeFilesOn(
  { repository }: WorkingContext,
  cache: Store,
  direct: DirectSource,
  datasets: readonly SelectedDataset[],
): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  const { store } = direct;
  // Two pointers may name one file, of which only one pins blocks that the remote has.
  const others = new Set<Digest>();
  for (const { path, pointer, only } of datasets) {
    if (isInPlace(pointer) || (pointer.kind === 'directory' && !cache.has(pointer.digest))) continue;
    const lists = await cache.blockLists(pointer);
    for await (const { path: file, size, digest } of snapshotFiles(repository, cache, path, pointer)) {
      if (digest === undefined || size < MIN_DIRECT_BYTES || !isChosen(file, only)) continue;
      if (cache.has(digest) || !store.has(digest)) continue;
      const isFound = comesStraight(direct, digest, size, lists);
      (isFound ? found : others).add(digest);
    }
  }
  for (const digest of others) found.delete(digest);
  return found;
}

/** Restore files from the cache, or from the remote what the cache lacks. */
export async function restoreAll(
  cache: Store,
  direct: DirectSource | undefined,
  files: Iterable<FileToRestore>,
  count: number,
  options: RestoreAllOptions,
): Promise<void> {
  if (direct === undefined) return cache.restoreAll(files, count, options);
  const local: FileToRestore[] = [];
  const far: FileToRestore[] = [];
  for (const file of files) (cache.has(file.digest) ? local : far).push(file);
  await cache.restoreAll(local, local.length, options);
  const { brought, store, fillsCache } = direct;
  if (fillsCache) {
    const { objects, bytes } = await restoreThrough(store, cache, far, options);
    brought.objects += objects;
    brought.bytes += bytes;
    return;
  }
  const { onBytes, signal, lists } = options;
  await forEach(far, JOBS, async ({ digest, size, target, executable }) => {
    await store.restore(digest, target, {
      executable,
      signal,
      blocks: lists?.of(toRaw(digest)),
      ...(onBytes && { onBytes }),
    });
    brought.objects += 1;
    brought.bytes += size;
  });
}

/**
 * Tell whether {@link restoreAll} can bring an object that the cache lacks. One of another size than its version says comes the other way, on
 * which that is told.
 */
export function comesStraight(
  { store, fillsCache }: DirectSource,
  digest: Digest,
  size: number,
  lists: BlockLists,
): boolean {
  if (store.size(digest) !== size) return false;
  return fillsCache ? comesThrough(store, digest, lists.of(toRaw(digest))) : store.has(digest);
}
