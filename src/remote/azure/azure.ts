/**
 * The client for Azure Blob Storage, over its own library. It may not retry, nor know varve's keys: the bucket does both for all clients
 * alike.
 */

import { Readable } from 'node:stream';
import type { BlobItem, BlobPrefix, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { asBuffer } from '../../base/as-buffer.ts';
import type {
  BucketClient,
  GetRequest,
  ListPage,
  ListRequest,
  OpenObject,
  RemoveError,
  ServerOptions,
  StoredObject,
  Upload,
  UploadedPart,
} from '../bucket/client.ts';
import { STALLED_AFTER_MS, timeout } from '../bucket/timed-request.ts';
import { checkedBytes, md5Bytes } from '../bucket/upload-digests.ts';
import { type AzureAccess, azureAccess, loadAzure } from './access.ts';

/** A blob has at most so many blocks. */
const MAX_PARTS = 50_000;
const HEADERS = { blobHTTPHeaders: { blobContentType: 'application/octet-stream' } } as const;

/**
 * A client for `container`, for whoever {@link azureAccess} finds.
 * @throws VarveError as azureAccess
 */
export async function openAzure(container: string, options: ServerOptions): Promise<BucketClient> {
  // Trying again is done by the remote, for all clients alike.
  const pipeline = { retryOptions: { maxTries: 1 } };
  const { service, ...words } = await azureAccess(await loadAzure(), options, pipeline);
  return new AzureBucketClient(service.getContainerClient(container), container, words);
}

class AzureBucketClient implements BucketClient {
  readonly bucket: string;
  readonly server: string;
  readonly signIn: string;
  readonly namedBy: string;
  readonly rights = 'the role Storage Blob Data Contributor on it';
  readonly certificates =
    'Where it has its own certificate authority, name that by NODE_EXTRA_CA_CERTS; where it speaks plain HTTP, write http:// in its endpoint.';
  readonly maxParts = MAX_PARTS;
  readonly canSeek = false;
  /** A request for many is refused by some kinds of credentials. */
  readonly maxRemoved = 1;
  readonly #container: ContainerClient;

  /** @param name of the container: the library's own guess takes it for an account where the endpoint of an emulator lacks that */
  constructor(container: ContainerClient, name: string, { signIn, namedBy }: Omit<AzureAccess, 'service'>) {
    this.#container = container;
    this.signIn = signIn;
    this.namedBy = namedBy;
    this.bucket = name;
    const { origin, pathname } = new URL(container.url);
    // An emulator has the account in the path, and no host of its own.
    this.server = origin + pathname.replace(/\/[^/]+\/?$/, '');
  }

  async list({ prefix, folders, token, limit }: ListRequest): Promise<ListPage> {
    const page = {
      ...(token !== undefined && { continuationToken: token }),
      maxPageSize: limit ?? 5000,
    };
    const { value } = await asked(({ abortSignal }) => {
      const options = { prefix, abortSignal };
      const pages = folders
        ? this.#container.listBlobsByHierarchy('/', options).byPage(page)
        : this.#container.listBlobsFlat(options).byPage(page);
      return pages.next();
    });
    const { blobItems = [], blobPrefixes = [] } = (value?.segment ?? {}) as {
      blobItems?: BlobItem[];
      blobPrefixes?: BlobPrefix[];
    };
    return {
      objects: blobItems.map(listed),
      folders: blobPrefixes.map(({ name }) => name),
      ...(value?.continuationToken ? { token: value.continuationToken } : {}),
    };
  }

  async head(key: string, version?: string): Promise<StoredObject> {
    const found = await asked(({ abortSignal }) => this.#blob(key, version).getProperties({ abortSignal }));
    return {
      key,
      size: found.contentLength ?? 0,
      modified: found.lastModified ?? new Date(0),
      ...etagOf(found.etag),
      hasSha256: false,
    };
  }

  async get(key: string, { offset, length, etag, version }: GetRequest): Promise<OpenObject> {
    const answer = await asked(({ abortSignal }) =>
      this.#blob(key, version).download(offset ?? 0, length, {
        abortSignal,
        ...(etag !== undefined && { conditions: { ifMatch: `"${etag}"` } }),
      }),
    );
    const announced = answer.contentLength ?? 0;
    return {
      body: watched(answer.readableStreamBody as Readable),
      length: announced,
      size: Number(answer.contentRange?.split('/')[1] ?? announced),
      ...etagOf(answer.etag),
    };
  }

  async put(key: string, upload: Upload, ifAbsent: boolean): Promise<void> {
    await this.putVerified(key, await checkedBytes(upload), ifAbsent);
  }

  async putVerified(key: string, bytes: Uint8Array, ifAbsent: boolean): Promise<void> {
    const md5 = md5Bytes(bytes);
    const blob = this.#blob(key);
    const answer = await asked((watch) =>
      blob.upload(asBuffer(bytes), bytes.length, { ...HEADERS, ...condition(ifAbsent), ...watch }),
    );
    // The digest of what the server has.
    const kept = answer.contentMD5;
    if (kept === undefined || md5.equals(kept)) return;
    await blob.delete({ conditions: { ifMatch: answer.etag! } }).catch(() => undefined);
    throw Object.assign(new Error('The server has other bytes'), { code: 'BadDigest' });
  }

  /** Azure has one unfinished upload a blob. */
  async startUpload(): Promise<string> {
    return 'blocks';
  }

  async unfinishedUploads(key: string): Promise<string[]> {
    return (await this.uploadedParts(key)).length > 0 ? ['blocks'] : [];
  }

  async uploadedParts(key: string): Promise<UploadedPart[]> {
    try {
      const { uncommittedBlocks = [] } = await asked(({ abortSignal }) =>
        this.#blob(key).getBlockList('uncommitted', { abortSignal }),
      );
      return uncommittedBlocks.flatMap(({ name, size }) => partOf(name, size) ?? []);
    } catch (error) {
      if ((error as Fault).code === 'NoSuchKey') return [];
      throw error;
    }
  }

  async uploadPart(key: string, _: string, number: number, upload: Upload): Promise<UploadedPart> {
    const bytes = await checkedBytes(upload);
    const id = blockId(number, upload.sha256);
    await asked((watch) =>
      this.#blob(key).stageBlock(id, bytes, bytes.length, {
        ...watch,
        // The server refuses bytes that do not have it.
        transactionalContentMD5: md5Bytes(bytes),
      }),
    );
    return { number, etag: id, size: upload.length, sha256: upload.sha256 };
  }

  async completeUpload(
    key: string,
    _: string,
    parts: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void> {
    const ids = parts.map(({ number, sha256 = '' }) => blockId(number, sha256));
    await asked(({ abortSignal }) =>
      this.#blob(key).commitBlockList(ids, { ...HEADERS, ...condition(ifAbsent), abortSignal }),
    );
  }

  /** Blocks that no blob took are removed by Azure after a week. */
  async abortUpload(): Promise<void> {}

  async remove(keys: readonly string[]): Promise<RemoveError[]> {
    await Promise.all(
      keys.map((key) => asked(({ abortSignal }) => this.#blob(key).deleteIfExists({ abortSignal }))),
    );
    return [];
  }

  /** The account's rule for blobs that were removed; whether it keeps versions is told by its blobs alone. */
  async isVersioned(): Promise<boolean> {
    const { value } = await asked(({ abortSignal }) =>
      this.#container.listBlobsFlat({ includeVersions: true, abortSignal }).byPage({ maxPageSize: 1 }).next(),
    );
    return value?.segment.blobItems.some(({ versionId }: BlobItem) => versionId !== undefined) ?? false;
  }

  close(): void {}

  #blob(key: string, version?: string): BlockBlobClient {
    const blob = this.#container.getBlockBlobClient(key);
    return version === undefined ? blob : (blob.withVersion(version) as BlockBlobClient);
  }
}

function condition(ifAbsent: boolean) {
  return ifAbsent ? { conditions: { ifNoneMatch: '*' } } : {};
}

/** The number and the digest of a part: all ids of a blob have one length, and at most 64 bytes. */
function blockId(number: number, sha256: string): string {
  const id = Buffer.alloc(36);
  id.writeUInt32BE(number);
  id.write(sha256, 4, 'hex');
  return id.toString('base64');
}

function partOf(id: string, size: number): UploadedPart | undefined {
  const bytes = Buffer.from(id, 'base64');
  if (bytes.length !== 36) return undefined;
  return { number: bytes.readUInt32BE(0), etag: id, size, sha256: bytes.subarray(4).toString('hex') };
}

function listed({ name, properties, versionId }: BlobItem): StoredObject {
  return {
    key: name,
    size: properties.contentLength ?? 0,
    modified: properties.lastModified,
    ...etagOf(properties.etag),
    ...(versionId !== undefined && { version: versionId }),
    hasSha256: false,
  };
}

function etagOf(etag: string | undefined) {
  return etag === undefined ? {} : { etag: etag.replaceAll('"', '') };
}

type Fault = Error & { readonly code: string; readonly status?: number };

/** What the library takes to be told that nobody waits any more, and tells of bytes that went out. */
interface Watch {
  readonly abortSignal: AbortSignal;
  readonly onProgress: () => void;
}

/**
 * Send a request, and give it up when nothing moves: the library itself would wait for ever. Bytes that go out count as moving, and so
 * does the answer; its body is watched by {@link watched}.
 */
async function asked<T>(request: (watch: Watch) => Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), STALLED_AFTER_MS);
  try {
    return await request({ abortSignal: giveUp.signal, onProgress: () => void timer.refresh() });
  } catch (error) {
    throw giveUp.signal.aborted ? stalled() : asFault(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Let a body pass, and end it where nothing comes for too long. Whoever takes it may take as long as they like. */
function watched(body: Readable): Readable {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const timer = setTimeout(() => body.destroy(stalled()), STALLED_AFTER_MS);
        const next = await iterator.next().finally(() => clearTimeout(timer));
        if (next.done) return;
        yield next.value;
      }
    } finally {
      body.destroy();
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

function stalled(): Error {
  return timeout('nothing moved on the connection');
}

/** Azure's codes, by those that all clients share. Source: "Blob service error codes", "Common REST API error codes". */
const CODES: Readonly<Record<string, string>> = {
  BlobNotFound: 'NoSuchKey',
  ContainerNotFound: 'NoSuchBucket',
  BlobAlreadyExists: 'PreconditionFailed',
  ConditionNotMet: 'PreconditionFailed',
  TargetConditionNotMet: 'PreconditionFailed',
  InvalidBlockList: 'NoSuchUpload',
  InvalidBlobOrBlock: 'NoSuchUpload',
  Md5Mismatch: 'BadDigest',
  InvalidMd5: 'BadDigest',
  AuthenticationFailed: 'InvalidToken',
  NoAuthenticationInformation: 'CredentialsMissing',
  AuthorizationPermissionMismatch: 'AccessDenied',
  BlobArchived: 'InvalidObjectState',
  ServerBusy: 'SlowDown',
  PARSE_ERROR: 'BodyTruncated',
  AbortError: 'BodyTruncated',
  OperationTimedOut: 'RequestTimeout',
  CredentialUnavailableError: 'CredentialsMissing',
  AggregateAuthenticationError: 'CredentialsMissing',
  ChainedTokenCredentialError: 'CredentialsMissing',
};

/** An error of the library in the codes that all clients share. Its message may hold a signed URL, so that only its first line is kept. */
function asFault(error: unknown): Fault {
  const {
    name = '',
    code,
    statusCode,
    message = '',
    cause,
    response,
  } = error as {
    name?: string;
    code?: string;
    statusCode?: number;
    message?: string;
    cause?: { code?: string };
    response?: { headers?: { get(name: string): string | undefined } };
  };
  // The answer to HEAD has no body, and the code in its head alone.
  const answered = code ?? response?.headers?.get('x-ms-error-code');
  const said = code === 'REQUEST_SEND_ERROR' ? (cause?.code ?? 'ECONNRESET') : answered;
  return Object.assign(new Error(message.split('\n', 1)[0]), {
    code:
      CODES[said ?? ''] ?? CODES[name] ?? said ?? (statusCode === undefined ? name : `HTTP ${statusCode}`),
    ...(statusCode !== undefined && { status: statusCode }),
  });
}
