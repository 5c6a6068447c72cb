import type { Readable } from 'node:stream';
import type { Site } from './errors.ts';

/**
 * The requests of the S3 protocol that varve makes, one method each, tried once: what is thrown is the library's own
 * error, which `error-classes.ts` reads. One implementation for each client library.
 */
export interface BucketClient extends Site {
  /** Parts that one upload may have; as S3 allows unless it is said. */
  readonly maxParts?: number;
  /** Objects that one request removes; 1,000 unless it is said. */
  readonly maxRemoved?: number;
  /** False if a listing cannot begin behind a key, so that a large one is not cut into pieces. */
  readonly canSeek?: boolean;
  /** One page of at most 1,000 objects, in the order of their keys' UTF-8 bytes. */
  list(request: ListRequest): Promise<ListPage>;
  /** Ask for the facts of an object. @throws the library's error if there is none */
  head(key: string, version?: string): Promise<StoredObject>;
  get(key: string, request: GetRequest): Promise<OpenObject>;
  /** Sign a GET of an object into an address that holds for so many seconds. Only the clients of S3 have this method. */
  presign?(key: string, seconds: number): Promise<string>;
  /** Put an object. With `ifAbsent` it fails with PreconditionFailed if the object is there. */
  put(key: string, upload: Upload, ifAbsent: boolean): Promise<void>;
  /** As `put`, of bytes that the caller has verified just now. Only a client whose server knows no SHA-256 has this method. */
  putVerified?(key: string, bytes: Uint8Array, ifAbsent: boolean): Promise<void>;
  /**
   * Put each file of a tar archive under its name behind `prefix`, in one request; nothing is put under `key`. Undefined if no
   * answer has yet said that this is a server that does so: others would keep the archive as it is.
   */
  readonly unpack?: ((key: string, prefix: string, archive: Upload) => Promise<void>) | undefined;
  startUpload(key: string): Promise<string>;
  /** Unfinished uploads of exactly this key. */
  unfinishedUploads(key: string): Promise<string[]>;
  /** The parts that the server has of an unfinished upload. */
  uploadedParts(key: string, uploadId: string): Promise<UploadedPart[]>;
  uploadPart(key: string, uploadId: string, number: number, upload: Upload): Promise<UploadedPart>;
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void>;
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** At most `maxRemoved` keys, none of which need be there; the errors are those of single keys, by the server's error code. */
  remove(keys: readonly string[]): Promise<RemoveError[]>;
  isVersioned(): Promise<boolean>;
  close(): void;
}

/** The server of a bucket and who asks it, as far as the URL does not say. */
export interface ServerOptions {
  /** `http://` or `https://` address of an S3 server that is not AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Name of a profile in the AWS configuration files. */
  readonly profile?: string;
  /** Sends requests without a signature: of S3 alone, as are those that follow. */
  readonly anonymous?: boolean;
  /** Where requests name the bucket: in the `path`, or as a part of the host (`virtual`), as AWS does. */
  readonly addressing?: 'path' | 'virtual';
  /** Whoever asks pays for it, not the owner of the bucket. */
  readonly requesterPays?: boolean;
  /** A canned ACL for what is written, such as `bucket-owner-full-control`. */
  readonly acl?: string;
  /** How what is written is encrypted there: `AES256`, `aws:kms`, `aws:kms:dsse`. */
  readonly sse?: string;
  /** The key of KMS for that; the bucket's own unless given. */
  readonly kmsKey?: string;
  /** Files to read instead of the usual ones, such as those that another tool's configuration names. */
  readonly credentials?: Credentials;
  /** Of Azure, in place of what the environment has. */
  readonly azure?: { readonly connection?: string; readonly key?: string; readonly sas?: string };
  /** Absolute paths of files that are read instead of `~/.aws/config` and `~/.aws/credentials`. */
  readonly files?: { readonly config?: string; readonly credentials?: string };
  /** Told what whoever waits for the command should know. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface ListRequest {
  readonly prefix: string;
  /** Keys that go on with a `/` behind the prefix are returned as folders, not as objects. */
  readonly folders?: boolean;
  /** Only keys behind this one. */
  readonly after?: string;
  /** Token from the page before. It takes the place of `after`. */
  readonly token?: string;
  /** Newest versions with their ids, delete markers left out. */
  readonly versions?: boolean;
  readonly limit?: number;
}

export interface ListPage {
  readonly objects: readonly StoredObject[];
  /** If `folders` was asked for: the beginnings of keys up to and with the next `/`. */
  readonly folders: readonly string[];
  /** Token for the next page, if there is one. */
  readonly token?: string;
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
  /** ETag, without quotes. */
  readonly etag?: string;
  readonly version?: string;
  /** SHA-256 of the whole object in hex, if the server keeps and shows it. */
  readonly sha256?: string;
  /** In listings, whether the server keeps such a digest; undefined if the listing does not say. */
  readonly hasSha256?: boolean;
}

export interface GetRequest {
  readonly offset?: number;
  /** Bytes from `offset` on; undefined: to the end. */
  readonly length?: number;
  /** The request fails with PreconditionFailed if the object has another ETag now. */
  readonly etag?: string;
  readonly version?: string;
}

export interface OpenObject {
  readonly body: Readable;
  /** Length of the body in bytes, as the server announces it. */
  readonly length: number;
  /** Size of the whole object in bytes. */
  readonly size: number;
  readonly etag?: string;
}

/** Bytes that can be sent more than once. */
export interface Upload {
  readonly length: number;
  /** Hex. The server refuses bytes that do not have it. */
  readonly sha256: string;
  open(): Uint8Array | Readable;
}

export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
  /** SHA-256 in hex, if the server shows it. */
  readonly sha256?: string;
}

export interface RemoveError {
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** S3 headers carry digests in Base64. */
export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The SHA-256 of a whole object; undefined for the digest of digests (`…-3`) that multipart uploads have. */
export function hexOf(base64: string | undefined): string | undefined {
  if (base64 === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(base64)) return undefined;
  return Buffer.from(base64, 'base64').toString('hex');
}
