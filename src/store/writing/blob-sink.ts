import type { Body } from '../../remote/remote.ts';
import type { RawDigest } from '../format/digest.ts';
import type { PackKind } from '../format/pack.ts';

/** Where the pieces of objects go. */
export interface BlobSink {
  /** Puts bytes that have this digest, unless they are there. They are taken before this returns; it resolves when there is room for more. */
  putBlob(digest: RawDigest, bytes: Uint8Array, kind: PackKind): Promise<void>;
  /** Puts an object into a file of its own, unless it is there. */
  putWhole(digest: RawDigest, body: Body, signal?: AbortSignal): Promise<void>;
  /** Says that the object `digest` is what `recipe` lists; both the recipe and its chunks have been put. */
  putRecipe(digest: RawDigest, recipe: RawDigest, size: number): void;
}
