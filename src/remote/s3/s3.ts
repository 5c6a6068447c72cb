/**
 * The client for S3, over AWS's SDK. It may not retry, nor know varve's keys: the bucket does both for all clients alike.
 */

import { Readable } from 'node:stream';
import {
  type _Object,
  AbortMultipartUploadCommand,
  type CommonPrefix,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';
import { state as supportWarning } from '@aws-sdk/core/client';
import { debug } from '../../base/debug.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { withoutSecrets } from '../../wording/urls.ts';
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
import { DirectGet } from './direct-get.ts';
import { presignedGet } from './presigned-get.ts';
import { awsSettings, pathsOf } from './settings.ts';

const CONNECT_WITHIN_MS = 10_000;
/** A connection on which nothing moves for so long is given up, and the request is tried again. */
const STALLED_AFTER_MS = 60_000;

/**
 * A client for `bucket` by the AWS SDK, with its whole chain of credentials: environment, profiles, single sign-on, web identity,
 * process, container, instance. The endpoint is, in this order, `options.endpoint`, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL,
 * the profile's service or `endpoint_url`, AWS itself. Servers other than AWS are asked in path style, unless settings say otherwise.
 * @throws VarveError `aws-profile-missing`, `certificates-unreadable`, `proxy-invalid`
 */
export async function openS3(bucket: string, options: ServerOptions): Promise<BucketClient> {
  // Under Node 20 the SDK warns of its own plans for Node 22, which is no concern of who uses varve.
  supportWarning.warningEmitted = true;
  const { profile, anonymous } = options;
  const settings = await awsSettings(options);
  const endpoint = options.endpoint ?? settings.endpoint;
  const isPathStyle = (options.addressing ?? settings.addressing ?? (endpoint && 'path')) === 'path';
  const region = options.region ?? settings.region ?? 'us-east-1';
  const agents = agentsFor(endpoint ?? `https://s3.${region}.amazonaws.com`, settings.bundle);
  const credentials = options.credentials ?? credentialsInFiles(options);
  const client = new S3Client({
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(anonymous ? ANONYMOUS : {}),
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: isPathStyle,
    followRegionRedirects: true,
    // The SDK would put its chain of some thirty steps together anew for each request: a quarter of what a small object costs. All requests
    // of this client are for one bucket and by the same keys, so they can share it.
    cacheMiddleware: true,
    // Trying again is done by the remote, for all clients alike.
    maxAttempts: 1,
    logger: SILENT_LOGGER,
    // Uploads carry the SHA-256 that varve has already; what is read is checked against its name by the store.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would cost a new connection for every large upload.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      socketTimeout: STALLED_AFTER_MS,
      httpAgent: agents.http,
      httpsAgent: agents.https,
    },
  });
  addHeaders(client, options);
  const isDirect = endpoint !== undefined && isPathStyle;
  const direct = isDirect ? new DirectGet(client, bucket, everyHeader(options)) : undefined;
  return new S3BucketClient(client, bucket, endpoint, signInTo(endpoint, options), direct);
}

/** Say how keys come to where openS3 looks for them. Servers other than AWS know nothing of its single sign-on. */
function signInTo(endpoint: string | undefined, { credentials, profile }: ServerOptions): string {
  if (credentials !== undefined) return 'The settings of the remote hold the keys: correct them there.';
  const word = shellWord(profile ?? 'NAME');
  const sso =
    endpoint === undefined
      ? `, or log in by \`aws sso login --profile ${word}\` where it uses single sign-on`
      : '';
  if (profile !== undefined)
    return `The remote uses the AWS profile ${profile}: give it keys by \`aws configure --profile ${word}\`${sso}.`;
  const keys = endpoint === undefined ? 'keys' : `keys of ${endpoint}`;
  return `Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to ${keys}, or AWS_PROFILE to a profile that has some${sso}.`;
}

/** Requests without a signature. The SDK wants credentials all the same. */
const ANONYMOUS = {
  credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
  signer: { sign: async <Request>(request: Request) => request },
} satisfies S3ClientConfig;

type HeaderOptions = Pick<ServerOptions, 'acl' | 'sse' | 'kmsKey' | 'requesterPays'>;

