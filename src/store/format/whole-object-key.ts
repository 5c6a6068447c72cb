import { type RawDigest, toHex } from './digest.ts';

/**
 * Name the file of a whole object, which any engine can read in place.
 * @param generation 0, or a number that tells the file from an earlier one of the same object that waits for deletion
 */
export function wholeObjectKey(digest: RawDigest, generation: number): string {
  const hex = toHex(digest);
  const key = `objects/${hex.slice(0, 2)}/${hex.slice(2)}`;
  return generation === 0 ? key : `${key}.${generation}`;
}
