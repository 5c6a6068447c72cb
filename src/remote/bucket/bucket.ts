/**
 * Remotes and sources in a bucket: retries, conditions, listings and uploads over any client library. It may not know which library or
 * server that is: a client says what its server can do.
 */

import { createHash, randomBytes } from 'node:crypto';
import { forEach } from '../../base/threads/concurrency.ts';
import { bodyMismatch, digestOfBody, digestToWrite, sliceStream } from '../file-slice.ts';
import { checkKey, checkPrefix, isValidKey } from '../key.ts';
import type { Body, ByteRange, ObjectInfo, Remote, WriteOptions } from '../remote.ts';
import { checkMarker, isOfStore, isStoreKey, MARKER, MARKER_BYTES, notAStore } from '../store-layout.ts';
import type { BucketClient, StoredObject, Upload } from './client.ts';
import { DIGEST_REFUSALS, faultOf, isAbsence, isPrecondition, lacksPreconditions } from './error-classes.ts';
import { KeyReader } from './key-reader.ts';
import { RequestFailed, Requests } from './requests.ts';
import { PATIENT, type RetryPolicy } from './retry.ts';
import { listTree } from './tree.ts';
import { MAX_SINGLE_BYTES, uploadInParts } from './upload.ts';

const MAX_REMOVED = 1000;
/** Where a request removes one object. */
const REMOVALS_AT_ONCE = 32;
/** A prefix that a header carries as it is, and that a server has no reason to tidy up. */
const IN_A_HEADER = /^(?:(?!\.\.?\/)[!-.0-~]+\/)*$/;

/**
 * A remote in a bucket, over either client library. Every upload carries its SHA-256, which the server verifies; writes that must
 * not overwrite use `If-None-Match: *`. If a server lacks that, the last step is look and write: two writers at the same
 * instant may then both write, one after the other.
 */
export class BucketRemote implements Remote {
  readonly url: string;
  readonly #client: BucketClient;
  readonly #prefix: string;
  readonly #requests: Requests;
  readonly #reader: KeyReader;
  #knowsPreconditions = true;
  #bucketExists: Promise<void> | undefined;
  #claimed: Promise<void> | undefined;
  /** Whether the server was seen to unpack an archive. */
  #unpacks: boolean | undefined;

  /** @param prefix '' or ending in '/' */
  constructor(client: BucketClient, url: string, prefix: string, policy: RetryPolicy = PATIENT) {
    this.url = url;
    this.#client = client;
    this.#prefix = prefix;
    this.#requests = new Requests(client, url.endsWith('/') ? url : `${url}/`, policy);
    this.#reader = new KeyReader(this.#requests, url, prefix);
  }

