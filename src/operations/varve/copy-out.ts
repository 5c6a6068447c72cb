import { join, posix } from 'node:path';
import { isChosen } from '../../base/files/path-order.ts';
import type { FileToRestore } from '../../store/restoring/restore-files.ts';
import type { Store } from '../../store/store.ts';
import { checkCollisions, nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { CopiedFiles } from '../backend/results.ts';
import type { VersionPart } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { fillWhole, NewFolders } from '../datasets/whole-target.ts';
import { selected } from './bring.ts';
import { type SelectedDataset, snapshotFiles } from './datasets/select.ts';
import { bringSmallFiles, type DirectSource, restoreAll } from './direct.ts';
import type { ManifestFile } from './in-place/snapshot.ts';
import { openCache } from './stores/stores.ts';

/** Implements Backend.copyOut. */
export async function copyOut(
  context: WorkingContext,
  wanted: VersionPart,
  target: string,
): Promise<CopiedFiles> {
  const dataset = selected(context, wanted);
  return closing(await openCache(context), async (cache) => {
    const direct = await bringSmallFiles(context, cache, dataset, false);
    try {
      return await copyFrom(context, cache, direct, dataset, wanted, target);
    } finally {
      await direct?.store.close();
    }
  });
}

async function copyFrom(
  { repository, signal, onProgress }: WorkingContext,
  cache: Store,
  direct: DirectSource | undefined,
  { path, pointer, only }: SelectedDataset,
  { version, part }: VersionPart,
  target: string,
): Promise<CopiedFiles> {
  const files: ManifestFile[] = [];
  for await (const file of snapshotFiles(repository, cache, path, pointer))
    if (isChosen(file.path, only)) files.push(file);
  if (only !== undefined && files.length === 0) throw noSuchFile(version, part);
  const named = files.map((file) => ({ ...file, path: file.path.slice((only?.[0]?.length ?? -1) + 1) }));
  checkCollisions(
    named.map((file) => file.path),
    nameFolding(repository),
    path,
  );
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    onProgress?.({ phase: 'copy', unit: 'bytes', done, total: bytes });
  };
  const lists = await cache.blockLists(pointer);
  await fillWhole(target, async (place) => {
    const restored = await withFolders(place, named);
    await restoreAll(cache, direct, restored, restored.length, { onBytes, signal, lists });
  });
  return { files: files.filter(({ digest }) => digest !== undefined).length, bytes };
}

/** Make the folders, also those that are empty, and say which files are to be put into them. */
async function withFolders(place: string, files: readonly ManifestFile[]): Promise<FileToRestore[]> {
  const folders = new NewFolders(place);
  const isFile = files.length === 1 && files[0]!.path === '';
  if (!isFile) await folders.make('');
  const restored: FileToRestore[] = [];
  for (const { path, digest, size, executable = false } of files) {
    if (digest === undefined) {
      await folders.make(path);
      continue;
    }
    if (!isFile) await folders.make(posix.dirname(path));
    restored.push({ digest, size, target: isFile ? place : join(place, path), executable });
  }
  return restored;
}
