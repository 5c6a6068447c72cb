import { VarveError } from '../errors.ts';
import type { BucketClient, GetRequest, StoredObject } from './bucket-client.ts';
import { listTree } from './bucket-tree.ts';
import { isAbsence, isPrecondition } from './fault.ts';
import { checkRange } from './key.ts';
import { openBucket, type RemoteOptions } from './open.ts';
import type { ByteRange } from './remote.ts';
import { RequestFailed, Requests } from './requests.ts';
import { PATIENT, type RetryPolicy } from './retry.ts';
import { parseUrl } from './url.ts';

/** One state of an object that somebody else keeps in a bucket: enough to know later whether it is still the same. */
export interface SourceObject {
  /** Behind the prefix; whatever its owner chose, so check it before it becomes a path. '' is the object at the URL itself. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag?: string;
  /** Where the bucket keeps versions. */
  readonly version?: string;
  /** Of the whole object in hex, where the server keeps it. */
  readonly sha256?: string;
}

/** Objects asked about at once for their checksums. */
const HEADS_AT_ONCE = 32;

/**
 * Data that already lies in a bucket, used where it is. Listing is parallel and takes bounded memory; reading is on condition
 * that the object is still the one that was listed.
 */
export class BucketSource {
  /** Without credentials. */
  readonly url: string;
  readonly #client: BucketClient;
  readonly #prefix: string;
  readonly #requests: Requests;

  /** @param prefix '' or ending in '/' */
  constructor(client: BucketClient, url: string, prefix: string, policy: RetryPolicy = PATIENT) {
    this.url = url;
    this.#client = client;
    this.#prefix = prefix;
    this.#requests = new Requests(client, `${url.replace(/\/+$/, '')}/`, policy);
  }

  /** Every object under the prefix, in no promised order. @throws VarveError */
  async *list(): AsyncIterable<SourceObject> {
    try {
      const versions = await this.#isVersioned();
      let batch: StoredObject[] = [];
      for await (const object of listTree(this.#requests, this.#prefix, versions)) {
        batch.push(object);
        if (batch.length < HEADS_AT_ONCE) continue;
        yield* await this.#withChecksums(batch);
        batch = [];
      }
      yield* await this.#withChecksums(batch);
    } catch (error) {
      throw this.#requests.error(error, 'list', '');
    }
  }

  /** The object that the URL names, where it names one rather than a folder: its key is ''. */
  async single(): Promise<SourceObject | undefined> {
    const name = this.#nameOf('');
    if (name === '') return undefined;
    try {
      return sourceObject(await this.#requests.run(() => this.#client.head(name)), '');
    } catch (error) {
      if (error instanceof RequestFailed && isAbsence(error.fault)) return undefined;
      throw this.#requests.error(error, 'read', '');
    }
  }

  /**
   * The bytes of an object, or of a range of it.
   * @throws VarveError `source-changed` where it is another one now, or gone
   */
  async *read(object: SourceObject, range?: ByteRange): AsyncGenerator<Uint8Array> {
    checkRange(range, object.key);
    const { etag, version } = object;
    const from: GetRequest = {
      ...range,
      ...(etag === undefined ? {} : { etag }),
      ...(version === undefined ? {} : { version }),
    };
    const checkSize = (size: number) => {
      if (range === undefined && size !== object.size) {
        throw this.#changed(object.key, `had ${object.size} bytes and now has ${size}`);
      }
    };
    try {
      yield* this.#requests.bytes(this.#nameOf(object.key), from, checkSize);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (isPrecondition(error.fault)) throw this.#changed(object.key, 'was replaced since it was added');
      if (isAbsence(error.fault)) throw this.#changed(object.key, 'was removed since it was added');
      throw this.#requests.error(error, 'read', object.key);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** Who may not ask whether versions are kept works by ETags. */
  async #isVersioned(): Promise<boolean> {
    try {
      return await this.#requests.run(() => this.#client.isVersioned());
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.fault.status === undefined) throw error;
      return false;
    }
  }

  /** Listings do not show checksums, only, with some servers, whether there are any. */
  async #withChecksums(batch: readonly StoredObject[]): Promise<SourceObject[]> {
    return Promise.all(
      batch.map(async (object) => {
        const key = object.key.slice(this.#prefix.length);
        if (object.hasSha256 === false) return sourceObject(object, key);
        const found = await this.#requests.run(() => this.#client.head(object.key, object.version));
        const isSame = found.etag === object.etag && found.size === object.size;
        return sourceObject(isSame ? found : object, key);
      }),
    );
  }

  #nameOf(key: string): string {
    return key === '' ? this.#prefix.replace(/\/$/, '') : this.#prefix + key;
  }

  #changed(key: string, how: string): VarveError {
    const path = key === '' ? this.url : `${this.url.replace(/\/+$/, '')}/${key}`;
    return new VarveError('source-changed', `${path} ${how}`, {
      path,
      remedy:
        'Put the old version back in the bucket, or add the data again to make a snapshot of what is there now.',
    });
  }
}

function sourceObject({ size, etag, version, sha256 }: StoredObject, key: string): SourceObject {
  return {
    key,
    size,
    ...(etag === undefined ? {} : { etag }),
    ...(version === undefined ? {} : { version }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** @throws VarveError `invalid-remote-url` where `url` names no bucket, and what `openRemote` throws */
export async function openSource(url: string, options: RemoteOptions = {}): Promise<BucketSource> {
  const place = parseUrl(url, options.base ?? process.cwd());
  if (place.kind === 'folder') {
    throw new VarveError('invalid-remote-url', `${url} is not a place in a bucket`, {
      path: url,
      remedy:
        'Name it as s3://bucket/prefix or minio://alias/bucket/prefix; local data is added by its path.',
    });
  }
  return new BucketSource(await openBucket(place, options), url, place.prefix);
}
