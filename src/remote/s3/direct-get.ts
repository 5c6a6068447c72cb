import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** SHA-256 of no bytes: what a GET sends. */
const NO_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const OK = 200;
const PARTIAL = 206;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

export type Headers = Readonly<Record<string, string>>;
export interface DirectAnswer {
  readonly headers: Headers;
  readonly body: Readable;
}

type Handled = Parameters<S3Client['config']['requestHandler']['handle']>[0];

/**
 * Gets objects with the SDK's endpoint, signer and connections, and without its chain of middleware, which takes longer than all the rest
 * of getting an object of some KiB. Only for servers that are asked in path style and need no session, which is all but AWS.
 */
export class DirectGet {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #everyHeader: Headers;
  #common: ReturnType<typeof commonOf> | undefined;

  /** @param everyHeader what each request carries */
  constructor(client: S3Client, bucket: string, everyHeader: Headers) {
    this.#client = client;
    this.#bucket = bucket;
    this.#everyHeader = everyHeader;
  }

  /**
   * Undefined if the server refused it: then the SDK asks again, and knows what to make of the answer. A server in trouble is not
   * asked again at once: what it said is thrown, for the remote to wait.
   */
  async get(key: string, wanted: Headers, query: Headers): Promise<DirectAnswer | undefined> {
    this.#common ??= commonOf(this.#client);
    const { server, host, path, signer } = await this.#common;
    const { config } = this.#client;
    const request = {
      ...server,
      method: 'GET',
      path: `${path}${this.#bucket}/${key.split('/').map(escaped).join('/')}`,
      // Logs of servers tell by this which requests the SDK made.
      query: { ...query, 'x-id': 'GetObject' },
      headers: { ...this.#everyHeader, ...wanted, host, 'x-amz-content-sha256': NO_BODY },
    };
    const signed = await signer.sign(request as Handled, {
      signingDate: new Date(Date.now() + config.systemClockOffset),
    });
    const { response } = await config.requestHandler.handle(signed as Handled);
    const { statusCode, headers, body } = response;
    if (statusCode === OK || statusCode === PARTIAL) return { headers, body: body as Readable };
    (body as Readable).destroy();
    if (statusCode === TOO_MANY_REQUESTS || statusCode >= SERVER_ERROR) throw new ServerTrouble(response);
    return undefined;
  }
}

/** Carries the answer as the SDK's errors do. */
class ServerTrouble extends Error {
  readonly $response: { readonly statusCode: number; readonly headers: Headers };

  constructor({ statusCode, headers }: ServerTrouble['$response']) {
    super(`HTTP status ${statusCode}`);
    this.$response = { statusCode, headers };
  }
}

/** The parts that all requests of a client have in common. */
async function commonOf({ config }: S3Client) {
  const { protocol, hostname, port, path } = await config.endpoint!();
  const signingRegion = await config.region();
  const signer = await config.signer({ name: 'sigv4', signingName: 's3', signingRegion, properties: {} });
  return {
    server: { protocol, hostname, ...(port && { port }) },
    host: port === undefined ? hostname : `${hostname}:${port}`,
    path: path.replace(/\/*$/, '/'),
    signer,
  };
}

/** Escape a path as a signature writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function escaped(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