/** What every request carries. */
function everyHeader({ requesterPays }: HeaderOptions): Readonly<Record<string, string>> {
  return requesterPays ? { 'x-amz-request-payer': 'requester' } : {};
}

/** What makes an object carries too. */
function headersOfWrites({ acl, sse, kmsKey }: HeaderOptions): Readonly<Record<string, string>> {
  return {
    ...(acl && { 'x-amz-acl': acl }),
    ...(sse && { 'x-amz-server-side-encryption': sse }),
    ...(kmsKey && { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKey }),
  };
}

/** Add the headers that settings ask for, before requests are signed. */
function addHeaders({ middlewareStack }: S3Client, options: HeaderOptions): void {
  const [every, ofWrites] = [everyHeader(options), headersOfWrites(options)];
  middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        Object.assign(headers, every);
        if (commandName === 'PutObjectCommand' || commandName === 'CreateMultipartUploadCommand')
          Object.assign(headers, ofWrites);
        return next(args);
      },
    { step: 'build', name: 'varveHeaders' },
  );
}

/** The SDK's whole chain, on files that are read instead of the usual ones. */
function credentialsInFiles({ files, profile }: ServerOptions) {
  if (files === undefined) return undefined;
  const { config } = new S3Client({ ...(profile && { profile }) });
  return config.credentialDefaultProvider({ ...pathsOf(files), ...(profile && { profile }) });
}

type Listed = Omit<_Object, 'StorageClass'> & { VersionId?: string | undefined };

/** Uploads of files are tried again by the remote, which opens them anew; of this alone the SDK must not warn on the console. */
const NOT_TRIED_AGAIN = /non-retryable streaming request/;
const OF_CREDENTIALS = /^@(smithy\/property-provider|aws-sdk\/credential-provider)/;
const nothing = () => {};
const SILENT_LOGGER: NonNullable<S3ClientConfig['logger']> = {
  debug: (...words: unknown[]) => {
    // Why a source of credentials gave none: the chain goes on, and its last error says nothing of it.
    if (OF_CREDENTIALS.test(String(words[0]))) debug('failure', withoutSecrets(String(words[0])));
  },
  info: nothing,
  error: nothing,
  warn: (...words: unknown[]) => {
    if (!NOT_TRIED_AGAIN.test(String(words[0]))) console.warn(...words);
  },
};

class S3BucketClient implements BucketClient {
  readonly bucket: string;
  readonly server: string;
  readonly signIn: string;
  readonly #client: S3Client;
  readonly #direct: DirectGet | undefined;
  #isMinio = false;

