/**
 * Remotes in a folder of a file system on another machine: retries, unfinished writes and listings over any protocol. It may not know
 * which protocol that is, and it trusts no name and no link there, since others may write to it.
 */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { isUnfinished, unfinishedName } from '../../base/files/atomic-write.ts';
import { faultOf, isAbsence } from '../bucket/error-classes.ts';
import { KeyReader } from '../bucket/key-reader.ts';
import { RequestFailed, Requests } from '../bucket/requests.ts';
import { PATIENT, type RetryPolicy } from '../bucket/retry.ts';
import { bodyMismatch, digestToWrite, readSlice, refuseOtherBytes } from '../file-slice.ts';
import { symlinkRefused } from '../folder/links.ts';
import { checkKey, checkPrefix, isValidKey } from '../key.ts';
import type { Body, ByteRange, ObjectInfo, Remote, WriteOptions } from '../remote.ts';
import {
  checkMarker,
  isOfStore,
  isStoreKey,
  MARKER,
  MARKER_BYTES,
  notAStore,
  TEMPORARY_FOLDER,
} from '../store-layout.ts';
import type { FileClient, RemoteFile, SentFile } from './client.ts';
import { walkFiles } from './walk-files.ts';

/** No write takes this long, so what is older was left by a process that is gone. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * A remote in a folder that a server keeps: one file an object, under its key. Writes go to `tmp/` and get their name when they are
 * whole, so a reader never sees a part; the server refuses the name if another writer has it.
 */
export class FilesRemote implements Remote {
  readonly url: string;
  readonly #client: FileClient;
  readonly #requests: Requests<FileClient>;
  readonly #reader: KeyReader;
  readonly #folders = new Map<string, Promise<void>>();
  #claimed: Promise<void> | undefined;

