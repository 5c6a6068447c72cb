import { compareDigests, type RawDigest } from './digest.ts';
import {
  encodeIndex,
  type IndexContent,
  type IndexedBlob,
  type IndexedPack,
  type IndexedRecipe,
  type IndexedWhole,
  type IndexFile,
} from './index-file.ts';

/** What of several index files goes into one. */
export interface Keep {
  pack(name: string): boolean;
  whole(whole: IndexedWhole): boolean;
  recipe(recipe: IndexedRecipe): boolean;
}

export const KEEP_ALL: Keep = { pack: () => true, whole: () => true, recipe: () => true };

/** One index file that says what `segments` say together, each thing once. */
export function mergeIndexes(segments: readonly IndexFile[], keep: Keep): Buffer {
  const ordinals = new Map<string, number>();
  const packs: IndexedPack[] = [];
  const blobs: IndexedBlob[] = [];
  for (const segment of segments) {
    const fresh = new Set<number>();
    const renumbered = segment.packs.map((pack, at) => {
      if (!keep.pack(pack.name)) return -1;
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
  const content: IndexContent = {
    packs,
    blobs,
    wholes: distinct(
      segments.flatMap((segment) => [...segment.allWholes()].filter(keep.whole)),
      sameWhole,
    ),
    recipes: distinct(
      segments.flatMap((segment) => [...segment.allRecipes()].filter(keep.recipe)),
      sameRecipe,
    ),
  };
  return encodeIndex(content);
}

function distinct<T extends { readonly digest: RawDigest }>(list: T[], same: (a: T, b: T) => boolean): T[] {
  list.sort((a, b) => compareDigests(a.digest, 0, b.digest, 0));
  return list.filter((item, at) => at === 0 || !same(list[at - 1]!, item));
}

function sameWhole(a: IndexedWhole, b: IndexedWhole): boolean {
  return compareDigests(a.digest, 0, b.digest, 0) === 0 && a.generation === b.generation;
}

function sameRecipe(a: IndexedRecipe, b: IndexedRecipe): boolean {
  return compareDigests(a.digest, 0, b.digest, 0) === 0 && compareDigests(a.recipe, 0, b.recipe, 0) === 0;
}
