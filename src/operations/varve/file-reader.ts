import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinishedName } from '../../base/files/atomic-write.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';
import { objectMissing } from '../../store/errors.ts';
import type { BlockLists } from '../../store/format/block-lists.ts';
import { type Digest, type RawDigest, toDigest, toRaw } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import {
  type FileInPlace,
  type FileReader,
  MAX_BYTES_IN_MEMORY,
  type OpenedFile,
  type RangedFile,
} from '../backend/file-reader.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { WorkingContext } from '../context/context.ts';
import { pointerOf } from './datasets/versions.ts';
import { ObjectsInPlace } from './in-place/objects-in-place.ts';
import { isInPlace, notRead } from './in-place/snapshot.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** The largest file, in bytes, of which a copy is put together from its chunks; of a larger one, ranges are read. */
const MAX_COPY_BYTES = 2 * 1024 ** 3;
/** Bytes of large files that one reader copies out of chunks, before it gives back what was asked for longest ago. */
const MAX_COPIED_BYTES = 16 * 1024 ** 3;

/** A file of up to so many bytes is brought into the cache as a whole. Of a larger one that only the remote has, ranges are read there. */
const MAX_BROUGHT_BYTES = 16 * 1024 ** 2;

/** Implements Backend.openFiles. */
export async function openFiles(context: WorkingContext): Promise<FileReader> {
  return new CachedFiles(context, await openCache(context));
}

/** Files out of the cache, which stays open. Large ones lie verified in a folder of this reader: linked where they can be, else copied. */
class CachedFiles implements FileReader {
  readonly #context: WorkingContext;
  readonly #cache: Store;
  readonly #folder: string;
  readonly #unfinished: { isFinished(): void };
  readonly #large: LargeFiles;
  readonly #inPlace: ObjectsInPlace;
  #remote: Promise<Store | undefined> | undefined;
  /** What pointers pin, by the digests of their versions, as the cache or the remote has it. */
  readonly #pins = new Map<string, Promise<BlockLists>>();

  constructor(context: WorkingContext, cache: Store) {
    this.#context = context;
    this.#cache = cache;
    this.#folder = join(context.repository.stateFolder, unfinishedName());
    this.#unfinished = removeAtExit(this.#folder);
    this.#large = new LargeFiles(cache, this.#folder);
    this.#inPlace = new ObjectsInPlace(context, cache);
  }

