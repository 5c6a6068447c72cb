/**
 * The client for MinIO servers, over the minio package and the aliases of `mc`. It may not retry, nor know varve's keys: the bucket
 * does both for all clients alike.
 */

import type http from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Client } from 'minio';
import { asBuffer } from '../../base/as-buffer.ts';
import { agentsFor } from '../bucket/agents.ts';
import {
  type BucketClient,
  base64Of,
  type GetRequest,
  hexOf,
  type ListPage,
  type ListRequest,
  type OpenObject,
  type RemoveError,
  type ServerOptions,
  type StoredObject,
  type Upload,
  type UploadedPart,
} from '../bucket/client.ts';
import { minioAccess } from './access.ts';
import { element, type HttpFault, minioTransport } from './transport.ts';

type Headers = Record<string, string | number>;
type Listed = Awaited<ReturnType<Client['listObjectsQuery']>>['objects'][number];

/** A client for `bucket` by the `minio` library, for an alias as `mc` keeps it or for an endpoint with keys in the environment. */
export async function openMinio(
  alias: string,
  bucket: string,
  options: ServerOptions,
): Promise<BucketClient> {
  const { endpoint, signIn, ...keys } = await minioAccess(alias, options);
  const minio = await import('minio');
  const isSecure = endpoint.protocol === 'https:';
  const agent = agentsFor(endpoint.origin, process.env.AWS_CA_BUNDLE || undefined)[
    isSecure ? 'https' : 'http'
  ];
  const client = new minio.Client({
    endPoint: endpoint.hostname,
    ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
    useSSL: isSecure,
    ...keys,
    // Known from the start, so that the client need not ask for it; a server elsewhere says so.
    region: options.region ?? 'us-east-1',
    transport: minioTransport(isSecure),
    transportAgent: agent,
    retryOptions: { disableRetry: true },
  });
  return new MinioBucketClient(client, bucket, endpoint.origin, signIn, agent);
}

class MinioBucketClient implements BucketClient {
  readonly bucket: string;
  readonly server: string;
  readonly signIn: string;
  readonly #client: Client;
  readonly #agent: http.Agent;

  constructor(client: Client, bucket: string, server: string, signIn: string, agent: http.Agent) {
    this.#client = client;
    this.signIn = signIn;
    this.bucket = bucket;
    this.server = server;
    this.#agent = agent;
  }

