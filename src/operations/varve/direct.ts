import { isChosen } from '../../base/files/path-order.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { type Digest, toRaw } from '../../store/format/digest.ts';
import type { FileToRestore } from '../../store/restoring/restore-files.ts';
import type { RestoreAllOptions, Store } from '../../store/store.ts';
import type { WorkingContext } from '../context/context.ts';
import { bringInto, isHere } from './bring.ts';
import { type SelectedDataset, snapshotFiles } from './datasets/select.ts';
import { keepsUnpushedOnly, mayDropFor } from './evict.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { type OpenRemoteStore, openRemoteStore, wantedFromRemote } from './stores/stores.ts';

/** Smaller files come through the cache, many to a request. */
const MIN_DIRECT_BYTES = 1024 * 1024;
/** Large files on their way at the same time. */
const JOBS = 4;

/** A remote from which files come past the cache. */
export interface DirectSource extends OpenRemoteStore {
  /** What has come so. */
  readonly brought: { objects: number; bytes: number };
}

/**
 * Open the remote from which large files come without a stop in the cache, which would drop them at once. Close its store.
 * @returns undefined where the cache keeps what the remote has, and for data in place, which comes from elsewhere
 */
export async function openDirect(
  context: WorkingContext,
  datasets: readonly SelectedDataset[],
  remote: string | undefined,
): Promise<DirectSource | undefined> {
  if (!keepsUnpushedOnly(context) || datasets.every(({ pointer }) => isInPlace(pointer))) return undefined;
  const opened = await openRemoteStore(context, remote);
  if (mayDropFor(context, opened.name)) return { ...opened, brought: { objects: 0, bytes: 0 } };
  await opened.store.close();
  return undefined;
}

/**
 * Bring what the cache lacks of a dataset, but for large files that the remote has: those can be restored from there. Asks nobody if it
 * lacks nothing. Close the store that it answers.
 */
export async function bringSmallFiles(
  context: WorkingContext,
  cache: Store,
  dataset: SelectedDataset,
): Promise<DirectSource | undefined> {
  const isLacking = keepsUnpushedOnly(context) && !(await isHere(context, cache, dataset));
  const direct = isLacking
    ? await openDirect(context, [dataset], undefined).catch(wanted(dataset))
    : undefined;
  if (direct === undefined) {
    await bringInto(context, cache, dataset);
    return undefined;
  }
  try {
    // The list of a folder comes first.
    await bringInto(context, cache, { ...dataset, only: [] });
    await bringInto(context, cache, dataset, await largeFilesOn(context, cache, direct.store, [dataset]));
    return direct;
  } catch (error) {
    await direct.store.close();
    throw error;
  }
}

function wanted({ path, pointer }: SelectedDataset): (error: unknown) => never {
  return (error) => {
    throw wantedFromRemote(error, path, pointer.digest);
  };
}

/** Find the large files of these versions that the remote has and the cache has not. Of a folder whose manifest is not in the cache nothing is known. */
export async function largeFilesOn(
  { repository }: WorkingContext,
  cache: Store,
  remote: Store,
  datasets: readonly SelectedDataset[],
): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  for (const { path, pointer, only } of datasets) {
    if (isInPlace(pointer) || (pointer.kind === 'directory' && !cache.has(pointer.digest))) continue;
    for await (const { path: file, size, digest } of snapshotFiles(repository, cache, path, pointer)) {
      if (digest === undefined || size < MIN_DIRECT_BYTES || !isChosen(file, only)) continue;
      if (!cache.has(digest) && remote.has(digest)) found.add(digest);
    }
  }
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
  const { onBytes, signal, lists } = options;
  await forEach(far, JOBS, async ({ digest, size, target, executable }) => {
    await direct.store.restore(digest, target, {
      executable,
      signal,
      blocks: lists?.of(toRaw(digest)),
      ...(onBytes && { onBytes }),
    });
    direct.brought.objects += 1;
    direct.brought.bytes += size;
  });
}
