import { isStoreKey } from '../../remote/store-layout.ts';
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
 * Index the packs and whole objects that no index names, and that no `verify` has found damaged: the index that named them may be lost. What nothing
 * needs of them, the next gc finds unneeded as it does of all else.
 * @returns how many files are named now that were not
 * @throws VarveError `pending-deletions-damaged`, and what the remote meets
 */
export async function indexUnnamed(core: StoreCore): Promise<number> {
  const named = indexedKeys(core);
  // What a gc listed may be needed again by now; what was found damaged is not to be relied on.
  for (const { keys, isDamage } of await readPendingDeletions(core.remote))
    for (const key of isDamage ? keys : []) named.add(key);
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