  get takesSha256(): boolean {
    return this.#client.putVerified === undefined;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    try {
      for await (const { key, size, modified } of listTree(this.#requests, this.#prefix + prefix)) {
        const relative = key.slice(this.#prefix.length);
        if (isValidKey(relative)) yield { key: relative, size, modified };
      }
    } catch (error) {
      throw this.#requests.error(error, 'list', prefix);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const name = this.#name(key);
    try {
      const found = await this.#find(name);
      return found === undefined ? undefined : { key, size: found.size, modified: found.modified };
    } catch (error) {
      throw this.#requests.error(error, 'read', key);
    }
  }

  read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array> {
    return this.#reader.read(key, range, memory);
  }

  stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#reader.stream(key, range);
  }

  async presign(key: string, seconds: number): Promise<string | undefined> {
    const name = this.#name(key);
    try {
      return await this.#client.presign?.(name, seconds);
    } catch (error) {
      throw this.#requests.error(error, 'read', key);
    }
  }

  async write(key: string, body: Body, options: WriteOptions): Promise<'written' | 'exists'> {
    const name = this.#name(key);
    const ifAbsent = !options.overwrite;
    try {
      // Asking costs little beside sending a pack in vain, as after a push that was cut off.
      if (ifAbsent && (await this.#find(name)) !== undefined) return 'exists';
      if (body instanceof Uint8Array && typeof options.sha256 === 'function' && !this.takesSha256)
        return await this.#once(ifAbsent, (guarded) => this.#client.putVerified!(name, body, guarded));
      return await this.#send(name, body, await digestToWrite(options), ifAbsent);
    } catch (error) {
      throw this.#requests.error(error, 'write', key);
    }
  }

  /** Who may not ask is told no: the right to do so is one of its own. */
  async keepsVersions(): Promise<boolean> {
    try {
      return await this.#requests.run(() => this.#client.isVersioned());
    } catch (error) {
      if (error instanceof RequestFailed && error.fault.status !== undefined) return false;
      throw this.#requests.error(error, 'ask about', '');
    }
  }

  claim(): Promise<void> {
    this.#claimed ??= this.#claim().catch((error: unknown) => {
      this.#claimed = undefined;
      throw this.#requests.error(error, 'write', MARKER);
    });
    return this.#claimed;
  }

  /** Whether it is worth making an archive for `unpack`. */
  get mayUnpack(): boolean {
    return this.#unpacks !== false && this.#client.unpack !== undefined && IN_A_HEADER.test(this.#prefix);
  }

  /**
   * Write each file of a tar archive under its name as its key, over what is there, in one request. Returns false, with nothing written, where
   * the server is not known to do that; a request before must have told.
   * @param sample one of the names
   */
  async unpack(archive: Uint8Array, sha256: string, sample: string): Promise<boolean> {
    const { unpack } = this.#client;
    if (unpack === undefined || !this.mayUnpack) return false;
    const name = this.#name(`varve-${randomBytes(8).toString('hex')}.tar`);
    try {
      await this.#requests.run(() => unpack(name, this.#prefix, uploadOf(archive, sha256)));
      this.#unpacks ??= (await this.head(sample)) !== undefined;
      // Something that only goes by the name of that server has kept the archive.
      if (!this.#unpacks) await this.#requests.run(() => this.#removeBatch([name]));
    } catch (error) {
      // A server may refuse archives alone. If it refuses the objects one by one too, their errors say what is wrong.
      const isRefused = error instanceof RequestFailed && error.fault.retry === 'no';
      if (!isRefused) throw this.#requests.error(error, 'write', sample);
      this.#unpacks = false;
    }
    return this.#unpacks;
  }

  async remove(keys: readonly string[]): Promise<void> {
    const names = keys.map((key) => this.#name(key));
    const size = this.#client.maxRemoved ?? MAX_REMOVED;
    const batches = Array.from({ length: Math.ceil(names.length / size) }, (_, index) => index * size);
    await forEach(batches, size === 1 ? REMOVALS_AT_ONCE : 1, async (from) => {
      const batch = names.slice(from, from + size);
      try {
        await this.#requests.run(() => this.#removeBatch(batch));
      } catch (error) {
        throw this.#requests.error(
          error,
          'remove',
          batch.length === 1 ? keys[from]! : `${keys[from]} and others`,
        );
      }
    });
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #name(key: string): string {
    checkKey(key);
    return this.#prefix + key;
  }

  async #claim(): Promise<void> {
    const marker = this.#prefix + MARKER;
    const found = await this.#find(marker);
    if (found !== undefined) {
      checkMarker(await this.#reader.marker(found.size), this.url);
      return;
    }
    const [index] = await this.#keysBelow('index/', 1);
    if (index === undefined || !isStoreKey(index)) {
      // Of a store without index there can't be much.
      const foreign = (await this.#keysBelow('')).find((key) => !isOfStore(key));
      if (foreign !== undefined) throw notAStore(this.url, JSON.stringify(foreign));
    }
    const sha256 = createHash('sha256').update(MARKER_BYTES).digest('hex');
    await this.#send(marker, MARKER_BYTES, sha256, true);
  }

  /** The first of them; those of nothing but a name, which consoles make for a folder, are left out. */
  async #keysBelow(prefix: string, limit?: number): Promise<string[]> {
    const request = { prefix: this.#prefix + prefix, ...(limit === undefined ? {} : { limit }) };
    const { objects } = await this.#requests.run(() => this.#client.list(request));
    const isFolder = ({ key, size }: StoredObject): boolean =>
      size === 0 && (key.endsWith('/') || key === this.#prefix);
    return objects.filter((object) => !isFolder(object)).map(({ key }) => key.slice(this.#prefix.length));
  }

  /** The URL of the object, for messages. */
  #where(name: string): string {
    return `${this.url.replace(/\/+$/, '')}/${name.slice(this.#prefix.length)}`;
  }

  /** A HEAD has no body, so what went wrong, and whether the bucket is there at all, is learned by listing. */
  async #find(name: string): Promise<StoredObject | undefined> {
    try {
      return await this.#requests.run(() => this.#client.head(name));
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const { fault } = error;
      const isAbsent = isAbsence(fault);
      if (!isAbsent && fault.status !== 400 && fault.status !== 403) throw error;
      this.#bucketExists ??= this.#tryListing();
      await this.#bucketExists;
      if (isAbsent) return undefined;
      throw error;
    }
  }

  async #tryListing(): Promise<void> {
    try {
      await this.#requests.run(() => this.#client.list({ prefix: this.#prefix, limit: 1 }));
    } catch (error) {
      this.#bucketExists = undefined;
      throw error;
    }
  }

  async #send(name: string, body: Body, sha256: string, ifAbsent: boolean): Promise<'written' | 'exists'> {
    if (body instanceof Uint8Array || body.size <= MAX_SINGLE_BYTES)
      return this.#once(ifAbsent, (guarded) => this.#put(name, body, sha256, guarded));
    const where = this.#where(name);
    return this.#guarded(ifAbsent, (guarded) =>
      uploadInParts(this.#requests, { ...body, name, where, sha256, ifAbsent: guarded }),
    );
  }

  /** Send by one request. */
  #once(ifAbsent: boolean, put: (guarded: boolean) => Promise<void>): Promise<'written' | 'exists'> {
    return this.#guarded(ifAbsent, (guarded) => this.#requests.run(() => put(guarded)));
  }

  /** Send on condition that the object is not there, where the server knows conditions. */
  async #guarded(
    ifAbsent: boolean,
    send: (guarded: boolean) => Promise<void>,
  ): Promise<'written' | 'exists'> {
    try {
      await send(ifAbsent && this.#knowsPreconditions);
      return 'written';
    } catch (error) {
      if (!ifAbsent || !(error instanceof RequestFailed)) throw error;
      if (isPrecondition(error.fault)) return 'exists';
      if (!this.#knowsPreconditions || !lacksPreconditions(error.fault)) throw error;
      this.#knowsPreconditions = false;
      return this.#guarded(ifAbsent, send);
    }
  }

  async #put(name: string, body: Body, sha256: string, ifAbsent: boolean): Promise<void> {
    try {
      await this.#client.put(name, uploadOf(body, sha256), ifAbsent);
    } catch (error) {
      // Damaged on its way, which another try mends, or wrong from the start?
      if (DIGEST_REFUSALS.includes(faultOf(error).code)) {
        const actual = await digestOfBody(body);
        if (actual !== sha256) throw bodyMismatch(this.#where(name), sha256, actual);
      }
      throw error;
    }
  }

  async #removeBatch(names: readonly string[]): Promise<void> {
    const [first] = await this.#client.remove(names);
    if (first !== undefined) throw Object.assign(new Error(first.message), { code: first.code });
  }
}

function uploadOf(body: Body, sha256: string): Upload {
  if (body instanceof Uint8Array) return { length: body.length, sha256, open: () => body };
  const { path, size } = body;
  return { length: size, sha256, open: () => sliceStream(path, 0, size) };
}
