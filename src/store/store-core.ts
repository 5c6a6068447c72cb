import type { Remote } from '../remote/remote.ts';
import { hexDigestOf } from './format/digest.ts';
import { encodeIndex, type IndexContent, IndexFile, indexKey } from './format/index-file.ts';
import { readPendingDeletions } from './gc/pending-deletions.ts';
import type { Catalog } from './index/catalog.ts';
import { keepIndex, loadCatalog } from './index/load.ts';

/** The remote that a store lies on, and the catalog of what it holds: the state that reading, writing, transfer and gc share. */
export class StoreCore {
  readonly remote: Remote;
  readonly #indexCache: string | undefined;
  #catalog: Catalog;

  static async open(remote: Remote, indexCache: string | undefined): Promise<StoreCore> {
    return new StoreCore(remote, indexCache, await loadCatalog(remote, indexCache, []));
  }

  private constructor(remote: Remote, indexCache: string | undefined, catalog: Catalog) {
    this.remote = remote;
    this.#indexCache = indexCache;
    this.#catalog = catalog;
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** Read the index again, to see what other processes have written or removed since. */
  async reload(): Promise<void> {
    this.#catalog = await loadCatalog(this.remote, this.#indexCache, this.#catalog.segments);
  }

  /** Write an index file, so that this process and others find what it names. All of that must be durable by now. */
  async writeIndex(content: IndexContent): Promise<void> {
    const bytes = encodeIndex(content);
    const name = hexDigestOf(bytes);
    const segment = IndexFile.parse(bytes, name);
    // The first one makes a store of the place.
    if (this.#catalog.segments.length === 0) await this.remote.claim();
    await this.remote.write(indexKey(name), bytes, { sha256: name });
    if (this.#indexCache !== undefined) keepIndex(this.#indexCache, name, bytes);
    this.#catalog.add(segment);
  }

  /** Read the keys of the files that wait for deletion by now. @throws VarveError `pending-deletions-damaged` */
  async keysPendingDeletion(): Promise<Set<string>> {
    return new Set((await readPendingDeletions(this.remote)).flatMap(({ keys }) => keys));
  }
}
