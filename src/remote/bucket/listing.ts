import { VarveError } from '../../errors.ts';
import { checkRange } from '../key.ts';
import { openBucket } from '../open.ts';
import type { ByteRange } from '../remote.ts';
import { type BucketPlace, parseUrl } from '../url.ts';
import type { BucketClient, GetRequest, ServerOptions, StoredObject } from './client.ts';
import { isAbsence, isPrecondition } from './error-classes.ts';
import { RequestFailed, Requests } from './requests.ts';
import { PATIENT, type RetryPolicy } from './retry.ts';
import { listTree } from './tree.ts';

/** One state of an object that somebody else keeps in a bucket: enough to know later whether it is still the same. */
export interface SourceObject {
  /** Behind the prefix; whatever its owner chose, so check it before it becomes a path. '' is the object at the URL itself. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** ETag, without quotes. */
  readonly etag?: string;
  /** Id of the version, if the bucket keeps versions. */
  readonly version?: string;
  /** SHA-256 of the whole object in hex, if the server keeps it and was asked. */
  readonly sha256?: string;
  /** Whether the server keeps such a digest; undefined if it must be asked. */
  readonly hasSha256?: boolean;
}

const CHANGED =
  'Put the old version back in the bucket, or add the data again to make a snapshot of what is there now.';

/**
 * Data that already lies in a bucket, used in place. Listing is parallel and takes bounded memory. Reading is on condition that the
 * object is still the one that was listed.
 */
export class BucketSource {
  /** The URL, without credentials. */
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

  /** List every object under the prefix, in no promised order. @throws VarveError what the server answers */
  async *list(): AsyncIterable<SourceObject> {
    try {
      const versions = await this.#isVersioned();
      for await (const object of listTree(this.#requests, this.#prefix, versions)) {
        yield sourceObject(object, object.key.slice(this.#prefix.length));
      }
    } catch (error) {
      throw this.#requests.error(error, 'list', '');
    }
  }

  /**
   * Ask for the checksum that the server keeps of an object, if any. Listings do not show it, so this is one request for each object
   * that may have one.
   * @throws VarveError `source-changed` if it is another one now, or gone
   */
  async withChecksum(object: SourceObject): Promise<SourceObject> {
    if (object.hasSha256 === false || object.sha256 !== undefined) return object;
    try {
      const name = this.#nameOf(object.key);
      const found = await this.#requests.run(() => this.#client.head(name, object.version));
      if (found.etag === object.etag && found.size === object.size) return sourceObject(found, object.key);
    } catch (error) {
      if (!(error instanceof RequestFailed && isAbsence(error.fault))) {
        throw this.#requests.error(error, 'read', object.key);
      }
    }
    throw this.#changed(
      object.key,
      'changed while it was being added',
      'Run the command again when nothing writes there.',
    );
  }

  /** Find the object that the URL itself names, with the key ''; undefined if the URL names a folder. */
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
   * Read an object, or a range of it.
   * @throws VarveError `source-changed` if it is another one now, or gone
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

  /** Ask whether the bucket keeps versions. Who may not ask works by ETags. */
  async #isVersioned(): Promise<boolean> {
    try {
      return await this.#requests.run(() => this.#client.isVersioned());
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.fault.status === undefined) throw error;
      return false;
    }
  }

  #nameOf(key: string): string {
    return key === '' ? this.#prefix.replace(/\/$/, '') : this.#prefix + key;
  }

  #changed(key: string, how: string, remedy = CHANGED): VarveError {
    const path = key === '' ? this.url : `${this.url.replace(/\/+$/, '')}/${key}`;
    return new VarveError('source-changed', `${path} ${how}`, { path, remedy });
  }
}

function sourceObject({ size, etag, version, sha256, hasSha256 }: StoredObject, key: string): SourceObject {
  return {
    key,
    size,
    ...(etag === undefined ? {} : { etag }),
    ...(version === undefined ? {} : { version }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(hasSha256 === undefined ? {} : { hasSha256 }),
  };
}

/**
 * Write the URL of a source in the one way: scheme in small letters, no slash at the end.
 * @throws VarveError as {@link openBucketSource}
 */
export function sourceUrl(url: string): string {
  sourcePlace(url);
  return url.replace(/^\w+/, (scheme) => scheme.toLowerCase()).replace(/\/+$/, '');
}

/** Open data in a bucket. Close it. @throws VarveError `remote-url-invalid` if `url` names no bucket, and as openRemote */
export async function openBucketSource(url: string, options: ServerOptions = {}): Promise<BucketSource> {
  const place = sourcePlace(url);
  return new BucketSource(await openBucket(place, options), url, place.prefix);
}

function sourcePlace(url: string): BucketPlace {
  const place = parseUrl(url, '/');
  if (place.kind !== 's3' && place.kind !== 'minio') {
    throw new VarveError('remote-url-invalid', `${url} is not a place in a bucket`, {
      path: url,
      remedy:
        'Name it as s3://bucket/prefix or minio://alias/bucket/prefix; local data is added by its path.',
    });
  }
  return place;
}