  async list(request: ListRequest): Promise<ListPage> {
    const { prefix, folders = false, token, after, versions = false, limit = 1000 } = request;
    const start = token ?? after ?? '';
    // In a listing of versions the client sends markers as they are; in one of objects it escapes them.
    const [keyMarker, versionIdMarker] = markers(versions, token, after);
    const page = await this.#asking(() =>
      this.#client.listObjectsQuery(this.bucket, prefix, versions ? '' : start, {
        Delimiter: folders ? '/' : '',
        MaxKeys: limit,
        IncludeVersion: versions,
        keyMarker,
        versionIdMarker,
      }),
    );
    const objects = page.objects.filter(isShown).map(stored);
    const next = versions
      ? JSON.stringify([page.keyMarker, page.versionIdMarker])
      : (page.objects.filter(({ name }) => name).at(-1)?.name ?? start);
    return {
      objects,
      folders: page.objects.flatMap((entry) => ('prefix' in entry && entry.prefix ? [entry.prefix] : [])),
      ...(page.isTruncated ? { token: next } : {}),
    };
  }

  async head(key: string, version?: string): Promise<StoredObject> {
    const answer = await this.#ask('HEAD', key, versionQuery(version), {
      'x-amz-checksum-mode': 'ENABLED',
    });
    // Unread, even an empty answer would keep its connection from the next request.
    const { headers } = answer.resume();
    return {
      key,
      size: Number(headers['content-length']),
      modified: new Date(headers['last-modified'] ?? 0),
      ...etagOf(headers.etag),
      ...versionOf(headers['x-amz-version-id']),
      ...checksum(headers['x-amz-checksum-sha256']),
    };
  }

  async get(key: string, request: GetRequest): Promise<OpenObject> {
    const { offset, length, etag, version } = request;
    const last = length === undefined ? '' : (offset ?? 0) + length - 1;
    const body = await this.#ask('GET', key, versionQuery(version), {
      ...(offset === undefined ? {} : { range: `bytes=${offset}-${last}` }),
      ...(etag === undefined ? {} : { 'if-match': `"${etag}"` }),
    });
    const { headers } = body;
    const announced = Number(headers['content-length']);
    return {
      body,
      length: announced,
      size: Number(headers['content-range']?.split('/')[1] ?? announced),
      ...etagOf(headers.etag),
    };
  }

  presign(key: string, seconds: number): Promise<string> {
    return this.#client.presignedGetObject(this.bucket, key, seconds);
  }

  async put(key: string, upload: Upload, ifAbsent: boolean): Promise<void> {
    await this.#send(key, '', upload, {
      'content-type': 'application/octet-stream',
      ...(ifAbsent ? { 'if-none-match': '*' } : {}),
    });
  }

  startUpload(key: string): Promise<string> {
    return this.#asking(() =>
      this.#client.initiateNewMultipartUpload(this.bucket, key, {
        'content-type': 'application/octet-stream',
        'x-amz-checksum-algorithm': 'SHA256',
      }),
    );
  }

  async unfinishedUploads(key: string): Promise<string[]> {
    const { uploads } = await this.#asking(() =>
      this.#client.listIncompleteUploadsQuery(this.bucket, key, '', '', ''),
    );
    return uploads.filter((upload) => upload.key === key).map(({ uploadId }) => uploadId);
  }

  async uploadedParts(key: string, uploadId: string): Promise<UploadedPart[]> {
    const parts: UploadedPart[] = [];
    for (let marker = '0'; ; ) {
      const xml = await text(
        await this.#ask('GET', key, `part-number-marker=${marker}&uploadId=${escaped(uploadId)}`),
      );
      for (const [part] of xml.matchAll(/<Part>.*?<\/Part>/gs)) {
        parts.push({
          number: Number(element(part, 'PartNumber')),
          etag: (element(part, 'ETag') ?? '')
            .replaceAll('&#34;', '')
            .replaceAll('&quot;', '')
            .replaceAll('"', ''),
          size: Number(element(part, 'Size')),
          ...checksum(element(part, 'ChecksumSHA256')),
        });
      }
      const next = element(xml, 'NextPartNumberMarker');
      if (element(xml, 'IsTruncated') !== 'true' || next === undefined || next === marker) return parts;
      marker = next;
    }
  }

  async uploadPart(key: string, uploadId: string, number: number, upload: Upload): Promise<UploadedPart> {
    const headers = await this.#send(key, `partNumber=${number}&uploadId=${escaped(uploadId)}`, upload, {});
    return { number, etag: etagOf(headers.etag).etag ?? '', size: upload.length, sha256: upload.sha256 };
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void> {
    const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.map(partXml).join('')}</CompleteMultipartUpload>`;
    const headers: Headers = ifAbsent ? { 'if-none-match': '*' } : {};
    const answer = await text(await this.#ask('POST', key, `uploadId=${escaped(uploadId)}`, headers, body));
    // This request alone may be answered with 200 and then fail.
    const code = element(answer, 'Code');
    if (code !== undefined) throw Object.assign(new Error(element(answer, 'Message') ?? ''), { code });
  }

  abortUpload(key: string, uploadId: string): Promise<void> {
    return this.#asking(() => this.#client.abortMultipartUpload(this.bucket, key, uploadId));
  }

  async remove(keys: readonly string[]): Promise<RemoveError[]> {
    const errors = await this.#asking(() => this.#client.removeObjects(this.bucket, [...keys]));
    return errors.flatMap((entry) => {
      const { Key = '', Code = '', Message = '' } = (entry ?? {}) as Record<string, string>;
      return Code === '' ? [] : [{ key: Key, code: Code, message: Message }];
    });
  }

  async isVersioned(): Promise<boolean> {
    const found = await this.#asking(() => this.#client.getBucketVersioning(this.bucket));
    return Boolean(found?.Status);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The client's own methods know neither preconditions nor checksums, so these requests go by what they are built on. */
  #ask(method: string, key: string, query: string, headers: Headers = {}, body = '') {
    return this.#asking(() =>
      this.#client.makeRequestAsync(
        { method, bucketName: this.bucket, objectName: key, query, headers: { ...headers } },
        body,
        [200, 206],
      ),
    );
  }

  async #send(
    key: string,
    query: string,
    upload: Upload,
    headers: Headers,
  ): Promise<http.IncomingHttpHeaders> {
    const answer = await this.#asking(async () => {
      const body = upload.open();
      try {
        return await this.#client.makeRequestStreamAsync(
          {
            method: 'PUT',
            bucketName: this.bucket,
            objectName: key,
            query,
            headers: {
              ...headers,
              'content-length': upload.length,
              'x-amz-checksum-sha256': base64Of(upload.sha256),
            },
          },
          body instanceof Readable ? body : asBuffer(body),
          this.#client.enableSHA256 ? upload.sha256 : '',
          [200],
          '',
        );
      } finally {
        if (body instanceof Readable) body.destroy();
      }
    });
    answer.resume();
    return answer.headers;
  }

  /** A server that lies in another region than was thought names it, and is asked again. */
  async #asking<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const { region, code } = error as Partial<HttpFault>;
      if (code !== 'AuthorizationHeaderMalformed' || !region || region === this.#client.region) throw error;
      this.#client.region = region;
      return request();
    }
  }
}

function markers(versions: boolean, token: string | undefined, after: string | undefined): [string, string] {
  if (!versions) return ['', ''];
  if (token === undefined) return [escaped(after ?? ''), ''];
  const [key, version] = JSON.parse(token) as [string?, string?];
  return [key ?? '', version ?? ''];
}

/** A version listing also has what was replaced and what was deleted. */
function isShown(entry: Listed): boolean {
  const { name, isLatest, isDeleteMarker } = entry as {
    name?: string;
    isLatest?: boolean;
    isDeleteMarker?: boolean;
  };
  return Boolean(name) && isLatest !== false && !isDeleteMarker;
}

function stored(entry: Listed): StoredObject {
  const { name, size, lastModified, etag, versionId } = entry as Listed & { versionId?: string };
  return {
    key: name ?? '',
    size: size ?? 0,
    modified: lastModified ?? new Date(0),
    ...etagOf(etag),
    ...versionOf(versionId),
  };
}

function etagOf(etag: string | undefined) {
  return etag ? { etag: etag.replaceAll('"', '') } : {};
}

function versionOf(version: unknown) {
  return typeof version === 'string' && version !== 'null' ? { version } : {};
}

function checksum(base64: unknown) {
  const sha256 = typeof base64 === 'string' ? hexOf(base64) : undefined;
  return sha256 === undefined ? {} : { sha256 };
}

function partXml({ number, etag, sha256 }: UploadedPart): string {
  const digest = sha256 === undefined ? '' : `<ChecksumSHA256>${base64Of(sha256)}</ChecksumSHA256>`;
  return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${digest}</Part>`;
}

function versionQuery(version: string | undefined): string {
  return version === undefined ? '' : `versionId=${escaped(version)}`;
}

/** Strictly, as signatures need it: encodeURIComponent leaves five characters as they are. */
function escaped(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
