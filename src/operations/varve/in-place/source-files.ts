import { basename } from 'node:path';
import { accountOf, engineAddress } from '../../../remote/engine-url.ts';
import type { DataSource } from '../../../remote/source/source.ts';
import { keyOf, type SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import { accessTo, readConfig } from '../../../workspace/config.ts';
import { pointerPath } from '../../../workspace/pointer.ts';
import type { FileAtSource, SourceFiles } from '../../backend/source-files.ts';
import type { DatasetVersion } from '../../backend/version.ts';
import type { WorkingContext } from '../../context/context.ts';
import { pointerOf } from '../datasets/versions.ts';
import { openStoreWith } from '../read-files.ts';
import { openSourceOf } from '../stores/stores.ts';
import { readRange } from './read-object.ts';
import { type PointerInPlace, sourceFiles } from './snapshot.ts';

/** Implements Backend.openSourceFiles. */
export async function openSourceFiles(
  context: WorkingContext,
  { path, commit }: DatasetVersion,
): Promise<SourceFiles> {
  const pointer = pointerOf(context.repository, path, commit)! as PointerInPlace;
  const source = await openSourceOf(context, pointer.source, pointerPath(path));
  return new FilesAtSource(context, path, pointer, source);
}

interface ListedFile extends FileAtSource {
  readonly entry: SourceManifestEntry;
}

class FilesAtSource implements SourceFiles {
  readonly #context: WorkingContext;
  readonly #dataset: string;
  readonly #pointer: PointerInPlace;
  readonly #source: DataSource;
  /** Of a container of Azure. */
  readonly #account: string | undefined;

  constructor(context: WorkingContext, dataset: string, pointer: PointerInPlace, source: DataSource) {
    this.#context = context;
    this.#dataset = dataset;
    this.#pointer = pointer;
    this.#source = source;
    const { endpoint } = accessTo(readConfig(context.repository), pointer.source);
    this.#account = accountOf(pointer.source, context.repository.root, endpoint);
  }

  async *list(): AsyncGenerator<ListedFile> {
    const { repository, signal } = this.#context;
    const store = await openStoreWith(this.#context, this.#pointer.digest, this.#dataset);
    try {
      for await (const entry of sourceFiles(repository, store, this.#dataset, this.#pointer)) {
        signal?.throwIfAborted();
        const { path, size, digest } = entry;
        yield { path: path || basename(this.#dataset), size, ...(digest && { digest }), entry };
      }
    } finally {
      await store.close();
    }
  }

  read(file: FileAtSource, offset: number, length: number): Promise<Uint8Array> {
    const { signal } = this.#context;
    const { entry } = file as ListedFile;
    return readRange(this.#source, entry, { offset, length }, () => signal?.throwIfAborted());
  }

  addressOf(file: FileAtSource): string | undefined {
    return engineAddress(this.#pointer.source, this.keyOf(file), this.#account);
  }

  keyOf(file: FileAtSource): string {
    return keyOf((file as ListedFile).entry);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
