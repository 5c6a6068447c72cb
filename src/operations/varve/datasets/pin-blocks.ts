import { MAX_SMALL_FILE_BYTES } from '../../../store/chunking/file-layout.ts';
import { blockListOf, encodeBlockLists } from '../../../store/format/block-lists.ts';
import type { Digest } from '../../../store/format/digest.ts';
import type { ManifestEntry } from '../../../store/format/manifest.ts';
import type { Store } from '../../../store/store.ts';
import type { Pointer } from '../../../workspace/pointer.ts';

/** What is known of the blocks of large files. */
interface KnownBlocks {
  /** Lists of blocks of the files that were read just now, by the digests of those. */
  readonly read?: ReadonlyMap<Digest, Digest>;
  /** Pointers whose pins hold on for files that did not change. An index, which a remote may have written, says nothing of that. */
  readonly before: readonly (Pointer | undefined)[];
}

/**
 * Make what a pointer pins for a version: see `Pointer.blocks`.
 * @param put takes in the object that says which list each large file has
 * @param version its `entries` are the files of a directory; undefined for a single file
 * @returns undefined if nothing is known of any large file
 */
export async function pinBlocks(
  cache: Store,
  put: (bytes: Uint8Array) => Promise<Digest>,
  { digest, entries }: { readonly digest: Digest; readonly entries: readonly ManifestEntry[] | undefined },
  { read, before }: KnownBlocks,
): Promise<Digest | undefined> {
  const pinned = await Promise.all(before.map((pointer) => pointer && cache.blockLists(pointer)));
  const listOf = (object: Digest): Digest | undefined => {
    const lists = pinned.map((pins) => pins && blockListOf(pins, object));
    return read?.get(object) ?? lists.find((list) => list !== undefined);
  };
  if (entries === undefined) return listOf(digest);
  const lists = new Map<Digest, Digest>();
  for (const { digest: object, size } of entries) {
    const list = object !== undefined && size > MAX_SMALL_FILE_BYTES ? listOf(object) : undefined;
    if (list !== undefined) lists.set(object!, list);
  }
  return lists.size === 0 ? undefined : put(encodeBlockLists(lists));
}
