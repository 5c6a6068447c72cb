/**
 * The client for Google Cloud Storage, over its own library. It may not retry, nor know varve's keys: the bucket does both for all
 * clients alike.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { BucketMetadata, FileMetadata, Storage } from '@google-cloud/storage';
import { asBuffer } from '../../base/as-buffer.ts';
import { forEach } from '../../base/threads/concurrency.ts';
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
import { driver } from '../bucket/driver.ts';
import { checkedBytes, googleCrc32c } from '../bucket/upload-digests.ts';
import { TEMPORARY_FOLDER } from '../store-layout.ts';
import { checkCredentialsFile } from './credentials-file.ts';
import { DirectRequests } from './direct-requests.ts';

/** Google composes an object of so many others; those may themselves be composed. */
const MAX_COMPOSED = 32;
const REQUESTS_AT_ONCE = 8;

/**
 * A client for `bucket` with the whole chain of Google's credentials: a file that GOOGLE_APPLICATION_CREDENTIALS names, `gcloud`, workload
 * identity, the machine's own. STORAGE_EMULATOR_HOST or `options.endpoint` name another server.
 * @param prefix of the remote: parts of unfinished uploads lie below it
 * @throws VarveError `driver-missing`, `credentials-invalid`
 */
export async function openGs(bucket: string, prefix: string, options: ServerOptions): Promise<BucketClient> {
  const library = await driver('gs', ['@google-cloud/storage'], () => import('@google-cloud/storage'));
  const { endpoint, credentials } = options;
  const isOther = endpoint !== undefined;
  const storage = new library.Storage({
    ...(isOther && { apiEndpoint: endpoint, useAuthWithCustomEndpoint: endpoint.startsWith('https:') }),
    ...(credentials === undefined && options.files?.credentials !== undefined
      ? { keyFilename: options.files.credentials }
      : {}),
    // Trying again is done by the remote, for all clients alike.
    retryOptions: { autoRetry: false, maxRetries: 0 },
  });
  // An emulator gets no credentials.
  if (storage.apiEndpoint.startsWith('https:')) checkCredentialsFile(options.files?.credentials);
  return new GsBucketClient(storage, bucket, prefix, endpoint ?? process.env.STORAGE_EMULATOR_HOST);
}

class GsBucketClient implements BucketClient {
  readonly bucket: string;
  readonly server: string;
  readonly signIn =
    'Run `gcloud auth application-default login`, or name a file of credentials in GOOGLE_APPLICATION_CREDENTIALS.';
  readonly maxRemoved = 1;
  readonly rights =
    'the role Storage Object Admin on it, or storage.objects.list, get, create and delete, and storage.buckets.get';
  readonly certificates =
    'Where it has its own certificate authority, name that by NODE_EXTRA_CA_CERTS; where it speaks plain HTTP, write http:// in its endpoint.';
  readonly #prefix: string;
  readonly #direct: DirectRequests;

  constructor(storage: Storage, bucket: string, prefix: string, endpoint: string | undefined) {
    this.#prefix = prefix;
    this.#direct = new DirectRequests(storage, bucket);
    this.bucket = bucket;
    this.server = endpoint === undefined || endpoint === '' ? 'Google' : endpoint;
  }

