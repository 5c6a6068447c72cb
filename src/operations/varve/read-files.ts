import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { objectMissing } from '../../store/errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { SnapshotFile as ListedFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { WorkingContext } from '../context/context.ts';
import { snapshotFiles } from './datasets/select.ts';
import { pointerOf } from './datasets/versions.ts';
import { isInPlace, type ManifestFile, notRead } from './in-place/snapshot.ts';
import { openCache, openRemoteStore, wantedFromRemote } from './stores/stores.ts';

/** See Backend.listFiles. The list comes from the cache, else from the default remote unless that is not to be asked. */
export async function* listFiles(
  context: WorkingContext,
  { path, commit }: DatasetVersion,
  isLocal = false,
): AsyncGenerator<ListedFile> {
  const pointer = pointerOf(context.repository, path, commit)!;
  for await (const file of filesOf(context, path, pointer, isLocal)) {
    const { path: inside, size, digest, executable } = file;
    yield {
      path: inside || basename(path),
      size,
      ...(digest === undefined ? {} : { digest }),
      ...(executable ? { executable } : {}),
    };
  }
}

/** See Backend.readFile. The bytes come from the cache, else from the default remote; the cache does not grow. */
export async function* readFile(
  context: WorkingContext,
  version: DatasetVersion,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const { repository, signal } = context;
  const { path, commit } = version;
  const pointer = pointerOf(repository, path, commit)!;
  const found = await fileOf(context, path, pointer, file ?? '');
  if (found === undefined) throw noSuchFile(version, file);
  const { digest } = found;
  if (digest === undefined && isInPlace(pointer)) throw notRead(path, found.path, pointer);
  const store = await openStoreWith(context, digest!, path);
  try {
    const scratch = join(repository.stateFolder, `.varve-${randomBytes(8).toString('hex')}.tmp`);
    for await (const bytes of store.readVerified(digest!, scratch)) {
      signal?.throwIfAborted();
      yield bytes;
    }
  } finally {
    await store.close();
  }
}

async function fileOf(
  context: WorkingContext,
  path: string,
  pointer: Pointer,
  wanted: string,
): Promise<ManifestFile | undefined> {
  for await (const file of filesOf(context, path, pointer)) {
    if (file.path === wanted) return file;
  }
  return undefined;
}

/** Empty folders are left out. */
async function* filesOf(
  context: WorkingContext,
  path: string,
  pointer: Pointer,
  isLocal = false,
): AsyncGenerator<ManifestFile> {
  const { repository, signal } = context;
  const store = isLocal ? await openCache(context) : await openStoreWith(context, listOf(pointer), path);
  try {
    for await (const file of snapshotFiles(repository, store, path, pointer)) {
      signal?.throwIfAborted();
      if (!file.path.endsWith('/')) yield file;
    }
  } finally {
    await store.close();
  }
}

/** The object that lists the files; undefined where the pointer itself says all. */
function listOf(pointer: Pointer): Digest | undefined {
  return pointer.kind === 'directory' || isInPlace(pointer) ? pointer.digest : undefined;
}

/**
 * The cache, or the default remote where only that has the object. Close it.
 * @throws VarveError `object-missing`, `settings-untrusted`
 */
export async function openStoreWith(
  context: WorkingContext,
  digest: Digest | undefined,
  path: string,
): Promise<Store> {
  const cache = await openCache(context);
  if (digest === undefined || cache.has(digest)) return cache;
  await cache.close();
  const { store, url } = await openRemoteStore(context).catch((error: unknown) => {
    throw wantedFromRemote(error, path, digest);
  });
  if (store.has(digest)) return store;
  await store.close();
  throw objectMissing(digest, url, path);
}