  constructor(client: FileClient, url: string, policy: RetryPolicy = PATIENT) {
    this.url = url;
    this.#client = client;
    this.#requests = new Requests(client, url.endsWith('/') ? url : `${url}/`, policy);
    this.#reader = new KeyReader(this.#requests, url, '');
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    try {
      for await (const { path, size, modified } of walkFiles(this.#requests, prefix, { ofStore: true })) {
        if (isValidKey(path)) yield { key: path, size, modified };
      }
    } catch (error) {
      throw this.#requests.error(error, 'list', prefix);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    try {
      const found = await this.#stat(key);
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

  async write(key: string, body: Body, options: WriteOptions): Promise<'written' | 'exists'> {
    checkKey(key);
    const overwrite = options.overwrite ?? false;
    try {
      // Asking costs little beside sending a pack in vain, as after a push that was cut off.
      if (!overwrite && (await this.#stat(key)) !== undefined) return 'exists';
      return await this.#send(key, body, options, overwrite);
    } catch (error) {
      throw this.#requests.error(error, 'write', key);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    await Promise.all(
      keys.map(async (key) => {
        try {
          await this.#requests.run(() => this.#client.remove(key));
        } catch (error) {
          throw this.#requests.error(error, 'remove', key);
        }
      }),
    );
  }

  claim(): Promise<void> {
    this.#claimed ??= this.#claim().catch((error: unknown) => {
      this.#claimed = undefined;
      throw this.#requests.error(error, 'write', MARKER);
    });
    return this.#claimed;
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** Facts of a file; a folder is no object. @throws VarveError `symlink-refused` */
  async #stat(key: string): Promise<RemoteFile | undefined> {
    const found = await this.#requests.run(() => this.#client.stat(key));
    if (found?.kind === 'link') throw symlinkRefused(`${this.url}/${key}`);
    return found?.kind === 'file' ? found : undefined;
  }

  async #send(
    key: string,
    body: Body,
    options: WriteOptions,
    overwrite: boolean,
  ): Promise<'written' | 'exists'> {
    const temporary = `${TEMPORARY_FOLDER}/${unfinishedName()}`;
    const name = `${this.url}/${key}`;
    if (body instanceof Uint8Array) refuseOtherBytes(body, options, name);
    const sent = new SentBody(body);
    let isGone = false;
    try {
      await this.#inFolder(TEMPORARY_FOLDER, () => this.#client.create(temporary, sent));
      if (sent.actual !== undefined) {
        const sha256 = await digestToWrite(options);
        if (sent.actual !== sha256) throw bodyMismatch(name, sha256, sent.actual);
      }
      const folder = key.slice(0, Math.max(0, key.lastIndexOf('/')));
      const isDone = await this.#inFolder(folder, (attempt) =>
        this.#publish(temporary, key, overwrite, attempt),
      );
      isGone = isDone;
      return isDone ? 'written' : 'exists';
    } finally {
      if (!isGone) await this.#client.remove(temporary).catch(() => undefined);
    }
  }

  async #publish(temporary: string, key: string, overwrite: boolean, attempt: number): Promise<boolean> {
    try {
      return await this.#client.rename(temporary, key, overwrite);
    } catch (error) {
      // The answer to a try that succeeded may have been lost.
      const isLost = attempt > 1 && isAbsence(faultOf(error));
      if (isLost && (await this.#client.stat(temporary)) === undefined && (await this.#client.stat(key)))
        return true;
      throw error;
    }
  }

  /** Send a request that needs a folder. It is made when the server lacks it, which it does once. */
  async #inFolder<T>(folder: string, request: (attempt: number) => Promise<T>): Promise<T> {
    try {
      return await this.#requests.run(request);
    } catch (error) {
      if (!(error instanceof RequestFailed) || !isAbsence(error.fault)) throw error;
      await this.#makeFolder(folder);
      return this.#requests.run(request);
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    let made = this.#folders.get(folder);
    if (made === undefined) {
      made = this.#requests.run(() => this.#client.makeFolder(folder));
      this.#folders.set(folder, made);
    }
    try {
      await made;
    } finally {
      // It may be removed later on: only those who ask at once share one request.
      this.#folders.delete(folder);
    }
  }

  async #claim(): Promise<void> {
    const found = await this.#stat(MARKER);
    if (found !== undefined) {
      checkMarker(await this.#reader.marker(found.size), this.url);
    } else {
      const index = await this.#requests.run(() => this.#client.list('index'));
      if (!index.some(({ name }) => isStoreKey(`index/${name}`))) await this.#refuseForeign();
      const sha256 = createHash('sha256').update(MARKER_BYTES).digest('hex');
      await this.#send(MARKER, MARKER_BYTES, { sha256 }, false);
    }
    await this.#removeStale();
  }

  /** Of a store without index there can't be much. */
  async #refuseForeign(): Promise<void> {
    for await (const { path } of walkFiles(this.#requests, '', { ofStore: false }))
      if (!isOfStore(path)) throw notAStore(this.url, JSON.stringify(path));
  }

  /** Remove what killed writes left. Never fails: whoever owns those files may be another user. */
  async #removeStale(): Promise<void> {
    const found = await this.#client.list(TEMPORARY_FOLDER).catch(() => []);
    const left = found.filter(({ name, kind }) => kind === 'file' && isUnfinished(name));
    if (left.length === 0) return;
    const now = await this.#serverTime().catch(() => undefined);
    if (now === undefined) return;
    for (const { name, modified } of left) {
      if (now - modified.getTime() > STALE_AFTER_MS)
        await this.#client.remove(`${TEMPORARY_FOLDER}/${name}`).catch(() => undefined);
    }
  }

  /** The time by the clock that stamps files there, in milliseconds: this machine's may be a day ahead. */
  async #serverTime(): Promise<number | undefined> {
    const probe = `${TEMPORARY_FOLDER}/${unfinishedName()}`;
    await this.#client.create(probe, new SentBody(Buffer.alloc(0)));
    const found = await this.#client.stat(probe);
    await this.#client.remove(probe);
    return found?.modified.getTime();
  }
}

/** A body whose SHA-256 is taken while it is sent. */
class SentBody implements SentFile {
  readonly length: number;
  /** The SHA-256 of the file that was sent last, in hex; undefined of bytes in memory. */
  actual: string | undefined;
  readonly #body: Body;

  constructor(body: Body) {
    this.length = body instanceof Uint8Array ? body.length : body.size;
    this.#body = body;
  }

  open(): Uint8Array | Readable {
    const body = this.#body;
    return body instanceof Uint8Array ? body : Readable.from(this.#hashed(body.path), { objectMode: false });
  }

  async *#hashed(path: string): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    for await (const block of readSlice(path, 0, this.length)) {
      hash.update(block);
      yield block;
    }
    this.actual = hash.digest('hex');
  }
}
