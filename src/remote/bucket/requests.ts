import { debug } from '../../base/debug.ts';
import { VarveError } from '../../errors.ts';
import { withoutSecrets } from '../../wording/urls.ts';
import type { BucketClient, GetRequest, OpenObject } from './client.ts';
import { type Fault, faultOf } from './error-classes.ts';
import { bucketError, type Site } from './errors.ts';
import { asAttempt } from './request-log.ts';
import { Patience, type RetryPolicy } from './retry.ts';

/** A request that failed for good. It never leaves this room: `Requests.error` makes it a VarveError. */
export class RequestFailed extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.code);
    this.fault = fault;
  }
}

/** What reads objects, of whatever kind of server. */
export type Reading = Site & Pick<BucketClient, 'get'>;

/** Sends the requests of one client, again if that may help, and turns their failures into sentences. */
export class Requests<Client extends Reading = BucketClient> {
  readonly client: Client;
  readonly #url: string;
  readonly #policy: RetryPolicy;

  /** @param url of the remote or of the place in the bucket, ending in '/', for messages */
  constructor(client: Client, url: string, policy: RetryPolicy) {
    this.client = client;
    this.#url = url;
    this.#policy = policy;
  }

  /** Send a request, with retries. @throws RequestFailed, and a VarveError that `request` throws as it is */
  async run<T>(request: (attempt: number) => Promise<T>): Promise<T> {
    const patience = new Patience(this.#policy);
    for (;;) {
      try {
        const { attempt } = patience;
        return await asAttempt(attempt, () => request(attempt));
      } catch (error) {
        await this.#goOn(error, patience);
      }
    }
  }

  /**
   * Read the bytes of an object. A body that breaks off is taken up again where it ended, on condition that the object is still the
   * same.
   * @param onSize told the length of the whole result before its first byte
   * @throws RequestFailed
   */
  async *bytes(name: string, from: GetRequest, onSize?: (size: number) => void): AsyncGenerator<Uint8Array> {
    const patience = new Patience(this.#policy);
    let { offset = 0, length: left, etag } = from;
    for (;;) {
      let opened: OpenObject | undefined;
      try {
        const request = requestOf(from, offset, left, etag);
        opened = await asAttempt(patience.attempt, () => this.client.get(name, request));
        etag ??= opened.etag;
        left ??= announce(opened, onSize);
        checkLength(opened, left);
        for await (const piece of opened.body as AsyncIterable<Uint8Array>) {
          patience.progressed();
          offset += piece.length;
          left -= piece.length;
          yield piece;
        }
        if (left === 0) return;
        throw truncated(left);
      } catch (error) {
        await this.#goOn(error, patience);
      } finally {
        opened?.body.destroy();
      }
    }
  }

  /** A failure as a VarveError. `doing` completes "Cannot …"; `key` is what follows the URL. */
  error(error: unknown, doing: string, key: string): VarveError {
    if (error instanceof VarveError) return error;
    const fault = error instanceof RequestFailed ? error.fault : faultOf(error);
    return bucketError(fault, this.client, doing, this.#url + key);
  }

  async #goOn(error: unknown, patience: Patience): Promise<void> {
    if (error instanceof VarveError || error instanceof RequestFailed) throw error;
    const fault = faultOf(error);
    // Sentences for people leave out what only who runs the server or the program for credentials can use.
    debug('failure', withoutSecrets(`${fault.code}: ${fault.message}`));
    if (!(await patience.wait(fault.retry, fault.waitMs))) throw new RequestFailed(fault);
  }
}

function requestOf(
  from: GetRequest,
  offset: number,
  left: number | undefined,
  etag: string | undefined,
): GetRequest {
  return {
    ...(from.version === undefined ? {} : { version: from.version }),
    ...(etag === undefined ? {} : { etag }),
    ...(left === undefined ? {} : { offset, length: left }),
  };
}

function announce(opened: OpenObject, onSize: ((size: number) => void) | undefined): number {
  onSize?.(opened.length);
  return opened.length;
}

/** Servers answer a range that begins in the object and ends behind it with what there is; proxies may ignore ranges. */
function checkLength(opened: OpenObject, expected: number): void {
  if (opened.length === expected) return;
  const message = `${opened.length} bytes were announced, and ${expected} asked for`;
  throw new RequestFailed({
    code: opened.length < expected ? 'InvalidRange' : 'RangeIgnored',
    message,
    retry: 'no',
  });
}

function truncated(left: number): Error {
  return Object.assign(new Error(`The body ended ${left} bytes early`), { code: 'BodyTruncated' });
}
