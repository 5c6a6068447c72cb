import { basename } from 'node:path';
import { engineAddress } from '../../../remote/engine-url.ts';
import type { DataSource } from '../../../remote/source/source.ts';
import type { SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import { accessTo, readConfig } from '../../../workspace/config.ts';
import { pointerPath } from '../../../workspace/pointer.ts';
import type { FileAtSource, SourceFiles } from '../../backend/source-files.ts';
import type { DatasetVersion } from '../../backend/version.ts';
import type { WorkingContext } from '../../context/context.ts';
import { pointerOf } from '../datasets/versions.ts';
import { openStoreWith } from '../read-files.ts';
import { openSourceOf } from '../stores/stores.ts';
import { accountOf } from '../tables/place.ts';
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

  constructor(context: WorkingContext, dataset: string, pointer: PointerInPlace, source: DataSource) {
    this.#context = context;
    this.#dataset = dataset;
    this.#pointer = pointer;
    this.#source = source;
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

  async read(file: FileAtSource, offset: number, length: number): Promise<Uint8Array> {
    const { path: key, size, etag, version } = (file as ListedFile).entry;
    const pieces: Uint8Array[] = [];
    const object = { key, size, etag, ...(version === undefined ? {} : { version }) };
    for await (const piece of this.#source.read(object, { offset, length })) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  addressOf(file: FileAtSource): string | undefined {
    const { source } = this.#pointer;
    const { root } = this.#context.repository;
    const { endpoint } = accessTo(readConfig(this.#context.repository), source);
    return engineAddress(source, (file as ListedFile).entry.path, accountOf(source, root, endpoint));
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
