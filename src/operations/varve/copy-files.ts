import { basename } from 'node:path';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import type { DatasetFiles, DatasetVersion } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { snapshotFiles } from './datasets/select.ts';
import { pointerOf } from './datasets/versions.ts';
import { isInPlace, notRead } from './in-place/snapshot.ts';
import { openCache } from './stores/stores.ts';

/** Implements Backend.copyFiles. */
export async function copyFiles(
  context: WorkingContext,
  { path, commit }: DatasetVersion,
  targetOf: (name: string, index: number) => string | undefined,
): Promise<DatasetFiles> {
  const { repository, signal } = context;
  const pointer = pointerOf(repository, path, commit)!;
  return closing(await openCache(context), async (cache) => {
    const files: DataFile[] = [];
    for await (const { path: inside, digest, size } of snapshotFiles(repository, cache, path, pointer)) {
      if (inside.endsWith('/')) continue;
      const name = inside === '' ? basename(path) : inside;
      const absolutePath = targetOf(name, files.length);
      if (absolutePath === undefined) continue;
      signal?.throwIfAborted();
      const isHere = digest !== undefined && (absolutePath === '' || cache.has(digest));
      if (isInPlace(pointer) && !isHere) throw notRead(path, inside, pointer);
      if (absolutePath !== '') await cache.restore(digest!, absolutePath);
      files.push({ absolutePath, path: name, digest: digest!, size });
    }
    return { kind: pointer.kind, files };
  });
}