  constructor(
    client: S3Client,
    bucket: string,
    endpoint: string | undefined,
    signIn: string,
    direct: DirectGet | undefined,
  ) {
    this.#client = client;
    this.signIn = signIn;
    this.#direct = direct;
    this.bucket = bucket;
    this.server = endpoint ?? 'AWS';
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { headers } = answer.response as { headers?: Readonly<Record<string, string>> };
        this.#isMinio = headers?.server?.toLowerCase() === 'minio';
        return answer;
      },
      { step: 'deserialize', name: 'varveServerName' },
    );
  }

  async list(request: ListRequest): Promise<ListPage> {
    const common = {
      Bucket: this.bucket,
      Prefix: request.prefix,
      EncodingType: 'url',
      ...(request.folders ? { Delimiter: '/' } : {}),
      ...(request.limit === undefined ? {} : { MaxKeys: request.limit }),
    } as const;
    return request.versions ? this.#listVersions(common, request) : this.#listObjects(common, request);
  }

  async #listObjects(common: ListObjectsV2CommandInput, request: ListRequest): Promise<ListPage> {
    const { token, after } = request;
    const start =
      token !== undefined ? { ContinuationToken: token } : after !== undefined ? { StartAfter: after } : {};
    const page = await this.#client.send(new ListObjectsV2Command({ ...common, ...start }));
    return {
      objects: (page.Contents ?? []).map(stored),
      folders: folders(page.CommonPrefixes),
      ...(page.NextContinuationToken === undefined ? {} : { token: page.NextContinuationToken }),
    };
  }

  async #listVersions(common: ListObjectVersionsCommandInput, request: ListRequest): Promise<ListPage> {
    const [key = request.after, version] =
      request.token === undefined ? [] : (JSON.parse(request.token) as [string, string?]);
    const page = await this.#client.send(
      new ListObjectVersionsCommand({
        ...common,
        ...(key === undefined ? {} : { KeyMarker: key }),
        ...(version === undefined ? {} : { VersionIdMarker: version }),
      }),
    );
    const next = [decoded(page.NextKeyMarker), page.NextVersionIdMarker];
    return {
      objects: (page.Versions ?? []).filter(({ IsLatest }) => IsLatest).map(stored),
      folders: folders(page.CommonPrefixes),
      ...(page.IsTruncated ? { token: JSON.stringify(next) } : {}),
    };
  }

  async head(key: string, version?: string): Promise<StoredObject> {
    const found = await this.#client.send(
      new HeadObjectCommand({
        Bucket: this.bucket,
        Key: key,
        ChecksumMode: 'ENABLED',
        ...(version === undefined ? {} : { VersionId: version }),
      }),
    );
    return {
      key,
      size: found.ContentLength ?? 0,
      modified: found.LastModified ?? new Date(0),
      ...described(found.ETag, found.VersionId),
      ...checksum(found.ChecksumSHA256),
    };
  }

  async get(key: string, request: GetRequest): Promise<OpenObject> {
    return (await this.#getDirectly(key, request)) ?? this.#getBySdk(key, request);
  }

  async #getDirectly(key: string, request: GetRequest): Promise<OpenObject | undefined> {
    const range = rangeOf(request);
    const { etag, version } = request;
    const answer = await this.#direct?.get(
      key,
      { ...(range && { range }), ...(etag && { 'if-match': `"${etag}"` }) },
      version === undefined ? {} : { versionId: version },
    );
    if (answer === undefined) return undefined;
    const { headers, body } = answer;
    const length = headers['content-length'] ?? '';
    return openObject(body, Number(length), headers['content-range'], headers.etag);
  }

  async #getBySdk(key: string, request: GetRequest): Promise<OpenObject> {
    const range = rangeOf(request);
    const { etag, version } = request;
    const answer = await this.#client.send(
      new GetObjectCommand({
        Bucket: this.bucket,
        Key: key,
        ...(range && { Range: range }),
        ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
        ...(version === undefined ? {} : { VersionId: version }),
      }),
    );
    return openObject(answer.Body as Readable, answer.ContentLength ?? 0, answer.ContentRange, answer.ETag);
  }

  presign(key: string, seconds: number): Promise<string> {
    return presignedGet(this.#client, { Bucket: this.bucket, Key: key }, seconds);
  }

  async put(key: string, upload: Upload, ifAbsent: boolean): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ContentLength: upload.length,
      ContentType: 'application/octet-stream',
      ChecksumSHA256: base64Of(upload.sha256),
      ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
    });
    await this.#send(command, upload);
  }

  get unpack(): BucketClient['unpack'] {
    return this.#isMinio ? (key, prefix, archive) => this.#unpack(key, prefix, archive) : undefined;
  }

  /** Source: the MinIO documentation, "PutObject, automatic extraction of archives". */
  async #unpack(key: string, prefix: string, archive: Upload): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ContentLength: archive.length,
      Metadata: { 'snowball-auto-extract': 'true', 'minio-snowball-prefix': prefix },
    });
    await this.#send(command, archive);
  }

  async startUpload(key: string): Promise<string> {
    const { UploadId } = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: this.bucket,
        Key: key,
        ContentType: 'application/octet-stream',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    return UploadId ?? '';
  }

  async unfinishedUploads(key: string): Promise<string[]> {
    const { Uploads } = await this.#client.send(
      new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: key }),
    );
    return (Uploads ?? []).filter(({ Key }) => Key === key).map(({ UploadId }) => UploadId ?? '');
  }

  async uploadedParts(key: string, uploadId: string): Promise<UploadedPart[]> {
    const parts: UploadedPart[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await this.#client.send(
        new ListPartsCommand({
          Bucket: this.bucket,
          Key: key,
          UploadId: uploadId,
          ...(marker === undefined ? {} : { PartNumberMarker: marker }),
        }),
      );
      for (const { PartNumber = 0, ETag = '', Size = 0, ChecksumSHA256 } of page.Parts ?? []) {
        parts.push({ number: PartNumber, etag: ETag, size: Size, ...checksum(ChecksumSHA256) });
      }
      if (!page.IsTruncated) return parts;
      marker = page.NextPartNumberMarker;
    }
  }

  async uploadPart(key: string, uploadId: string, number: number, upload: Upload): Promise<UploadedPart> {
    const command = new UploadPartCommand({
      Bucket: this.bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      ContentLength: upload.length,
      ChecksumSHA256: base64Of(upload.sha256),
    });
    const { ETag = '' } = await this.#send<UploadPartCommandOutput>(command, upload);
    return { number, etag: ETag, size: upload.length, sha256: upload.sha256 };
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void> {
    const listed = parts.map(({ number, etag, sha256 }) => ({
      PartNumber: number,
      ETag: etag,
      ...(sha256 === undefined ? {} : { ChecksumSHA256: base64Of(sha256) }),
    }));
    await this.#client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: listed },
        ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
      }),
    );
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.#client.send(
      new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }),
    );
  }

  async remove(keys: readonly string[]): Promise<RemoveError[]> {
    const { Errors } = await this.#client.send(
      new DeleteObjectsCommand({
        Bucket: this.bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
      }),
    );
    return (Errors ?? []).map(({ Key = '', Code = '', Message = '' }) => ({
      key: Key,
      code: Code,
      message: Message,
    }));
  }

  async isVersioned(): Promise<boolean> {
    const { Status } = await this.#client.send(new GetBucketVersioningCommand({ Bucket: this.bucket }));
    return Status !== undefined;
  }

  close(): void {
    this.#client.destroy();
  }

  /**
   * Send a command with a body. The digest that is known already is also the payload's part of the signature: so the SDK need
   * not compute it, and servers that know no checksum headers verify it too.
   */
  async #send<Output>(command: PutObjectCommand | UploadPartCommand, upload: Upload): Promise<Output> {
    const body = upload.open();
    command.input.Body = body;
    (command as PutObjectCommand).middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['x-amz-content-sha256'] = upload.sha256;
        return next(args);
      },
      { step: 'build', name: 'varvePayloadDigest' },
    );
    const abort = new AbortController();
    const isStream = body instanceof Readable;
    // The SDK does not notice when what it reads from breaks.
    if (isStream) body.once('error', (error) => abort.abort(error));
    try {
      return (await this.#client.send(command as PutObjectCommand, {
        abortSignal: abort.signal,
      })) as Output;
    } catch (error) {
      throw abort.signal.reason instanceof VarveError ? abort.signal.reason : error;
    } finally {
      if (isStream) body.destroy();
    }
  }
}

