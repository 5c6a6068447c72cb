import { VarveError } from '../../errors.ts';
import { type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import type { LocalPacks } from './local-packs.ts';
import { chunksOf, type ObjectSource } from './object-reader.ts';

/**
 * Read an object of a local store: put its chunks together in place and verify them as one, which is twice as fast as a stream of
 * chunks that are verified one by one.
 * @param size bytes of the object, which are held in memory
 * @returns undefined if it does not lie in packs or anything is damaged; then {@link streamObject} says what
 */
export async function readLocalObject(
  source: ObjectSource,
  packs: LocalPacks,
  digest: RawDigest,
  size: number,
): Promise<Uint8Array | undefined> {
  const location = source.catalog.first(digest);
  if (location === undefined || location.at === 'whole') return undefined;
  const bytes = new Uint8Array(size);
  try {
    if (location.at === 'pack') packs.readInto(location, bytes);
    else {
      let at = 0;
      for await (const chunk of chunksOf(source, digest, location)) {
        const place = source.catalog.first(chunk.digest);
        if (place?.at !== 'pack' || place.length !== chunk.length) return undefined;
        if (!packs.readInto(place, bytes.subarray(at, at + chunk.length))) return undefined;
        at += chunk.length;
      }
    }
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
  return sameDigest(rawDigestOf(bytes), digest) ? bytes : undefined;
}
