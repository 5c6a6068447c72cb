/**
 * Writing: files and streams become blobs in packs, whole objects and recipes, and an index names them. It may not know what the bytes
 * mean, nor who will need them.
 */

import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';
import type { Body } from '../../remote/remote.ts';
import { type RawDigest, sameDigest, toDigest, toHex } from '../format/digest.ts';
import type { IndexContent, IndexedRecipe, IndexedWholeObject } from '../format/index-file.ts';
import { type PackEntry, type PackKind, packKey, type SealedPack } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { joinIndexes } from '../index/merge.ts';
import { chunksOf, isEmptyObject } from '../reading/object-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { type AddedFile, type AddFileOptions, addFile, addSmallFiles } from './add-file.ts';
import { addStream } from './add-stream.ts';
import type { BlobSink } from './blob-sink.ts';
import { PackUploads } from './pack-uploads.ts';
import { freeGeneration, relocatePending } from './relocate-pending.ts';
import type { SmallFileReaders } from './small-file-readers.ts';
import type { FileToRead } from './small-files.ts';
import { WholeObjectCopy } from './whole-object-body.ts';

/** After so many bytes, an index names what has been written so far, so that an interrupted batch need not repeat it. */
const CHECKPOINT_BYTES = 512 * 1024 * 1024;
const CHECKPOINT_BLOBS = 200_000;

/** Objects on their way into a store, collected into packs. None is found before `commit`. Methods may be called concurrently. */
export class Batch implements BlobSink {
  readonly #store: StoreCore;
  readonly #uploads: PackUploads;
  /** Digests of blobs and objects that this batch has taken in and that no index names yet. */
  #pending = new Set<string>();
  #wholeObjects: IndexedWholeObject[] = [];
  #recipes: IndexedRecipe[] = [];
  /** Bytes put since the last index was written. */
  #bytes = 0;
  #blobs = 0;
  /** Keys of files that the index of this batch needs: its own too, since a gc may list them before any index names them. */
  readonly #reliedOn = new Set<string>();
  #open = true;

  constructor(store: StoreCore) {
    this.#store = store;
    this.#uploads = new PackUploads(store.remote, (key) => store.catalog.isTaken(key));
  }

  /**
   * Take in a file. Concurrent calls share the work of writing.
   * @throws VarveError `source-changed` if size or time of modification differ after reading
   */
  addFile(path: string, options: AddFileOptions = {}): Promise<AddedFile> {
    return addFile(this, path, options);
  }

  /**
   * Take in files of up to MAX_SMALL_FILE_BYTES bytes, in their order, some at a time.
   * @param readers threads that read the files; without them, this thread does
   * @throws VarveError as {@link addFile}
   */
  addSmallFiles(
    files: Iterable<FileToRead>,
    readers: SmallFileReaders | undefined,
  ): AsyncGenerator<readonly AddedFile[]> {
    return addSmallFiles(this, files, readers);
  }

  /** Take in bytes. @param kind `meta` for manifests, recipes and profiles, which lie apart from the data */
  async addBytes(
    bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array,
    kind: PackKind,
  ): Promise<AddedFile> {
    const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
    const { digest, size, recipe } = await addStream(this, pieces, kind);
    return { digest: toDigest(digest), size, ...(recipe && { blocks: toDigest(recipe) }) };
  }

  /**
   * Rely on bytes that are in the store already, or were put into this batch: `commit` sees to it that they stay.
   * @returns false if they are in neither, and must be put
   * @throws VarveError `pending-deletions-damaged`
   */
  relyOn(digest: RawDigest): boolean {
    if (isEmptyObject(digest)) return true;
    const location = this.#store.catalog.find(digest);
    if (location === undefined || location.at === 'recipe') return this.#pending.has(keyOf(digest));
    this.#reliedOn.add(location.at === 'pack' ? packKey(location.pack) : location.key);
    return true;
  }

