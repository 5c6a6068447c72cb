import type { LinkType } from '../format/config.ts';
import type { HashName, ObjectId } from '../format/object-id.ts';

/**
 * The jobs of the worker threads: reading, hashing and writing whole files. Every job checks bytes against their MD5
 * before it gives them a name.
 */
export type ObjectJob = HashJob | StoreJob | PlaceJob | LoadJob | PackJob | SaveJob | CheckJob | VerifyJob;

/** Hashes a file of the workspace, the cache or a folder remote. */
export interface HashJob {
  readonly kind: 'hash';
  readonly path: string;
  readonly hash: HashName;
}

/** Copies a file into a cache or folder remote, under its MD5, which must be `expected` if that is given. */
export interface StoreJob {
  readonly kind: 'store';
  readonly path: string;
  readonly root: string;
  readonly hash: HashName;
  readonly expected?: string;
  readonly shared: boolean;
}

/** Puts an object of the cache into the workspace. */
export interface PlaceJob {
  readonly kind: 'place';
  readonly root: string;
  readonly id: ObjectId;
  readonly target: string;
  readonly links: readonly LinkType[];
  readonly executable: boolean;
}

/** Reads and checks an object for its upload. */
export interface LoadJob {
  readonly kind: 'load';
  readonly root: string;
  readonly id: ObjectId;
}

/** Reads and checks small objects, into a tar archive under their keys. */
export interface PackJob {
  readonly kind: 'pack';
  readonly root: string;
  readonly ids: readonly ObjectId[];
}

/** Writes bytes, or a finished temporary file, that came from a remote into the cache. */
export interface SaveJob {
  readonly kind: 'save';
  readonly root: string;
  readonly id: ObjectId;
  readonly from: Uint8Array | { readonly temporary: string };
  readonly shared: boolean;
}

/** Checks bytes, or a temporary file, which is then removed, that came from a remote. */
export interface CheckJob {
  readonly kind: 'check';
  readonly id: ObjectId;
  readonly from: Uint8Array | { readonly temporary: string };
}

/** Checks a file of the cache or of a folder remote. */
export interface VerifyJob {
  readonly kind: 'verify';
  readonly id: ObjectId;
  readonly path: string;
}

/** A file's facts when it was read: equal facts mean that it was not changed since. */
export interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** A job's answer; which parts are there depends on the job. */
export interface JobResult {
  /** Of `pack`, both are those of its last object. */
  readonly id: ObjectId;
  readonly facts: FileFacts;
  /** Of `load`: the SHA-256 of the bytes in hex, and the bytes where the object is small. Of `pack`: those of the archive. */
  readonly sha256?: string;
  readonly bytes?: Uint8Array;
}
