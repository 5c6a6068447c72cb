import type { BucketClient, StoredObject } from '../bucket/client.ts';
import { RequestFailed, type Requests } from '../bucket/requests.ts';
import { listTree } from '../bucket/tree.ts';
import type { SourcePlace } from './source.ts';

/** Data below a prefix of a bucket. */
export class BucketSourcePlace implements SourcePlace {
  readonly requests: Requests<BucketClient>;
  readonly #prefix: string;

  /** @param prefix '' or ending in '/' */
  constructor(requests: Requests<BucketClient>, prefix: string) {
    this.requests = requests;
    this.#prefix = prefix;
  }

  async *objects(folder: string): AsyncGenerator<StoredObject> {
    const versions = await this.#isVersioned();
    for await (const object of listTree(this.requests, this.#prefix + folder, versions))
      yield { ...object, key: object.key.slice(this.#prefix.length) };
  }

  find(key: string, version: string | undefined): Promise<StoredObject> {
    return this.requests.run(() => this.requests.client.head(this.nameOf(key)!, version));
  }

  nameOf(key: string): string | undefined {
    if (key !== '') return this.#prefix + key;
    return this.#prefix === '' ? undefined : this.#prefix.replace(/\/$/, '');
  }

  /** Ask whether the bucket keeps versions. Who may not ask works by ETags. */
  async #isVersioned(): Promise<boolean> {
    try {
      return await this.requests.run(() => this.requests.client.isVersioned());
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.fault.status === undefined) throw error;
      return false;
    }
  }
}
