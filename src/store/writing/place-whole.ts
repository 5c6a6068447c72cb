import { statSync } from 'node:fs';
import { type RawDigest, toHex } from '../format/digest.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import type { StoreCore } from '../store-core.ts';
import { freeGeneration } from './relocate-pending.ts';

/** Find the key of a file that holds the object alone, is not taken, and does not wait for deletion. */
export function knownWhole(
  { catalog }: StoreCore,
  digest: RawDigest,
  isTaken: (key: string) => boolean,
): string | undefined {
  for (const location of catalog.locations(digest))
    if (location.at === 'whole' && !isTaken(location.key) && !catalog.isPendingDeletion(location))
      return location.key;
  return undefined;
}

/** Write an object into a file of its own, beside wherever else it lies. @param path of a file with its bytes @returns its key */
export async function writeWhole(
  store: StoreCore,
  digest: RawDigest,
  path: string,
  isTaken: (key: string) => boolean,
): Promise<string> {
  const { size } = statSync(path);
  const generation = freeGeneration((candidate) => {
    const key = wholeObjectKey(digest, candidate);
    return store.catalog.isTaken(key) || isTaken(key);
  });
  const key = wholeObjectKey(digest, generation);
  await store.remote.write(key, { path, size }, { sha256: toHex(digest) });
  await store.writeIndex({
    packs: [],
    blobs: [],
    wholeObjects: [{ digest: Buffer.from(digest), size, generation }],
    recipes: [],
  });
  return key;
}
