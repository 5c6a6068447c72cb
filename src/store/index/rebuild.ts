import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { PACK_KEY, WHOLE_OBJECT_KEY } from '../../remote/store-layout.ts';
import { hexDigestOf, type RawDigest, rawDigestOf, sameDigest, toHex } from '../format/digest.ts';
import {
  encodeIndex,
  type IndexContent,
  type IndexedBlob,
  type IndexedPack,
  type IndexedRecipe,
  type IndexedWholeObject,
  IndexFile,
} from '../format/index-file.ts';
import { readTrailer } from '../format/pack.ts';
import { MAX_RECIPE_DEPTH, type RecipeBeginning, recipeBeginning } from '../format/recipe.ts';

const JOBS = 4;

/**
 * Rebuild an index from what the packs and whole objects say of themselves, for a store whose index is damaged. [restic: `repair index`]
 * `unreadable` are the keys of packs whose lists are damaged: what lies in them is not known.
 * @param isWanted whether it is to name the file of a key; all unless given
 */
export async function rebuildIndex(
  remote: Remote,
  isWanted: (key: string) => boolean = () => true,
): Promise<{ bytes: Buffer; segment: IndexFile; content: IndexContent; unreadable: string[] }> {
  const packs: IndexedPack[] = [];
  const unreadable: string[] = [];
  const blobs: IndexedBlob[] = [];
  const beginnings = new Map<string, RecipeBeginning>();
  await forEach(remote.list('packs/'), JOBS, async ({ key }) => {
    const name = isWanted(key) ? PACK_KEY.exec(key)?.[1] : undefined;
    if (name === undefined) return;
    const bytes = await remote.read(key);
    const trailer = trailerOf(bytes, name);
    if (!trailer) {
      unreadable.push(key);
      return;
    }
    const { kind, entries } = trailer;
    const pack = packs.push({ name, size: bytes.length, kind }) - 1;
    for (const { digest, offset, length } of entries) {
      // Blobs of a damaged pack are taken in if they are intact themselves.
      if (!sameDigest(rawDigestOf(bytes.subarray(offset, offset + length)), digest)) continue;
      blobs.push({ digest, pack, offset, length });
      const beginning =
        kind === 'meta' ? recipeBeginning(bytes.subarray(offset, offset + length)) : undefined;
      if (beginning !== undefined) beginnings.set(toHex(digest), beginning);
    }
  });
  const wholeObjects: IndexedWholeObject[] = [];
  for await (const { key, size } of remote.list('objects/')) {
    const match = WHOLE_OBJECT_KEY.exec(key);
    if (match && isWanted(key))
      wholeObjects.push({
        digest: Buffer.from(match[1]! + match[2]!, 'hex'),
        size,
        generation: Number(match[3] ?? 0),
      });
  }
  const content = { packs, blobs, wholeObjects, recipes: recipesOf(beginnings) };
  const bytes = encodeIndex(content);
  return { bytes, segment: IndexFile.parse(bytes, hexDigestOf(bytes)), content, unreadable };
}

/** Read the trailer of a pack; undefined if the trailer itself is damaged. */
function trailerOf(bytes: Uint8Array, name: string): ReturnType<typeof readTrailer> | undefined {
  try {
    return readTrailer(bytes, name);
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}

/**
 * Find which object each recipe describes. A recipe that is one blob says so itself. One that was cut into chunks, as recipes of files
 * of more than about 140 MB are, says so in its first chunk, to which the recipe of the recipe leads.
 * @param beginnings by the digest in hex of the blob that begins so
 */
function recipesOf(beginnings: ReadonlyMap<string, RecipeBeginning>): IndexedRecipe[] {
  const recipes: IndexedRecipe[] = [];
  for (const [hex, beginning] of beginnings) {
    if (!beginning.isComplete) continue;
    let recipe: RawDigest = Buffer.from(hex, 'hex');
    for (
      let depth = 0, at: RecipeBeginning | undefined = beginning;
      at && depth < MAX_RECIPE_DEPTH;
      depth++
    ) {
      const { digest, size, firstChunk } = at;
      recipes.push({ digest, size, recipe });
      recipe = digest;
      const next = beginnings.get(toHex(firstChunk));
      at = next?.isComplete ? undefined : next;
    }
  }
  return recipes;
}
