import type { BucketClient, GetRequest, OpenObject, Upload } from '../remote/bucket-client.ts';
import type { RemoteOptions } from '../remote/open.ts';
import { type Access, SignedRequests } from './signed-requests.ts';

/**
 * The client with whole small objects got and put by requests of our own, on servers that are asked in path style. Where such a
 * request does not plainly succeed, the client makes it again, and no more are made.
 */
export async function withDirectRequests(
  client: BucketClient,
  options: RemoteOptions,
): Promise<BucketClient> {
  const access = await accessOf(options);
  if (access === undefined) return client;
  const requests = new SignedRequests(access);
  let works = true;
  const tried = async <T>(request: () => Promise<T | undefined>): Promise<T | undefined> => {
    const answer = works ? await request().catch(() => undefined) : undefined;
    if (answer === undefined) works = false;
    return answer;
  };
  const direct = {
    async get(key: string, request: GetRequest): Promise<OpenObject> {
      const isWhole = Object.values(request).every((value) => value === undefined);
      const body = isWhole ? await tried(() => requests.get(client.bucket, key)) : undefined;
      if (body === undefined) return client.get(key, request);
      const length = Number(body.headers['content-length']);
      const etag = body.headers.etag?.replaceAll('"', '');
      return { body, length, size: length, ...(etag === undefined ? {} : { etag }) };
    },
    async put(key: string, upload: Upload, ifAbsent: boolean): Promise<void> {
      const bytes = ifAbsent ? undefined : upload.open();
      const isSmall = bytes instanceof Uint8Array;
      const done =
        isSmall &&
        (await tried(
          async () => (await requests.put(client.bucket, key, bytes, upload.sha256)) || undefined,
        ));
      if (!isSmall && bytes !== undefined) bytes.destroy();
      if (!done) await client.put(key, upload, ifAbsent);
    },
    close(): void {
      requests.close();
      client.close();
    },
  };
  return new Proxy(client, {
    get(target, name) {
      if (name in direct) return direct[name as keyof typeof direct];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function accessOf(options: RemoteOptions): Promise<Access | undefined> {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = options.endpoint ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL);
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const region = options.region ?? (AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1');
  const { credentials, profile } = options;
  if (credentials !== undefined)
    return { endpoint: new URL(endpoint), region, credentials: async () => credentials };
  // The library's own chain, which also knows when what it found expires.
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { config } = new S3Client({ region, ...(profile === undefined ? {} : { profile }) });
  return { endpoint: new URL(endpoint), region, credentials: () => config.credentials() };
}