  /**
   * As relyOn, also for an object that is cut into chunks: its recipe is read for that.
   * @throws VarveError `pending-deletions-damaged`, `recipe-damaged`, and what the remote meets
   */
  async relyOnObject(digest: RawDigest): Promise<boolean> {
    if (this.relyOn(digest)) return true;
    const location = this.#store.catalog.find(digest);
    if (location?.at !== 'recipe' || !(await this.relyOnObject(location.recipe))) return false;
    for await (const chunk of chunksOf(this.#store, digest, location))
      if (!this.relyOn(chunk.digest)) return false;
    return true;
  }

  async putBlob(digest: RawDigest, bytes: Uint8Array, kind: PackKind): Promise<void> {
    if (this.relyOn(digest)) return;
    this.#pending.add(keyOf(digest));
    this.#uploads.append(Buffer.from(digest), bytes, kind);
    this.#bytes += bytes.length;
    this.#blobs += 1;
    await this.#uploads.waitForRoom();
    await this.#checkpointIfDue();
  }

  /** Whether a pack of another store may be put here under its name. */
  takesPack(name: string): boolean {
    return !this.#store.catalog.isTaken(packKey(name));
  }

  /**
   * Put a whole pack of another store, which {@link takesPack}. Its blobs were verified, and none of them is here.
   * @param sha256 as of {@link PackUploads.write}
   */
  async putPack(
    pack: SealedPack,
    entries: readonly PackEntry[],
    sha256: () => Promise<string>,
  ): Promise<void> {
    for (const { digest } of entries) this.#pending.add(keyOf(digest));
    await this.#uploads.write(pack, entries, sha256);
    this.#bytes += pack.bytes.length;
    this.#blobs += entries.length;
    await this.#checkpointIfDue();
  }

  beginCopy(path: string, size: number): Promise<WholeObjectCopy | undefined> {
    return WholeObjectCopy.begin(this.#store.remote, path, size);
  }

  /** Put an object into a file of its own. */
  async putWholeObject(digest: RawDigest, body: Body, signal?: AbortSignal): Promise<void> {
    if (this.relyOn(digest)) return;
    this.#pending.add(keyOf(digest));
    const generation = freeGeneration((candidate) =>
      this.#store.catalog.isTaken(wholeObjectKey(digest, candidate)),
    );
    try {
      await this.#store.remote.write(wholeObjectKey(digest, generation), body, {
        sha256: toHex(digest),
        signal,
      });
    } catch (error) {
      // Another file may hold it whole.
      this.#pending.delete(keyOf(digest));
      throw error;
    }
    const size = body instanceof Uint8Array ? body.length : body.size;
    this.#wholeObjects.push({ digest: Buffer.from(digest), size, generation });
  }

  /** Record that the object `digest` is made of what `recipe` lists. The recipe and its chunks have been put. */
  putRecipe(digest: RawDigest, recipe: RawDigest, size: number): void {
    if (this.#isMade(digest, recipe) || this.#pending.has(keyOf(digest))) return;
    this.#pending.add(keyOf(digest));
    this.#recipes.push({ digest: Buffer.from(digest), recipe: Buffer.from(recipe), size });
  }

  /** Whether the object is here as it is, or by this very recipe: one that another store brought may be of anything. */
  #isMade(digest: RawDigest, recipe: RawDigest): boolean {
    const { catalog } = this.#store;
    for (const location of catalog.locations(digest))
      if (
        location.at === 'recipe' ? sameDigest(location.recipe, recipe) : !catalog.isPendingDeletion(location)
      )
        return true;
    return false;
  }

  /**
   * Write the packs, then the index that names them: all is durable when this resolves. The batch takes nothing more.
   * @throws VarveError `store-changed`, and what the remote meets
   */
  async commit(): Promise<void> {
    this.#open = false;
    await this.#uploads.finish();
    await this.#writeIndex({
      ...this.#uploads.takeWritten(),
      wholeObjects: this.#wholeObjects,
      recipes: this.#recipes,
    });
    await relocatePending(this.#store, this.#reliedOn);
    await joinIndexes(this.#store);
  }

  /** Forget the batch. No index names what it has written already, so a gc removes it. */
  async abort(): Promise<void> {
    this.#open = false;
    await this.#uploads.discard();
  }

  /** @throws VarveError `batch-closed`: a defect of the caller */
  assertOpen(): void {
    if (this.#open) return;
    throw new VarveError('batch-closed', 'Something was added to a batch after its commit', {
      remedy: 'This is a defect of varve: please report it.',
    });
  }

  async #checkpointIfDue(): Promise<void> {
    if (this.#bytes >= CHECKPOINT_BYTES || this.#blobs >= CHECKPOINT_BLOBS) await this.#checkpoint();
  }

  /** Write an index of the packs written so far. Recipes wait for the commit, since their chunks may still be on their way. */
  async #checkpoint(): Promise<void> {
    const written = this.#uploads.takeWritten();
    this.#bytes = 0;
    this.#blobs = 0;
    await this.#writeIndex({ ...written, wholeObjects: [], recipes: [] });
    for (const { digest } of written.blobs) this.#pending.delete(keyOf(digest));
  }

  async #writeIndex(content: IndexContent): Promise<void> {
    for (const { name } of content.packs) this.#reliedOn.add(packKey(name));
    for (const { digest, generation } of content.wholeObjects)
      this.#reliedOn.add(wholeObjectKey(digest, generation));
    if (content.packs.length + content.wholeObjects.length + content.recipes.length > 0) {
      await this.#store.writeIndex(content);
    }
  }
}

function keyOf(digest: RawDigest): string {
  return asBuffer(digest).toString('latin1');
}
