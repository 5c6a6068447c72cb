import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinishedName } from '../../base/files/atomic-write.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';
import { objectMissing } from '../../store/errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import {
  type FileReader,
  MAX_BYTES_IN_MEMORY,
  type OpenedFile,
  type RangedFile,
} from '../backend/file-reader.ts';
import type { SnapshotFile } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { WorkingContext } from '../context/context.ts';
import { bring } from './bring.ts';
import { pointerOf } from './datasets/versions.ts';
import { isInPlace, notRead } from './in-place/snapshot.ts';
import { openCache } from './stores/stores.ts';

/** The largest file, in bytes, of which a copy is put together from its chunks; of a larger one, ranges are read. */
const MAX_COPY_BYTES = 2 * 1024 ** 3;
/** Bytes of large files that one reader copies out of chunks, before it gives back what was asked for longest ago. */
const MAX_COPIED_BYTES = 16 * 1024 ** 3;

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

  constructor(context: WorkingContext, cache: Store) {
    this.#context = context;
    this.#cache = cache;
    this.#folder = join(context.repository.stateFolder, unfinishedName());
    this.#unfinished = removeAtExit(this.#folder);
    this.#large = new LargeFiles(cache, this.#folder);
  }

  async open(version: DatasetVersion, file: SnapshotFile): Promise<OpenedFile> {
    const digest = await this.#brought(version, file);
    const size = this.#cache.size(digest)!;
    if (size <= MAX_BYTES_IN_MEMORY)
      return { bytes: await this.#cache.readBytes(digest, MAX_BYTES_IN_MEMORY) };
    const isWhole = this.#cache.localPath(digest) !== undefined;
    if (!isWhole && size > MAX_COPY_BYTES) return this.#ranged(digest, size);
    try {
      return { path: await this.#large.place(digest, size) };
    } catch (error) {
      if (error instanceof VarveError && error.code === 'disk-full') return this.#ranged(digest, size);
      throw error;
    }
  }

  #ranged(digest: Digest, size: number): RangedFile {
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#cache.readRange(digest, { offset, length })) pieces.push(piece);
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    };
    return { size, read };
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await rm(this.#folder, { recursive: true, force: true });
    this.#unfinished.isFinished();
  }

  /** The digest of a file, once the cache has it. */
  async #brought(version: DatasetVersion, { path, digest }: SnapshotFile): Promise<Digest> {
    const name = digest as Digest | undefined;
    if (name === undefined) throw this.#unread(version, path);
    if (this.#cache.has(name)) return name;
    await this.#cache.reload();
    if (this.#cache.has(name)) return name;
    const part = version.kind === 'directory' ? path : undefined;
    await bring(this.#context, { version, part });
    await this.#cache.reload();
    if (this.#cache.has(name)) return name;
    throw objectMissing(name, 'the cache', version.path);
  }

  #unread({ path, commit }: DatasetVersion, file: string): Error {
    const pointer = pointerOf(this.#context.repository.root, path, commit)!;
    if (isInPlace(pointer)) return notRead(path, file, pointer);
    throw new Error(`${path}: ${file} has no digest`);
  }
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

  /** @returns the absolute path */
  async place(digest: Digest, size: number): Promise<string> {
    const known = this.#places.get(digest);
    this.#places.delete(digest);
    const isLinked = this.#cache.localPath(digest) !== undefined;
    const placed = known ?? { path: this.#make(digest), copied: isLinked ? 0 : size };
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

  async #make(digest: Digest): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, randomBytes(16).toString('hex'));
    await this.#cache.restore(digest, path, { link: true });
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
