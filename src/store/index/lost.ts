import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import { hexDigestOf, type RawDigest, toDigest } from '../format/digest.ts';
import { encodeIndex, type IndexedPack, IndexFile } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { readPendingDeletions, writePendingDeletions } from '../gc/pending-deletions.ts';
import { visitRoot } from '../gc/reachable.ts';
import type { StoreCore } from '../store-core.ts';
import { rebuildIndex } from './rebuild.ts';

/** List the packs and whole objects that lie in a store. What has another name is not varve's. */
export async function* storedData(remote: Remote): AsyncGenerator<ObjectInfo> {
  for (const prefix of ['packs/', 'objects/'])
    for await (const file of remote.list(prefix)) if (isStoreKey(file.key)) yield file;
}

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
 * @returns how many files are named now that were not, and the keys of packs that cannot be, as their lists are damaged
 * @throws VarveError `pending-deletions-damaged`, and what the remote meets
 */
export async function indexUnnamed(
  core: StoreCore,
): Promise<{ readonly count: number; readonly unreadable: readonly string[] }> {
  const named = indexedKeys(core);
  // What a gc listed may be needed again by now; what was found damaged is not to be relied on.
  for (const { keys, isDamage } of await readPendingDeletions(core.remote))
    for (const key of isDamage ? keys : []) named.add(key);
  const unnamed = new Set<string>();
  for await (const { key } of storedData(core.remote)) if (!named.has(key)) unnamed.add(key);
  if (unnamed.size === 0) return { count: 0, unreadable: [] };
  const { content, unreadable } = await rebuildIndex(core.remote, (key) => unnamed.has(key));
  const count = content.packs.length + content.wholeObjects.length;
  if (count > 0) await core.writeIndex(content);
  return { count, unreadable };
}

/**
 * Index the recipes that no index names, though the packs of lists that hold them are named, if all their chunks are there: the index that named them
 * may be lost. It reads every pack of lists.
 * @returns how many recipes are named now that were not
 * @throws VarveError `recipe-damaged`, and what the remote meets
 */
export async function indexLostRecipes(core: StoreCore): Promise<number> {
  const meta = new Set<string>();
  for (const segment of core.catalog.segments)
    for (const { name, kind } of segment.packs) if (kind === 'meta') meta.add(packKey(name));
  const { content } = await rebuildIndex(core.remote, (key) => meta.has(key));
  const lost = content.recipes.filter(({ digest }) => core.catalog.first(digest) === undefined);
  if (lost.length === 0) return 0;
  const only = (recipes: typeof lost) => ({ packs: [], blobs: [], wholeObjects: [], recipes });
  // The catalog knows them while their chunks are looked for: a recipe of a large file is itself read by a recipe.
  const bytes = encodeIndex(only(lost));
  core.catalog.add(IndexFile.parse(bytes, hexDigestOf(bytes)));
  const whole: typeof lost = [];
  for (const recipe of lost) if (await isWhole(core, recipe.digest)) whole.push(recipe);
  await core.reload();
  if (whole.length > 0) await core.writeIndex(only(whole));
  return whole.length;
}

async function isWhole(core: StoreCore, raw: RawDigest): Promise<boolean> {
  const digest = toDigest(raw);
  let isComplete = true;
  try {
    await visitRoot(core, { path: digest, kind: 'file', digest }, ({ location }) => {
      if (location === undefined) isComplete = false;
    });
  } catch (error) {
    if (error instanceof VarveError && error.code === 'object-missing') return false;
    throw error;
  }
  return isComplete;
}

/**
 * Look whether the packs and whole objects that the index names are there in their full length: nothing new relies on one that is not, so that its
 * bytes are sent again. It takes a listing of the store. What is missing goes on a list of pending deletions, as what `verify` finds damaged does:
 * otherwise another clone would still read it by the older index, and no later push would send it.
 * @throws VarveError `pending-deletions-damaged`, and what the remote meets
 */
export async function markMissing(core: StoreCore): Promise<void> {
  const { catalog, remote } = core;
  const sizes = new Map<string, number>();
  for await (const { key, size } of storedData(remote)) sizes.set(key, size);
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
  await listDamaged(core);
}

async function listDamaged(core: StoreCore): Promise<void> {
  const { damagedKeys } = core.catalog;
  if (damagedKeys.size === 0) return;
  const known = await core.keysPendingDeletion();
  const fresh = [...damagedKeys].filter((key) => !known.has(key));
  if (fresh.length > 0) await writePendingDeletions(core.remote, fresh, true);
}
