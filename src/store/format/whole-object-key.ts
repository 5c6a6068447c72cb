import { type RawDigest, toHex } from './digest.ts';

/** Key of an object in a file of its own, which any engine can read in place. */
export function wholeObjectKey(digest: RawDigest, generation: number): string {
  const hex = toHex(digest);
  const key = `objects/${hex.slice(0, 2)}/${hex.slice(2)}`;
  return generation === 0 ? key : `${key}.${generation}`;
}
