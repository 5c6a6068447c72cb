import { isStoreKey } from '../../remote/store-layout.ts';
import type { IndexedPack } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { readPendingDeletions } from '../gc/pending-deletions.ts';
import type { StoreCore } from '../store-core.ts';
import { rebuildIndex } from './rebuild.ts';

/** List the keys of the packs and whole objects that an index names. */
export function indexedKeys({ catalog }: StoreCore): Set<string> {
  const indexed = new Set<string>();
  for (const segment of catalog.segments) {
    for (const { name } of segment.packs) indexed.add(packKey(name));
    for (const { digest, generation } of segment.allWholeObjects())
      indexed.add(wholeObjectKey(digest, generation));
  }
  return indexed;
}

/**
 * Index the packs and whole objects that no index names, and that no gc has found unneeded: the index that named them may be lost. What nothing
 * needs of them, the next gc finds unneeded as it does of all else.
 * @returns how many files are named now that were not
 * @throws VarveError `pending-deletions-damaged`, and what the remote meets
 */
export async function indexUnnamed(core: StoreCore): Promise<number> {
  const named = indexedKeys(core);
  for (const { keys } of await readPendingDeletions(core.remote)) for (const key of keys) named.add(key);
  const unnamed = new Set<string>();
  for (const prefix of ['packs/', 'objects/'])
    for await (const { key } of core.remote.list(prefix))
      if (isStoreKey(key) && !named.has(key)) unnamed.add(key);
  if (unnamed.size === 0) return 0;
  const { content } = await rebuildIndex(core.remote, (key) => unnamed.has(key));
  const count = content.packs.length + content.wholeObjects.length;
  if (count > 0) await core.writeIndex(content);
  return count;
}

/**
 * Look whether the packs and whole objects that the index names are there in their full length: nothing new relies on one that is not, so that its
 * bytes are sent again. For who is about to keep no copy. It takes a listing of the store.
 */
export async function markMissing({ catalog, remote }: StoreCore): Promise<void> {
  const sizes = new Map<string, number>();
  for (const prefix of ['packs/', 'objects/'])
    for await (const { key, size } of remote.list(prefix)) sizes.set(key, size);
  const isMissing = ({ name, size }: IndexedPack): boolean => sizes.get(packKey(name)) !== size;
  for (const segment of catalog.segments) {
    for (const { digest, size, generation } of segment.allWholeObjects()) {
      const key = wholeObjectKey(digest, generation);
      if (sizes.get(key) !== size) catalog.markDamaged({ at: 'whole', key, size });
    }
    if (!segment.packs.some(isMissing)) continue;
    for (const { pack, blobs } of segment.byPack()) {
      if (!isMissing(pack)) continue;
      for (const { offset, length } of blobs)
        catalog.markDamaged({ at: 'pack', pack: pack.name, packKind: pack.kind, offset, length });
    }
  }
}
