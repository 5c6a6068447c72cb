import { compareDigests, hexDigestOf, type RawDigest } from '../format/digest.ts';
import {
  encodeIndex,
  type IndexContent,
  type IndexedBlob,
  type IndexedPack,
  type IndexedRecipe,
  type IndexedWholeObject,
  IndexFile,
  indexKey,
} from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import type { StoreCore } from '../store-core.ts';
import { DigestSet } from './digest-set.ts';

/** If a store has more index files than this, the next commit joins the smaller ones. */
const MAX_SEGMENTS = 24;
/** So many of the largest are left as they are, so that a commit costs about what it adds. */
const UNMERGED_SEGMENTS = 8;

/**
 * Put one index file in the place of all. It drops what names a removed file, and recipes whose own bytes are gone.
 * @param stays whether the file of a key remains
 * @param isWhole whether all that a recipe lists remains
 */
export async function pruneIndex(
  core: StoreCore,
  stays: (key: string) => boolean,
  isWhole: (recipe: IndexedRecipe) => boolean = () => true,
): Promise<void> {
  const content = merged(core.catalog.segments, stays);
  const there = new DigestSet();
  for (const { digest } of content.blobs) there.add(digest);
  for (const { digest } of content.recipes) there.add(digest);
  const recipes = content.recipes.filter((one) => there.has(one.recipe) && isWhole(one));
  await replaceIndex(core, core.catalog.segments, { ...content, recipes });
}

async function replaceIndex(
  core: StoreCore,
  segments: readonly IndexFile[],
  content: IndexContent,
): Promise<void> {
  const bytes = encodeIndex(content);
  const name = hexDigestOf(bytes);
  if (segments.length === 0 || (segments.length === 1 && segments[0]!.name === name)) return;
  await core.remote.write(indexKey(name), bytes, { sha256: name });
  const replaced = segments.filter((segment) => segment.name !== name);
  await core.remote.remove(replaced.map((segment) => indexKey(segment.name)));
  core.catalog.replace(replaced, IndexFile.parse(bytes, name));
}

/** Join small index files into one if there are many. */
export async function joinIndexes(core: StoreCore): Promise<void> {
  const { segments } = core.catalog;
  if (segments.length <= MAX_SEGMENTS) return;
  const bySize = [...segments].sort((a, b) => a.byteLength - b.byteLength);
  const small = bySize.slice(0, segments.length - UNMERGED_SEGMENTS);
  await replaceIndex(
    core,
    small,
    merged(small, () => true),
  );
}

/** Merge index files: each pack, blob, whole object and recipe once. */
function merged(segments: readonly IndexFile[], stays: (key: string) => boolean): IndexContent {
  const ordinals = new Map<string, number>();
  const packs: IndexedPack[] = [];
  const blobs: IndexedBlob[] = [];
  for (const segment of segments) {
    const fresh = new Set<number>();
    const renumbered = segment.packs.map((pack, at) => {
      if (!stays(packKey(pack.name))) return -1;
      if (!ordinals.has(pack.name)) {
        ordinals.set(pack.name, packs.push(pack) - 1);
        fresh.add(at);
      }
      return ordinals.get(pack.name)!;
    });
    for (const blob of segment.allBlobs()) {
      // A pack never changes, so whoever named it first named all of its blobs.
      if (fresh.has(blob.pack)) blobs.push({ ...blob, pack: renumbered[blob.pack]! });
    }
  }
  const wholeObjects = segments.flatMap((segment) => [...segment.allWholeObjects()]);
  const recipes = segments.flatMap((segment) => [...segment.allRecipes()]);
  return {
    packs,
    blobs,
    wholeObjects: distinct(wholeObjects, sameWholeObject).filter(({ digest, generation }) =>
      stays(wholeObjectKey(digest, generation)),
    ),
    recipes: distinct(recipes, sameRecipe),
  };
}

function distinct<T extends { readonly digest: RawDigest }>(list: T[], same: (a: T, b: T) => boolean): T[] {
  list.sort((a, b) => compareDigests(a.digest, 0, b.digest, 0));
  return list.filter((item, at) => at === 0 || !same(list[at - 1]!, item));
}

function sameWholeObject(a: IndexedWholeObject, b: IndexedWholeObject): boolean {
  return compareDigests(a.digest, 0, b.digest, 0) === 0 && a.generation === b.generation;
}

function sameRecipe(a: IndexedRecipe, b: IndexedRecipe): boolean {
  return compareDigests(a.digest, 0, b.digest, 0) === 0 && compareDigests(a.recipe, 0, b.recipe, 0) === 0;
}
