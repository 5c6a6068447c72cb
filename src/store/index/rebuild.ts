import { forEach } from '../../base/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { hexDigestOf, rawDigestOf, sameDigest } from '../format/digest.ts';
import {
  encodeIndex,
  type IndexedBlob,
  type IndexedPack,
  type IndexedRecipe,
  type IndexedWhole,
  IndexFile,
} from '../format/index-file.ts';
import { readTrailer } from '../format/pack.ts';
import { recipeHeader } from '../format/recipe.ts';

const PACK = /^packs\/([0-9a-f]{64})\.pack$/;
const WHOLE = /^objects\/([0-9a-f]{2})\/([0-9a-f]{62})(?:\.([1-9][0-9]{0,9}))?$/;
const JOBS = 4;

/**
 * An index of what the packs and whole objects say of themselves, for a store whose index is damaged. Recipes that were
 * themselves cut into chunks are not found this way: adding or fetching those objects again names them again.
 */
export async function salvageIndex(remote: Remote): Promise<{ bytes: Buffer; segment: IndexFile }> {
  const packs: IndexedPack[] = [];
  const blobs: IndexedBlob[] = [];
  const recipes: IndexedRecipe[] = [];
  await forEach(remote.list('packs/'), JOBS, async ({ key }) => {
    const name = PACK.exec(key)?.[1];
    const bytes = name === undefined ? undefined : await remote.read(key);
    const trailer = bytes && name && trailerOf(bytes, name);
    if (!trailer) return;
    const { kind, entries } = trailer;
    const isWhole = hexDigestOf(bytes) === name;
    const pack = packs.push({ name, size: bytes.length, kind }) - 1;
    for (const { digest, offset, length } of entries) {
      // Of a damaged pack, the blobs that are whole.
      if (!isWhole && !sameDigest(rawDigestOf(bytes.subarray(offset, offset + length)), digest)) continue;
      blobs.push({ digest, pack, offset, length });
      const header = kind === 'meta' ? recipeHeader(bytes.subarray(offset, offset + length)) : undefined;
      if (header !== undefined) recipes.push({ ...header, recipe: digest });
    }
  });
  const wholes: IndexedWhole[] = [];
  for await (const { key, size } of remote.list('objects/')) {
    const match = WHOLE.exec(key);
    if (match)
      wholes.push({
        digest: Buffer.from(match[1]! + match[2]!, 'hex'),
        size,
        generation: Number(match[3] ?? 0),
      });
  }
  const bytes = encodeIndex({ packs, blobs, wholes, recipes });
  return { bytes, segment: IndexFile.parse(bytes, hexDigestOf(bytes)) };
}

/** Undefined where the trailer itself is damaged. */
function trailerOf(bytes: Uint8Array, name: string): ReturnType<typeof readTrailer> | undefined {
  try {
    return readTrailer(bytes, name);
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}
