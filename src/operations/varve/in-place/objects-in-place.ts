import type { DataSource } from '../../../remote/source/source.ts';
import type { SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import type { Store } from '../../../store/store.ts';
import { pointerPath } from '../../../workspace/pointer.ts';
import type { FileInPlace } from '../../backend/file-reader.ts';
import type { WorkingContext } from '../../context/context.ts';
import { fetchInto } from '../fetch.ts';
import { openSourceOf } from '../stores/stores.ts';
import { copyObject, readRange } from './read-object.ts';
import { notRead, type PointerInPlace, sourceFiles } from './snapshot.ts';

/** What is known of the objects of a snapshot, and where they lie. */
interface Opened {
  readonly source: DataSource;
  readonly files: ReadonlyMap<string, SourceManifestEntry>;
}

/** Objects of data in place for a reader that keeps nothing: the cache of a clone has no room for what many machines read. */
export class ObjectsInPlace {
  readonly #context: WorkingContext;
  readonly #cache: Store;
  /** By the digests of their lists. */
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(context: WorkingContext, cache: Store) {
    this.#context = context;
    this.#cache = cache;
  }

  /** @throws VarveError `settings-untrusted`, `object-missing` */
  async open(dataset: string, pointer: PointerInPlace, path: string): Promise<FileInPlace> {
    const opened = this.#opened.get(pointer.digest) ?? this.#open(dataset, pointer);
    this.#opened.set(pointer.digest, opened);
    const { source, files } = await opened;
    const file = files.get(path);
    if (file === undefined) throw notRead(dataset, path, pointer);
    const checkSignal = (): void => this.#context.signal?.throwIfAborted();
    return {
      size: file.size,
      copyTo: (target) => copyObject(source, file, target, checkSignal),
      read: (offset, length) => readRange(source, file, { offset, length }, checkSignal),
    };
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values())
      await opened.then(({ source }) => source.close()).catch(() => undefined);
  }

  async #open(dataset: string, pointer: PointerInPlace): Promise<Opened> {
    const files = new Map<string, SourceManifestEntry>();
    if (!this.#cache.has(pointer.digest))
      await fetchInto(this.#context, this.#cache, [{ path: dataset, pointer, only: [] }], {});
    for await (const file of sourceFiles(this.#context.repository, this.#cache, dataset, pointer))
      files.set(file.path, file);
    return { source: await openSourceOf(this.#context, pointer.source, pointerPath(dataset)), files };
  }
}