function rangeOf({ offset, length }: GetRequest): string | undefined {
  if (offset === undefined) return undefined;
  return `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`;
}

/** @param range Content-Range of the answer */
function openObject(
  body: Readable,
  length: number,
  range: string | undefined,
  etag: string | undefined,
): OpenObject {
  return { body, length, size: Number(range?.split('/')[1] ?? length), ...described(etag, undefined) };
}

function stored(object: Listed): StoredObject {
  const { ChecksumAlgorithm, ChecksumType } = object;
  const hasSha256 = ChecksumAlgorithm?.includes('SHA256') && ChecksumType !== 'COMPOSITE';
  return {
    key: decoded(object.Key) ?? '',
    size: object.Size ?? 0,
    modified: object.LastModified ?? new Date(0),
    ...described(object.ETag, object.VersionId),
    // Not every server tells in listings; who tells of any algorithm tells of all.
    ...(hasSha256 === undefined ? {} : { hasSha256 }),
  };
}

function described(etag: string | undefined, version: string | undefined) {
  return {
    ...(etag === undefined ? {} : { etag: etag.replaceAll('"', '') }),
    ...(version === undefined || version === 'null' ? {} : { version }),
  };
}

function checksum(base64: string | undefined) {
  const sha256 = hexOf(base64);
  return sha256 === undefined ? {} : { sha256 };
}

function folders(prefixes: CommonPrefix[] | undefined): string[] {
  return (prefixes ?? []).flatMap(({ Prefix }) => decoded(Prefix) ?? []);
}

/** Keys are asked for in URL encoding, since XML cannot hold all that a key may. */
function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '));
}
