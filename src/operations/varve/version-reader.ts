import { basename } from 'node:path';
import { Turns } from '../../base/threads/turns.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import { VarveError } from '../../errors.ts';
import type { ByteRange } from '../../remote/remote.ts';
import { objectMissing } from '../../store/errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { bringingChanges } from '../../workspace/git/pointer-commits.ts';
import { askBlobs, pointed, pointersAt } from '../../workspace/git/pointers.ts';
import { type Pointer, pointerPath } from '../../workspace/pointer.ts';
import type { VersionChange, VersionFacts } from '../backend/version.ts';
import type { ReadableDataset, ReadableFile, VersionReader } from '../backend/version-reader.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDatasetQuietly } from '../datasets/each.ts';
import { bringInto } from './bring.ts';
import { snapshotFiles } from './datasets/select.ts';
import { pointerFacts } from './datasets/versions.ts';
import { columnsIn } from './in-place/columns.ts';
import { isInPlace, notRead } from './in-place/snapshot.ts';
import { openCache, openRemoteStore, wantedFromRemote } from './stores/stores.ts';

/** What only a remote has is read there up to this size, for good packs are not made of single files; a larger one is brought. */
const MAX_READ_THROUGH_BYTES = 1024 * 1024;
/** Files that are brought at a time, each with several requests to the remote, whoever may ask for how many. */
const MAX_BRINGING = 4;

/** Implements Backend.openReader. @throws VarveError `settings-untrusted` */
export async function openReader(context: WorkingContext): Promise<VersionReader> {
  return new VarveReader(context, await openCache(context));
}

class VarveReader implements VersionReader {
  readonly #context: WorkingContext;
  readonly #cache: Store;
  #remote: Promise<Store> | undefined;
  /** What is being brought. Who asks meanwhile waits for the same. */
  readonly #bringing = new Map<string, Promise<void>>();
  readonly #turns = new Turns(MAX_BRINGING);

  constructor(context: WorkingContext, cache: Store) {
    this.#context = context;
    this.#cache = cache;
  }

  async datasetsAt(commit: string): Promise<ReadableDataset[]> {
    const { repository, onWarning } = this.#context;
    const listed = await pointersAt(repository.root, commit);
    const { done, problems } = await eachDatasetQuietly(listed, async ({ path, read }) =>
      this.#dataset(path, read(), commit),
    );
    for (const { message } of problems) onWarning?.(message);
    return done;
  }

  async changes(commit: string): Promise<VersionChange[]> {
    const changes = await bringingChanges(this.#context.repository.root, [commit]);
    return changes.map(({ blob, ...change }) => ({ ...change, pointer: blob }));
  }

  async versionsOf(changes: readonly VersionChange[]): Promise<(VersionFacts | undefined)[]> {
    const { repository, onWarning } = this.#context;
    const texts = await askBlobs(repository.root, [...new Set(changes.map(({ pointer }) => pointer))]);
    return changes.map(({ path, commit, pointer }) => {
      try {
        return pointerFacts(pointed(pointerPath(path), texts.get(pointer), commit).pointer);
      } catch (error) {
        if (!(error instanceof VarveError) || error.code === 'git-failed') throw error;
        onWarning?.(error.message);
        return undefined;
      }
    });
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await (await this.#remote?.catch(() => undefined))?.close();
  }

  #dataset(path: string, pointer: Pointer, commit: string): ReadableDataset {
    return {
      path,
      commit,
      ...pointerFacts(pointer),
      list: () => this.#list(path, pointer),
      ...(pointer.columns && { shownColumns: () => this.#shownColumns(path, pointer) }),
      read: (file, range, pieceBytes) => this.#read(path, pointer, file, range, pieceBytes),
      address: (file, seconds) => this.#address(path, file, seconds),
    };
  }

  async *#list(path: string, pointer: Pointer): AsyncGenerator<ReadableFile> {
    const isListed = pointer.kind === 'directory' || isInPlace(pointer);
    const store = isListed ? await this.#storeWith(pointer.digest, path) : this.#cache;
    for await (const file of snapshotFiles(this.#context.repository, store, path, pointer)) {
      const { path: inside, size, digest } = file;
      if (inside.endsWith('/')) continue;
      yield { path: inside || basename(path), size, ...(digest === undefined ? {} : { digest }) };
    }
  }

  async *#read(
    path: string,
    pointer: Pointer,
    file: ReadableFile,
    range: ByteRange | undefined,
    pieceBytes: number,
  ): AsyncGenerator<Uint8Array> {
    const digest = file.digest as Digest | undefined;
    if (digest === undefined) throw isInPlace(pointer) ? notRead(path, file.path, pointer) : unnamed(path);
    if (!(await this.#cache.holds(digest))) {
      if (file.size <= MAX_READ_THROUGH_BYTES) {
        yield slice(await (await this.#storeWith(digest, path)).readBytes(digest, file.size), range);
        return;
      }
      await this.#bring(path, pointer, file);
    }
    let isBegun = false;
    try {
      for await (const piece of this.#cache.readPieces(digest, range, pieceBytes)) {
        isBegun = true;
        yield piece;
      }
    } catch (error) {
      // A gc may have moved it since the index was read.
      if (isBegun || !(error instanceof VarveError)) throw error;
      await this.#cache.reload();
      yield* this.#cache.readPieces(digest, range, pieceBytes);
    }
  }

  async #address(path: string, { digest }: ReadableFile, seconds: number): Promise<string | undefined> {
    if (digest === undefined) return undefined;
    const remote = await this.#openRemote(path, digest as Digest);
    return (await remote.holds(digest as Digest)) ? remote.address(digest as Digest, seconds) : undefined;
  }

  async #shownColumns(path: string, pointer: Pointer): Promise<ShownColumns> {
    return columnsIn(await this.#storeWith(pointer.digest, path), path, pointer);
  }

  /** The cache, or the default remote where only that has the object. */
  async #storeWith(digest: Digest, path: string): Promise<Store> {
    if (await this.#cache.holds(digest)) return this.#cache;
    const remote = await this.#openRemote(path, digest);
    if (await remote.holds(digest)) return remote;
    throw objectMissing(digest, 'the cache and the default remote', path);
  }

  #openRemote(path: string, digest: Digest): Promise<Store> {
    this.#remote ??= openRemoteStore(this.#context).then(
      ({ store }) => store,
      (error: unknown) => {
        // The next request tries anew: a remote may be away for a while, or get consent.
        this.#remote = undefined;
        throw wantedFromRemote(error, path, digest);
      },
    );
    return this.#remote;
  }

  async #bring(path: string, pointer: Pointer, file: ReadableFile): Promise<void> {
    const only = pointer.kind === 'directory' ? { only: [file.path] } : {};
    const key = `${path}\0${file.path}\0${file.digest}`;
    const running =
      this.#bringing.get(key) ??
      this.#turns
        .run(() => bringInto(this.#context, this.#cache, { path, pointer, ...only }))
        .finally(() => this.#bringing.delete(key));
    this.#bringing.set(key, running);
    await running;
    // What was asked for, and not all that the pointer names, is here now.
    if (!this.#cache.has(file.digest as Digest)) await this.#cache.reload();
  }
}

function slice(bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
}

function unnamed(path: string): VarveError {
  return new VarveError('manifest-damaged', `The manifest of ${path} has a file without a digest`, {
    path,
    remedy: 'Restore the snapshot from a remote that you trust, and run `varve verify`.',
  });
}