  async open(version: DatasetVersion, file: SnapshotFile): Promise<OpenedFile> {
    const digest = this.#digestOf(version, file);
    if (!this.#cache.has(digest)) await this.#cache.reload();
    if (!this.#cache.has(digest)) {
      const ranged = await this.#onRemote(version, digest, file.size ?? 0);
      if (ranged !== undefined) return ranged;
      await this.#bring(version, file, digest);
    }
    const size = this.#cache.size(digest)!;
    if (size <= MAX_BYTES_IN_MEMORY)
      return { bytes: await this.#cache.readBytes(digest, MAX_BYTES_IN_MEMORY) };
    const blocks = (await this.#pinsOf(version, this.#cache)).of(toRaw(digest));
    const isWhole = this.#cache.localPath(digest) !== undefined;
    if (!isWhole && size > MAX_COPY_BYTES) return rangesOf(this.#cache, digest, size, blocks);
    try {
      return { path: await this.#large.place(digest, size, blocks) };
    } catch (error) {
      if (error instanceof VarveError && error.code === 'disk-full')
        return rangesOf(this.#cache, digest, size, blocks);
      throw error;
    }
  }

  async openInPlace({ path, commit }: DatasetVersion, file: SnapshotFile): Promise<FileInPlace | undefined> {
    const pointer = pointerOf(this.#context.repository, path, commit)!;
    if (!isInPlace(pointer)) return undefined;
    if (file.digest !== undefined && this.#cache.has(file.digest as Digest)) return undefined;
    return this.#inPlace.open(path, pointer, pointer.kind === 'file' ? '' : file.path);
  }

  async close(): Promise<void> {
    await this.#inPlace.close();
    await this.#cache.close();
    await (await this.#remote)?.close();
    await rm(this.#folder, { recursive: true, force: true });
    this.#unfinished.isFinished();
  }

  #digestOf({ path, commit }: DatasetVersion, file: SnapshotFile): Digest {
    if (file.digest !== undefined) return file.digest as Digest;
    const pointer = pointerOf(this.#context.repository, path, commit)!;
    if (isInPlace(pointer)) throw notRead(path, file.path, pointer);
    throw new Error(`${path}: ${file.path} has no digest`);
  }

  /** Ranges of a large file on the remote, if its blocks are pinned: else the first range would cost a reading of the whole. */
  async #onRemote(version: DatasetVersion, digest: Digest, size: number): Promise<RangedFile | undefined> {
    if (size <= MAX_BROUGHT_BYTES) return undefined;
    // Where there is no remote, whoever brings the file says so.
    this.#remote ??= openRemoteStore(this.#context).then(
      ({ store }) => store,
      () => undefined,
    );
    const remote = await this.#remote;
    if (remote === undefined || !remote.has(digest)) return undefined;
    const blocks = (await this.#pinsOf(version, remote)).of(toRaw(digest));
    return blocks && rangesOf(remote, digest, size, blocks);
  }

  async #bring(version: DatasetVersion, { path }: SnapshotFile, digest: Digest): Promise<void> {
    const { bring } = await import('./bring.ts');
    await bring(this.#context, { version, part: version.kind === 'directory' ? path : undefined });
    await this.#cache.reload();
    if (!this.#cache.has(digest)) throw objectMissing(digest, 'the cache', version.path);
  }

  #pinsOf({ path, commit, name }: DatasetVersion, store: Store): Promise<BlockLists> {
    const key = `${store === this.#cache ? 'cache' : 'remote'} ${path} ${name}`;
    const pins = this.#pins.get(key) ?? store.blockLists(pointerOf(this.#context.repository, path, commit)!);
    this.#pins.set(key, pins);
    return pins;
  }
}

function rangesOf(store: Store, digest: Digest, size: number, blocks: RawDigest | undefined): RangedFile {
  const list = blocks && toDigest(blocks);
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of store.readRange(digest, { offset, length }, list)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  };
  return { size, read };
}

/** Places of large files, each verified when it is made. */
class LargeFiles {
  readonly #cache: Store;
  readonly #folder: string;
  /** By digest. The one used last comes last. */
  readonly #places = new Map<Digest, { readonly path: Promise<string>; readonly copied: number }>();
  #copied = 0;

  constructor(cache: Store, folder: string) {
    this.#cache = cache;
    this.#folder = folder;
  }

  /** @param blocks by which the file is verified, as its pointer pins them; @returns the absolute path */
  async place(digest: Digest, size: number, blocks: RawDigest | undefined): Promise<string> {
    const known = this.#places.get(digest);
    this.#places.delete(digest);
    const isLinked = this.#cache.localPath(digest) !== undefined;
    const placed = known ?? { path: this.#make(digest, blocks), copied: isLinked ? 0 : size };
    this.#places.set(digest, placed);
    if (known === undefined) this.#copied += placed.copied;
    try {
      const path = await placed.path;
      await this.#giveBack();
      return path;
    } catch (error) {
      if (this.#places.delete(digest)) this.#copied -= placed.copied;
      throw error;
    }
  }

  async #make(digest: Digest, blocks: RawDigest | undefined): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, randomBytes(16).toString('hex'));
    await this.#cache.restore(digest, path, { link: true, ...(blocks && { blocks }) });
    return path;
  }

  /** What is open stays readable without its name. Another system may refuse to remove it, and then it goes when the reader is closed. */
  async #giveBack(): Promise<void> {
    for (const [digest, { path, copied }] of this.#places) {
      if (this.#copied <= MAX_COPIED_BYTES || this.#places.size === 1) return;
      if (copied === 0) continue;
      this.#places.delete(digest);
      this.#copied -= copied;
      await rm(await path, { force: true }).catch(() => undefined);
    }
  }
}
