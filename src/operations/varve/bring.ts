import { isChosen } from '../../base/files/path-order.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { VersionPart } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { type SelectedDataset, snapshotFiles } from './datasets/select.ts';
import { pointerOf } from './datasets/versions.ts';
import { fetchInto, type Passing } from './fetch.ts';
import { isInPlace, isUnread } from './in-place/snapshot.ts';
import { openCache, wantedFromRemote } from './stores/stores.ts';

/** Implements Backend.bring. */
export async function bring(context: WorkingContext, wanted: VersionPart): Promise<void> {
  await closing(await openCache(context), (cache) => bringInto(context, cache, selected(context, wanted)));
}

/** Implements Backend.isHere. */
export async function isVersionHere(context: WorkingContext, wanted: VersionPart): Promise<boolean> {
  return closing(await openCache(context), (cache) => isHere(context, cache, selected(context, wanted)));
}

/** The dataset that a version is of, with the pointer that the version has. */
export function selected({ repository }: WorkingContext, { version, part }: VersionPart): SelectedDataset {
  const { path, commit } = version;
  const pointer = pointerOf(repository, path, commit)!;
  return { path, pointer, ...(part === undefined ? {} : { only: [part] }) };
}

/**
 * Bring what the cache lacks from the default remote, or from where data in place lies. Asks nobody if it lacks nothing.
 */
export async function bringInto(
  context: WorkingContext,
  cache: Store,
  dataset: SelectedDataset,
  passing: Passing = {},
): Promise<void> {
  if (await isHere(context, cache, dataset, passing.skip)) return;
  try {
    await fetchInto(context, cache, [dataset], {}, passing);
  } catch (error) {
    throw wantedFromRemote(error, dataset.path, dataset.pointer.digest);
  }
}

/** Tell whether the cache has all of a dataset, or of the chosen parts. */
export async function isHere(
  { repository }: WorkingContext,
  cache: Store,
  { path, pointer, only }: SelectedDataset,
  skip?: ReadonlySet<Digest>,
): Promise<boolean> {
  const isListed = pointer.kind === 'directory' || isInPlace(pointer);
  if (isListed && !cache.has(pointer.digest)) return false;
  for await (const file of snapshotFiles(repository, cache, path, pointer)) {
    if (!isChosen(file.path, only) || (file.digest !== undefined && skip?.has(file.digest))) continue;
    if (isUnread(file) || (file.digest !== undefined && !cache.has(file.digest))) return false;
  }
  return true;
}
