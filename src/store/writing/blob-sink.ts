import type { Body } from '../../remote/remote.ts';
import type { RawDigest } from '../format/digest.ts';
import type { PackKind } from '../format/pack.ts';
import type { WholeObjectCopy } from './whole-object-body.ts';

/** What takes in the pieces of objects: a batch. */
export interface BlobSink {
  /**
   * Put bytes that have this digest, unless they are there. They are copied before this returns, so the caller may use their memory
   * again. It resolves when there is room for more.
   */
  putBlob(digest: RawDigest, bytes: Uint8Array, kind: PackKind): Promise<void>;
  /** Begin to copy a file that is to become a whole object while it is read; undefined where it has to be read again. */
  beginCopy(path: string, size: number): Promise<WholeObjectCopy | undefined>;
  /** Put an object into a file of its own, unless it is there. */
  putWholeObject(digest: RawDigest, body: Body, signal?: AbortSignal): Promise<void>;
  /** Record that the object `digest` is made of what `recipe` lists. The recipe and its chunks have been put. */
  putRecipe(digest: RawDigest, recipe: RawDigest, size: number): void;
}
