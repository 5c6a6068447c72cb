/**
 * Data that somebody else keeps, used in place: what lies there, in which state, and its bytes while it is still in that state. It may
 * not know which kind of server that is, and writes nothing.
 */

import { VarveError } from '../../errors.ts';
import type { GetRequest, StoredObject } from '../bucket/client.ts';
import { isAbsence, isPrecondition } from '../bucket/error-classes.ts';
import { type Reading, RequestFailed, type Requests } from '../bucket/requests.ts';
import { checkRange } from '../key.ts';
import type { ByteRange } from '../remote.ts';

/** One state of an object that somebody else keeps: enough to know later whether it is still the same. */
export interface SourceObject {
  /** Behind the prefix; whatever its owner chose, so check it before it becomes a path. '' is the object at the URL itself. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** ETag, without quotes, or what the server has in place of that. */
  readonly etag?: string;
  /** Id of the version, if the bucket keeps versions. */
  readonly version?: string;
  /** SHA-256 of the whole object in hex, if the server keeps it and was asked. */
  readonly sha256?: string;
  /** Whether the server keeps such a digest; undefined if it must be asked. */
  readonly hasSha256?: boolean;
}

const CHANGED =
  'Put the old version back there, or add the data again to make a snapshot of what is there now.';

/** What there is at a place, of one kind of server. */
export interface SourcePlace {
  /** Sends the requests for bytes. */
  readonly requests: Requests<Reading & { close(): void }>;
  /**
   * Every object in a folder of the place, at any depth and in no promised order, by what its key has behind the place; none where there is
   * no such folder.
   * @param folder '' for all of the place, else ending in '/'
   * @throws RequestFailed
   */
  objects(folder: string): AsyncIterable<StoredObject>;
  /** Facts of an object by its key behind the place. @throws RequestFailed */
  find(key: string, version: string | undefined): Promise<StoredObject>;
  /** What requests call an object; undefined for the place itself where that can be no object. */
  nameOf(key: string): string | undefined;
}

/**
 * Data that already lies somewhere, used in place. Listing is parallel and takes bounded memory. Reading is on condition that the
 * object is still the one that was listed.
 */
export class DataSource {
  /** The URL, without credentials. */
  readonly url: string;
  readonly #place: SourcePlace;

  constructor(place: SourcePlace, url: string) {
    this.url = url;
    this.#place = place;
  }

  /**
   * List every object at the place, or in one of its folders, in no promised order.
   * @param folder '' for all, else ending in '/'
   * @throws VarveError what the server answers
   */
  async *list(folder = ''): AsyncIterable<SourceObject> {
    try {
      for await (const object of this.#place.objects(folder)) yield sourceObject(object, object.key);
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
      const found = await this.#place.find(object.key, object.version);
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
    return this.#place.nameOf('') === undefined ? undefined : this.find('');
  }

  /** Find an object by its key; undefined if there is none. */
  async find(key: string): Promise<SourceObject | undefined> {
    try {
      return sourceObject(await this.#place.find(key, undefined), key);
    } catch (error) {
      if (error instanceof RequestFailed && isAbsence(error.fault)) return undefined;
      throw this.#requests.error(error, 'read', key);
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
      yield* this.#requests.bytes(this.#place.nameOf(object.key) ?? '', from, checkSize);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (isPrecondition(error.fault)) throw this.#changed(object.key, 'was replaced since it was added');
      if (isAbsence(error.fault)) throw this.#changed(object.key, 'was removed since it was added');
      throw this.#requests.error(error, 'read', object.key);
    }
  }

  async close(): Promise<void> {
    this.#requests.client.close();
  }

  get #requests(): SourcePlace['requests'] {
    return this.#place.requests;
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
