import { VarveError } from '../../errors.ts';
import { isAbsence } from '../bucket/error-classes.ts';
import { KeyReader } from '../bucket/key-reader.ts';
import { RequestFailed, Requests } from '../bucket/requests.ts';
import { PATIENT, type RetryPolicy } from '../bucket/retry.ts';
import { checkKey, checkPrefix, isValidKey } from '../key.ts';
import type { ByteRange, ObjectInfo, Remote } from '../remote.ts';
import type { WebClient } from './client.ts';
import { WebListing } from './listing.ts';

/** A remote that a web server shows, as its folder or bucket was copied there. It is only read. */
export class WebRemote implements Remote {
  readonly url: string;
  readonly #client: WebClient;
  readonly #requests: Requests<WebClient>;
  readonly #reader: KeyReader;
  readonly #listing: WebListing;

  constructor(client: WebClient, url: string, policy: RetryPolicy = PATIENT) {
    this.url = url;
    this.#client = client;
    this.#requests = new Requests(this.#client, url.endsWith('/') ? url : `${url}/`, policy);
    this.#reader = new KeyReader(this.#requests, url, '');
    this.#listing = new WebListing(this.#requests);
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    try {
      for await (const { key, size, modified } of this.#listing.files(prefix))
        if (isValidKey(key)) yield { key, size, modified };
    } catch (error) {
      throw this.#requests.error(error, 'list', prefix);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    try {
      const { size, modified } = await this.#requests.run(() => this.#client.head(key));
      return { key, size, modified };
    } catch (error) {
      if (error instanceof RequestFailed && isAbsence(error.fault)) return undefined;
      throw this.#requests.error(error, 'read', key);
    }
  }

  read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array> {
    return this.#reader.read(key, range, memory);
  }

  stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#reader.stream(key, range);
  }

  /** @throws VarveError `remote-read-only`, as do all that would change something there */
  async write(key: string): Promise<never> {
    checkKey(key);
    throw this.#readOnly();
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    if (keys.length > 0) throw this.#readOnly();
  }

  async claim(): Promise<never> {
    throw this.#readOnly();
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #readOnly(): VarveError {
    return new VarveError('remote-read-only', `${this.url} is a web server, which is only read`, {
      path: this.url,
      remedy:
        'Run this of the place that the server has its files from, by `--remote NAME`: `varve remote list` shows the remotes there are, and `varve remote add NAME URL` makes that place one.',
    });
  }
}
