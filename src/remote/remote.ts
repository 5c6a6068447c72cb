/**
 * A flat key-value store of immutable objects: a local folder, an S3 bucket, a MinIO server. It may not know what the objects mean,
 * which of them belong together, or that a repository exists.
 *
 * Keys are relative POSIX paths of `[A-Za-z0-9._/-]`, never with `..`, an empty segment or a leading `/`; implementations
 * refuse any other with `VarveError('key-invalid')`. All methods may be called concurrently. Transient failures (5xx,
 * SlowDown, resets, truncated bodies) are retried inside with back-off and jitter; what is thrown is final.
 */
export interface Remote {
  /** The URL without credentials, for messages. */
  readonly url: string;
  /** Whether the server verifies by its SHA-256 what is written: only then is it asked for of what was verified already. */
  readonly takesSha256?: boolean;
  /** List the objects under `prefix`, in no promised order. A prefix that does not exist is empty. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Ask for size and time of an object; undefined if there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /**
   * Read an object, or a range of it. A short body is an error, so the result has the length asked for.
   * @param memory as long as the range, to read into; the result is this then
   * @throws VarveError `object-missing`, `object-truncated`
   */
  read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array>;
  /** Read in pieces, for objects too large for memory. @throws VarveError as {@link read} */
  stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /**
   * Store the object whole or not at all; a reader never sees a part. With `overwrite: false` (the default) an existing
   * object is left as it is and `'exists'` is returned. `sha256` (hex) is checked by the server if it can, else here.
   */
  write(key: string, body: Body, options: WriteOptions): Promise<'written' | 'exists'>;
  /** Remove objects. It is no error if one is not there. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * Make sure that this place is a store of varve, and mark it if it is empty, or a store that was made before there were marks. In a
   * folder, writing does so by itself, and removing refuses what is no store; for a bucket it takes requests, so that it is asked for.
   * @throws VarveError `store-foreign`, `store-too-new`
   */
  claim(): Promise<void>;
  /** Tell whether the server keeps what is removed as an old version. Only a remote of a bucket has this method. */
  keepsVersions?(): Promise<boolean>;
  /**
   * Make an address at which whoever has it may read the object for so many seconds, without keys. Asks nobody, not even whether the object
   * is there. Undefined where the client of the bucket makes none. Only a remote of a bucket has this method.
   */
  presign?(key: string, seconds: number): Promise<string | undefined>;
  /** Tell the absolute path of the file that holds `key`. Only a remote of plain local files has this method. */
  localPath?(key: string): string;
  close(): Promise<void>;
}

export interface WriteOptions {
  /** In hex. Of memory that the caller has verified just now it may be a function, which is called only for a server that verifies it again. */
  readonly sha256: string | (() => Promise<string>);
  readonly overwrite?: boolean;
  /** Where the remote is a folder, stops the writing of a large file between two of its blocks; what is thrown is then its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
}

/** `offset` ≥ 0, `length` ≥ 1, both in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes in memory, or `size` bytes of a local file that does not change while it is sent. */
export type Body = Uint8Array | FileBody;

export interface FileBody {
  readonly path: string;
  readonly size: number;
  /**
   * The caller made this file on the disk of the remote, has just taken its SHA-256 while writing it, and needs it no more: a remote in a
   * folder takes it over and copies nothing.
   */
  readonly given?: true;
}
