import { joinStreams } from '../../../base/files/path-order.ts';
import { VarveError } from '../../../errors.ts';
import { type ManifestEntry, readManifest } from '../../../store/format/manifest.ts';
import { readSourceManifest, type SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import type { Root } from '../../../store/gc/roots.ts';
import type { Store } from '../../../store/store.ts';
import { shellWord } from '../../../wording/quote.ts';
import type { Pointer } from '../../../workspace/pointer.ts';
import type { Repository } from '../../../workspace/repository.ts';
import { type ReadRecord, readRecordOf } from '../../../workspace/tree/read-record.ts';

/** A pointer to data that lies in a bucket and stays there. */
export type PointerInPlace = Pointer & { readonly source: string };

export function isInPlace(pointer: Pointer): pointer is PointerInPlace {
  return pointer.source !== undefined;
}

/**
 * Read the list of a snapshot in place, in order, with the digests of those files whose bytes a server or this clone
 * knows.
 * @throws VarveError `object-missing` if the source manifest is not in the store; `manifest-damaged`
 */
export async function* sourceFiles(
  repository: Repository,
  store: Store,
  path: string,
  pointer: PointerInPlace,
): AsyncGenerator<SourceManifestEntry> {
  const where = `of ${path}, ${pointer.digest}`;
  const record = readRecordOf(repository, pointer.digest);
  const listed = readSourceManifest(store.readStream(pointer.digest), where, () => {
    if (pointer.columns === undefined) throw otherKind(path);
  });
  for await (const [file, read] of joinStreams(listed, filesRead(store, pointer, record, where))) {
    if (file === undefined) continue;
    if ((file.path === '') !== (pointer.kind === 'file')) throw otherKind(path);
    if (file.key !== undefined && pointer.keys === undefined) throw otherKind(path);
    yield file.digest === undefined && read?.digest !== undefined ? { ...file, digest: read.digest } : file;
  }
}

/** A file of a snapshot, which may be in place: then its state in the bucket has a name even where its bytes have none. */
export interface ManifestFile extends ManifestEntry {
  readonly etag?: string;
  /** Where it lies there, if that is not its path. */
  readonly key?: string;
}

/**
 * Tell whether nobody has read the bytes of a file, so that they have no digest. An empty folder has none either, and is
 * no file.
 */
export function isUnread({ digest, etag }: ManifestFile): boolean {
  return digest === undefined && etag !== undefined;
}

/** Read the list as ordinary entries, without a digest for files that nobody has read. */
export async function* entriesInPlace(
  repository: Repository,
  store: Store,
  path: string,
  pointer: PointerInPlace,
): AsyncGenerator<ManifestFile> {
  for await (const file of sourceFiles(repository, store, path, pointer)) {
    const { path: inside, key, size, digest, etag } = file;
    yield {
      path: inside,
      size,
      etag,
      ...(key !== undefined && { key }),
      ...(digest !== undefined && { digest }),
    };
  }
}

/**
 * Make a root of what this clone has read of a snapshot in place, so that gc keeps it and verify checks it. Undefined if
 * it has read nothing.
 */
export function rootOfRead(repository: Repository, path: string, pointer: Pointer): Root | undefined {
  const record = isInPlace(pointer) ? readRecordOf(repository, pointer.digest) : undefined;
  return record && { path, kind: pointer.kind, digest: record.copy };
}

export function notRead(path: string, file: string, { source }: PointerInPlace): VarveError {
  const whole = file === '' ? path : `${path}/${file}`;
  return new VarveError('object-missing', `${whole} lies in ${source}, and its bytes are not in the cache`, {
    path: whole,
    remedy: `Run \`varve pull ${shellWord(path)}\`, which reads it there.`,
  });
}

/** What was read before, as far as the store still has the record of it. */
async function* filesRead(
  store: Store,
  pointer: PointerInPlace,
  record: ReadRecord | undefined,
  where: string,
): AsyncGenerator<ManifestEntry> {
  if (record === undefined || !store.has(record.copy)) return;
  if (pointer.kind === 'directory') yield* readManifest(store.readStream(record.copy), `read ${where}`);
  else yield { path: '', size: pointer.bytes, digest: record.copy };
}

function otherKind(path: string): VarveError {
  return new VarveError(
    'manifest-damaged',
    `The manifest of ${path} is not of the kind that its pointer says`,
    {
      path,
      remedy: 'Restore the pointer from a commit that you trust.',
    },
  );
}
