/**
 * Remotes as places for tables: whole objects, and the files that a table adds to them. It may not know the formats of tables, nor
 * which versions are exported.
 */

import { join } from 'node:path';
import { unfinishedName } from '../../../base/files/atomic-write.ts';
import { forEach } from '../../../base/threads/concurrency.ts';
import { VarveError } from '../../../errors.ts';
import { accountOf, engineUrl } from '../../../remote/engine-url.ts';
import { WHOLE_OBJECT_KEY } from '../../../remote/store-layout.ts';
import type { BlockLists } from '../../../store/format/block-lists.ts';
import { type Digest, hexDigestOf, toDigest, toRaw } from '../../../store/format/digest.ts';
import { dropReplacedRecords, writeTableRecord } from '../../../store/gc/table-records.ts';
import type { Store } from '../../../store/store.ts';
import { shellWord } from '../../../wording/quote.ts';
import { readConfig } from '../../../workspace/config.ts';
import type { FileToPlace, PlacedFile, TablePlace } from '../../backend/table-place.ts';
import type { DatasetVersion } from '../../backend/version.ts';
import type { WorkingContext } from '../../context/context.ts';
import { pointerOf } from '../datasets/versions.ts';
import { openCache, openRemoteStore } from '../stores/stores.ts';

/** Implements Backend.openTablePlace. */
export async function openTablePlace(
  context: WorkingContext,
  remote: string | undefined,
): Promise<TablePlace> {
  const { name, url, store } = await openRemoteStore(context, remote);
  try {
    const { root } = context.repository;
    const account = accountOf(url, root, readConfig(context.repository).remotes.get(name)?.endpoint);
    const place = { name, url, engineUrl: engineUrl(url, root, account) };
    return new StorePlace(context, place, store, await openCache(context));
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Requests that ask whether a file is there. */
const ASKED_AT_ONCE = 32;

class StorePlace implements TablePlace {
  readonly name: string;
  readonly url: string;
  readonly engineUrl: string;
  readonly #context: WorkingContext;
  readonly #store: Store;
  readonly #cache: Store;
  readonly #lists = new Map<string, Promise<BlockLists>>();

  constructor(
    context: WorkingContext,
    place: Pick<TablePlace, 'name' | 'url' | 'engineUrl'>,
    store: Store,
    cache: Store,
  ) {
    this.#context = context;
    this.name = place.name;
    this.url = place.url;
    this.engineUrl = place.engineUrl;
    this.#store = store;
    this.#cache = cache;
  }

  holds({ digest }: FileToPlace): boolean {
    return this.#store.has(digest as Digest);
  }

  find({ digest }: FileToPlace): string | undefined {
    return this.#store.wholeKey(digest as Digest);
  }

  async presign(key: string, seconds: number): Promise<string | undefined> {
    return this.#store.core.remote.presign?.(key, seconds);
  }

  place({ digest }: FileToPlace, isTaken: (key: string) => boolean): Promise<PlacedFile> {
    const scratch = join(this.#context.repository.stateFolder, unfinishedName());
    return this.#store.placeWhole(digest as Digest, scratch, isTaken);
  }

  checkPresent(files: readonly { readonly key: string; readonly size: number }[]): Promise<void> {
    const { remote } = this.#store.core;
    return forEach(files, ASKED_AT_ONCE, async ({ key, size }) => {
      if ((await remote.head(key))?.size === size) return;
      throw new VarveError('object-missing', `${this.url} has lost ${key}, or a part of it`, {
        path: this.url,
        remedy: `Nothing was exported. \`varve push --all-commits --remote ${shellWord(this.name)}\` sends what is missing and here, then run the same command again.`,
      });
    });
  }

  async read(
    version: DatasetVersion,
    { digest }: FileToPlace,
    offset: number,
    length: number,
  ): Promise<Uint8Array> {
    const store = this.#cache.has(digest as Digest) ? this.#cache : this.#store;
    const list = (await this.#listsOf(version, store)).of(toRaw(digest as Digest));
    const pieces: Uint8Array[] = [];
    const range = { offset, length };
    for await (const piece of store.readRange(digest as Digest, range, list && toDigest(list)))
      pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }

  async list(folder: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { key } of this.#store.core.remote.list(`${folder}/`))
      names.push(key.slice(folder.length + 1));
    return names;
  }

  readFile(key: string): Promise<Uint8Array> {
    return this.#store.core.remote.read(key);
  }

  create(key: string, bytes: Uint8Array): Promise<'written' | 'exists'> {
    return this.#store.core.remote.write(key, bytes, { sha256: hexDigestOf(bytes) });
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.#store.core.remote.write(key, bytes, { sha256: hexDigestOf(bytes), overwrite: true });
  }

  async keep(table: string, named: readonly string[]): Promise<void> {
    const { core } = this.#store;
    // Data in place may lie beside the store, or in its very folder: no gc looks at it.
    const keys = named.filter((key) => WHOLE_OBJECT_KEY.test(key));
    await writeTableRecord(core.remote, { table, keys });
    const pending = await core.keysPendingDeletion();
    if (!keys.some((key) => pending.has(key))) return;
    throw new VarveError('store-changed', `A gc of ${this.url} was about to remove what the table names`, {
      path: this.url,
      remedy: 'Nothing was exported. Run the same command again: it names what stays.',
    });
  }

  dropReplaced(table: string): Promise<void> {
    return dropReplacedRecords(this.#store.core.remote, table);
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await this.#store.close();
  }

  #listsOf({ path, commit, name }: DatasetVersion, store: Store): Promise<BlockLists> {
    const key = `${store === this.#cache} ${path} ${name}`;
    const known = this.#lists.get(key);
    const lists = known ?? store.blockLists(pointerOf(this.#context.repository, path, commit)!);
    this.#lists.set(key, lists);
    return lists;
  }
}
