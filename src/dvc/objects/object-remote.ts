import type { ObjectId } from '../format/object-id.ts';

/**
 * A remote that DVC pushes to and pulls from. All methods may be called concurrently, and every byte is checked by its
 * MD5.
 */
export interface ObjectRemote {
  /** For messages, without credentials. */
  readonly url: string;
  /** How many objects may be on their way at once. */
  readonly jobs: number;
  /** Filter the objects that the remote has. */
  present(ids: readonly ObjectId[]): Promise<ReadonlySet<ObjectId>>;
  /** Send objects from the cache, which has all of them. Calls `onSent` with the size of each when it is there. */
  upload(ids: readonly ObjectId[], jobs: number, onSent: (bytes: number) => void): Promise<void>;
  /** Into the cache. Returns the size in bytes. @throws VarveError `object-missing`, `digest-mismatch` */
  download(id: ObjectId): Promise<number>;
  /** Read the object and check its MD5, without keeping it. Returns the size in bytes. */
  check(id: ObjectId): Promise<number>;
  /** Read what varve keeps beside DVC's objects; undefined if there is none. */
  readNote(key: string): Promise<Uint8Array | undefined>;
  writeNote(key: string, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