  async list({ prefix, folders, after, token, limit }: ListRequest): Promise<ListPage> {
    const query = {
      prefix,
      maxResults: String(limit ?? 1000),
      ...(folders && { delimiter: '/' }),
      ...(token === undefined ? after !== undefined && { startOffset: after } : { pageToken: token }),
    };
    const page = await asked(() => this.#direct.json<Page>('GET', '/o', query)).catch((error: Fault) => {
      // Of a listing, nothing else can be missing.
      throw error.code === 'NoSuchKey' ? Object.assign(error, { code: 'NoSuchBucket' }) : error;
    });
    const objects = (page.items ?? []).map((item) => stored(item));
    return {
      // An offset is the first key that may come; here it is one that must not.
      objects: objects.filter(({ key }) => key !== after),
      folders: page.prefixes ?? [],
      ...(page.nextPageToken ? { token: page.nextPageToken } : {}),
    };
  }

  async head(key: string, version?: string): Promise<StoredObject> {
    const query = version === undefined ? {} : { generation: version };
    const found = await asked(() => this.#direct.json<FileMetadata>('GET', pathOf(key), query));
    return stored({ ...found, name: key });
  }

  async get(key: string, { offset, length, etag, version }: GetRequest): Promise<OpenObject> {
    const last = length === undefined ? '' : (offset ?? 0) + length - 1;
    const generation = etag ?? version;
    try {
      const body = await this.#direct.get(
        key,
        generation,
        offset === undefined ? undefined : `bytes=${offset}-${last}`,
      );
      const { headers } = body;
      const announced = Number(headers['content-length']);
      const state = headers['x-goog-generation'];
      return {
        body,
        length: announced,
        size: Number(headers['content-range']?.split('/')[1] ?? announced),
        ...(typeof state === 'string' && { etag: state }),
      };
    } catch (error) {
      const fault = asFault(error);
      // A generation that is gone was replaced, unless nothing took its place.
      if (etag !== undefined && fault.code === 'NoSuchKey') {
        await this.head(key);
        throw Object.assign(new Error('It was replaced'), { code: 'PreconditionFailed', status: 412 });
      }
      throw fault;
    }
  }

  async put(key: string, upload: Upload, ifAbsent: boolean): Promise<void> {
    await this.putVerified(key, await checkedBytes(upload), ifAbsent);
  }

  async putVerified(key: string, bytes: Uint8Array, ifAbsent: boolean): Promise<void> {
    const crc32c = googleCrc32c(bytes);
    const { crc32c: kept, generation } = await asked(() =>
      this.#direct.put(key, asBuffer(bytes), crc32c, ifAbsent),
    );
    if (kept === undefined || kept === crc32c) return;
    await this.#direct.json('DELETE', pathOf(key), { generation: String(generation) }).catch(() => undefined);
    throw Object.assign(new Error('The server has other bytes'), { code: 'BadDigest' });
  }

  async startUpload(): Promise<string> {
    return randomBytes(8).toString('hex');
  }

  async unfinishedUploads(key: string): Promise<string[]> {
    const folder = this.#partsOf(key);
    const { folders } = await this.list({ prefix: folder, folders: true });
    return folders.map((path) => path.slice(folder.length, -1));
  }

  async uploadedParts(key: string, uploadId: string): Promise<UploadedPart[]> {
    const folder = `${this.#partsOf(key)}${uploadId}/`;
    const { objects } = await this.list({ prefix: folder });
    return objects.flatMap(({ key: name, size, etag = '' }) => {
      const [, number, sha256] = /^(\d{5})-([0-9a-f]{64})$/.exec(name.slice(folder.length)) ?? [];
      return number === undefined || sha256 === undefined
        ? []
        : [{ number: Number(number), size, etag, sha256 }];
    });
  }

  async uploadPart(key: string, uploadId: string, number: number, upload: Upload): Promise<UploadedPart> {
    await this.put(this.#partName(key, uploadId, number, upload.sha256), upload, false);
    return { number, etag: '', size: upload.length, sha256: upload.sha256 };
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void> {
    let names = parts.map(({ number, sha256 = '' }) => this.#partName(key, uploadId, number, sha256));
    try {
      for (let level = 1; names.length > MAX_COMPOSED; level++) {
        const groups = Array.from({ length: Math.ceil(names.length / MAX_COMPOSED) }, (_, index) => ({
          from: names.slice(index * MAX_COMPOSED, (index + 1) * MAX_COMPOSED),
          to: `${this.#partsOf(key)}${uploadId}/level-${level}-${index}`,
        }));
        await forEach(groups, REQUESTS_AT_ONCE, ({ from, to }) => this.#compose(from, to, false));
        names = groups.map(({ to }) => to);
      }
      await this.#compose(names, key, ifAbsent);
    } catch (error) {
      // As S3 names an upload whose parts are gone.
      const { code } = error as Fault;
      throw code === 'NoSuchKey' ? Object.assign(error as Fault, { code: 'NoSuchUpload' }) : error;
    }
    await this.abortUpload(key, uploadId).catch(() => undefined);
  }

  async #compose(names: readonly string[], to: string, ifAbsent: boolean): Promise<void> {
    const document = {
      sourceObjects: names.map((name) => ({ name })),
      destination: { contentType: 'application/octet-stream' },
    };
    const query = ifAbsent ? { ifGenerationMatch: '0' } : {};
    await asked(() => this.#direct.json('POST', `${pathOf(to)}/compose`, query, document));
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    const { objects } = await this.list({ prefix: `${this.#partsOf(key)}${uploadId}/` });
    await this.remove(objects.map((object) => object.key));
  }

  async remove(keys: readonly string[]): Promise<RemoveError[]> {
    await forEach(keys, REQUESTS_AT_ONCE, async (key) => {
      await asked(() => this.#direct.json('DELETE', pathOf(key))).catch((error: Fault) => {
        if (error.code !== 'NoSuchKey') throw error;
      });
    });
    return [];
  }

  async isVersioned(): Promise<boolean> {
    const found = await asked(() => this.#direct.json<BucketMetadata>('GET', ''));
    const kept = Number(found.softDeletePolicy?.retentionDurationSeconds ?? 0);
    return found.versioning?.enabled === true || kept > 0;
  }

  close(): void {
    this.#direct.close();
  }

  /** Where the parts of unfinished uploads of a key lie. */
  #partsOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
    return `${this.#prefix}${TEMPORARY_FOLDER}/${name}/`;
  }

  #partName(key: string, uploadId: string, number: number, sha256: string): string {
    return `${this.#partsOf(key)}${uploadId}/${String(number).padStart(5, '0')}-${sha256}`;
  }
}

interface Page {
  readonly items?: readonly FileMetadata[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

function pathOf(key: string): string {
  return `/o/${encodeURIComponent(key)}`;
}

function stored({ name, size, updated, generation }: FileMetadata & { name?: string }): StoredObject {
  return {
    key: name ?? '',
    size: Number(size ?? 0),
    modified: new Date(updated ?? 0),
    ...(generation !== undefined && { etag: String(generation) }),
    hasSha256: false,
  };
}

type Fault = Error & { readonly code: string; readonly status?: number };

async function asked<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw asFault(error);
  }
}

/** An error of the library in the codes that all clients share. */
function asFault(error: unknown): Fault {
  const {
    code,
    message,
    errors,
    status: answered,
  } = error as {
    code?: unknown;
    status?: number;
    message: string;
    errors?: readonly { reason?: string }[];
  };
  const status =
    answered ?? (typeof code === 'number' ? code : Number(/^\d{3}$/.exec(String(code))?.[0] ?? Number.NaN));
  const name =
    codeOf(status, message) ?? (typeof code === 'string' && !/^\d+$/.test(code) ? code : errors?.[0]?.reason);
  return Object.assign(new Error(message), {
    code: name ?? (Number.isNaN(status) ? 'Error' : `HTTP ${status}`),
    ...(!Number.isNaN(status) && { status }),
  });
}

function codeOf(status: number, message: string): string | undefined {
  if (/aborted|premature close|invalid json|Unexpected end|Cannot parse/i.test(message))
    return 'BodyTruncated';
  if (/default credentials|Could not refresh access token|credential_source/i.test(message))
    return 'CredentialsMissing';
  if (/invalid_grant|invalid_rapt|Token has been expired/i.test(message)) return 'ExpiredToken';
  if (status === 401) return 'InvalidToken';
  if (status === 403) return 'AccessDenied';
  if (status === 404) return /bucket does not exist/i.test(message) ? 'NoSuchBucket' : 'NoSuchKey';
  if (status === 412 || status === 304) return 'PreconditionFailed';
  if (status === 416) return 'InvalidRange';
  if (status === 429) return 'TooManyRequests';
  if (status === 400 && /crc32c|md5|checksum/i.test(message)) return 'BadDigest';
  return undefined;
}
