/**
 * The store: objects named by their SHA-256, in a local cache or on a remote, which have one layout. It may not know Git, working
 * trees, pointers or statistics: whoever calls names roots, and gives paths only to be written to or shown in messages.
 */

import { open, unlink } from 'node:fs/promises';
import { askAgain } from '../base/ask-again.ts';
import { removeQuietly } from '../base/files/atomic-write.ts';
import { type ErrorCode, VarveError } from '../errors.ts';
import type { ByteRange, Remote } from '../remote/remote.ts';
import type { BlockLists } from './format/block-lists.ts';
import { type Digest, type RawDigest, toRaw } from './format/digest.ts';
import { packKey } from './format/pack.ts';
import type { Root } from './gc/roots.ts';
import type { RecipeLocation } from './index/catalog.ts';
import { blockListsOf } from './reading/block-lists-of.ts';
import { readLocalObject } from './reading/local-object.ts';
import { LocalPacks } from './reading/local-packs.ts';
import { isEmptyObject, type ObjectSource, streamObject } from './reading/object-reader.ts';
import { RangeReader, recipeNamed } from './reading/range-reader.ts';
import type { VerifiedReader } from './reading/verified-reader.ts';
import { Repairer } from './repair/repairer.ts';
import { PieceWriters } from './restoring/piece-writers.ts';
import { type LocalTools, type RestoreOptions, restoreFile } from './restoring/restore-file.ts';
import { type FileToRestore, restoreFiles } from './restoring/restore-files.ts';
import { type ChunkToPlace, type PieceProgress, placeChunks } from './restoring/restore-pinned.ts';
import { StoreCore } from './store-core.ts';
import { Batch } from './writing/batch.ts';
import { knownWhole, writeWhole } from './writing/place-whole.ts';

/** The index is read again for what it lacks no sooner than this after the last time. */
const RELOAD_MS = 1000;
/** What a whole copy elsewhere mends. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set(['digest-mismatch', 'object-missing', 'recipe-damaged']);

export interface StoreOptions {
  /** Folder that keeps the index of a remote between runs, so that only new index files are read. */
  readonly indexCache?: string;
  /** Opens the store that has intact copies of what is found damaged here; called only then. */
  readonly repair?: () => Promise<Store | undefined>;
}

export interface RestoreAllOptions extends Pick<RestoreOptions, 'link' | 'onBytes' | 'signal'> {
  /** What the pointer of the version pins: see {@link Store.blockLists}. */
  readonly lists?: BlockLists;
}

/** A store, opened: what other rooms read, write and restore objects by. */
export class Store {
  /** State that the files of this room share; no other room reads it. */
  readonly core: StoreCore;
  readonly #repairer: Repairer | undefined;
  /** Open packs, and threads that write, if the store is local. */
  readonly #local: LocalTools | undefined;
  readonly #ranges = new RangeReader();
  #pieces: VerifiedReader | undefined;
  #reloading: { readonly at: number; readonly done: Promise<void> } | undefined;

  /**
   * Open the store behind `remote` and read its index.
   * @throws VarveError `index-too-new`, and what the remote meets
   */
  static async open(remote: Remote, options: StoreOptions = {}): Promise<Store> {
    return new Store(await StoreCore.open(remote, options.indexCache), options.repair);
  }

  private constructor(core: StoreCore, repair: StoreOptions['repair']) {
    this.core = core;
    this.#local = core.remote.localPath && {
      packs: new LocalPacks((pack) => core.remote.localPath!(packKey(pack))),
      writers: new PieceWriters(),
    };
    this.#repairer = repair && new Repairer(core, async () => (await repair())?.core);
  }

  /** Whether the index names the object. No I/O. */
  has(digest: Digest): boolean {
    const raw = toRaw(digest);
    return isEmptyObject(raw) || this.core.catalog.first(raw) !== undefined;
  }

  /** As has, where the index is read again for what it lacks: other processes add. That is done no more than once a second. */
  async holds(digest: Digest): Promise<boolean> {
    if (this.has(digest)) return true;
    const now = performance.now();
    if (this.#reloading === undefined || now - this.#reloading.at > RELOAD_MS)
      this.#reloading = { at: now, done: this.reload() };
    await this.#reloading.done;
    return this.has(digest);
  }

  /** Whether the index names nothing: nobody ever wrote here, or this is another place than was meant. No I/O. */
  get isEmpty(): boolean {
    return this.core.catalog.segments.length === 0;
  }

  /** Tell the size in bytes; undefined if the object is not here. No I/O. */
  size(digest: Digest): number | undefined {
    const raw = toRaw(digest);
    if (isEmptyObject(raw)) return 0;
    const location = this.core.catalog.first(raw);
    return location?.at === 'pack' ? location.length : location?.size;
  }

  /**
   * Read an object into memory and verify it.
   * @param maximum bytes that the caller is ready to hold
   * @throws VarveError `object-missing`, `digest-mismatch`, `object-too-large`
   */
  async readBytes(digest: Digest, maximum: number): Promise<Uint8Array> {
    const known = this.size(digest) ?? 0;
    if (known > maximum) throw tooLarge(digest, known, maximum);
    const local =
      this.#local && (await readLocalObject(this.#source, this.#local.packs, toRaw(digest), known));
    if (local !== undefined) return local;
    return askAgain(async () => {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of this.readStream(digest)) {
        size += piece.length;
        if (size > maximum) throw tooLarge(digest, size, maximum);
        pieces.push(piece);
      }
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    });
  }

  /**
   * Read an object in pieces. Chunks are verified before they are yielded. A whole object is verified only when its last byte has
   * passed, so give nothing its name before this ends.
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *readStream(digest: Digest): AsyncGenerator<Uint8Array> {
    try {
      yield* streamObject(this.#source, toRaw(digest));
    } finally {
      await this.#keepRepairs();
    }
  }

  /**
   * As readStream, and nothing at all is yielded before it is verified: an object in a file of its own is copied (or linked, where
   * that is possible) first.
   * @param scratch path at which that copy is made; it is gone from there before the first byte is yielded
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *readVerified(digest: Digest, scratch: string): AsyncGenerator<Uint8Array> {
    if (this.core.catalog.first(toRaw(digest))?.at !== 'whole') {
      yield* this.readStream(digest);
      return;
    }
    await this.restore(digest, scratch, { link: true });
    const file = await open(scratch);
    // An open file stays readable: without a name nothing is left behind, whatever happens.
    await unlink(scratch);
    yield* file.createReadStream();
  }

  /** Read by which lists of blocks the objects of a version are verified, as its pointer pins them; none where that cannot be told. */
  blockLists(version: Pick<Root, 'kind' | 'digest' | 'blocks'>): Promise<BlockLists> {
    return blockListsOf(this.#source, version);
  }

  /**
   * Read a range of an object, all of it verified before it is yielded; of what lies beyond its end, nothing. With the digest of its
   * list of blocks, only the blocks that the range touches are read. Without, the first range of an object costs a reading of the
   * whole, and the store remembers what it found.
   * @param blocks digest of the object's recipe or block list, as the pointer pins it: see docs/design/store-format.md
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *readRange(digest: Digest, range: ByteRange, blocks?: Digest): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#ranges.read(this.#source, toRaw(digest), range, blocks && toRaw(blocks));
    } finally {
      await this.#keepRepairs();
    }
  }

  /**
   * Read an object of a local store, or a range of it, for who reads much at a time, as a server does: memory is bounded by `pieceBytes`, and
   * what was verified is remembered while the store is open. Each piece stays as it is until the next one is asked for. A part is
   * verified before any of it is yielded; of a whole read, the last piece is held back until all of it is verified.
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *readPieces(
    digest: Digest,
    range: ByteRange | undefined,
    pieceBytes: number,
  ): AsyncGenerator<Uint8Array> {
    const { VerifiedReader } = await import('./reading/verified-reader.ts');
    this.#pieces ??= new VerifiedReader(() => this.#source, this.#local!.packs);
    yield* this.#pieces.read(toRaw(digest), range, pieceBytes);
  }

  /**
   * Restore an object as a file: write it beside `target`, verify it, then rename it over `target`. The file shares blocks with the
   * store if the file system can. It is a read-only hard link if `link` asks for one, the object is a whole object of a local
   * store, and the file is not executable.
   * @param target absolute path, in a folder that is there
   * @throws VarveError `object-missing`, `digest-mismatch`, `disk-full` and what writing meets
   */
  async restore(digest: Digest, target: string, options: RestoreOptions = {}): Promise<void> {
    const raw = toRaw(digest);
    try {
      await askAgain(() => restoreFile(this.#source, raw, target, options, this.#local));
    } catch (error) {
      if (!isDamage(error)) throw error;
      const isRepaired = await this.#repairer?.repairObject(raw, target);
      if (!isRepaired && options.blocks === undefined) throw error;
      // What is pinned may be what is damaged: any other way to the object is as good, if the whole is verified.
      const { blocks: _, ...unpinned } = options;
      await restoreFile(this.#source, raw, target, unpinned, this.#local).catch((second: unknown) => {
        throw isRepaired ? second : error;
      });
    } finally {
      await this.#keepRepairs();
    }
  }

  /**
   * Restore many files from a local store, in no promised order.
   * @param count how many there are
   * @throws VarveError as {@link restore}
   */
  restoreAll(
    files: Iterable<FileToRestore>,
    count: number,
    { link, onBytes, signal, lists }: RestoreAllOptions,
  ): Promise<void> {
    const { catalog, remote } = this.core;
    const paths = new Map<string, string>();
    const local = {
      locationOf: (digest: RawDigest) => catalog.first(digest),
      // Made once a pack: it looks at every folder on the way.
      packPath(pack: string) {
        const path = paths.get(pack) ?? remote.localPath!(packKey(pack));
        paths.set(pack, path);
        return path;
      },
      restoreFile: ({ digest, target, executable }: FileToRestore) =>
        this.restore(digest, target, {
          executable,
          signal,
          blocks: lists?.of(toRaw(digest)),
          ...(link === undefined ? {} : { link }),
          ...(onBytes === undefined ? {} : { onBytes }),
        }),
    };
    return restoreFiles(local, files, count, onBytes ?? (() => undefined), signal);
  }

  /** Find the recipe that a pointer pins for an object that this store keeps in chunks; undefined if it is made of others, or lies here as a whole. No I/O. */
  recipePinned(digest: Digest, recipe: RawDigest): RecipeLocation | undefined {
    const raw = toRaw(digest);
    return this.core.catalog.first(raw)?.at === 'recipe' ? recipeNamed(this.#source, raw, recipe) : undefined;
  }

  /** Write chunks of a local store to their places in files that are there. @throws VarveError as {@link restore} */
  placeChunks(chunks: readonly ChunkToPlace[], progress: PieceProgress): Promise<void> {
    return placeChunks(this.#source, chunks, this.#local!.writers, progress);
  }

  /** Find a local file that holds this object alone. It is not verified, and must not be changed. */
  localPath(digest: Digest): string | undefined {
    for (const location of this.core.catalog.locations(toRaw(digest))) {
      if (location.at === 'whole') return this.core.remote.localPath?.(location.key);
    }
    return undefined;
  }

  /**
   * Make an address at which whoever has it may read an object for so many seconds. Undefined where the object is not whole in a file of its own, or
   * the store is no bucket. Whoever reads there has to verify for themselves.
   */
  async address(digest: Digest, seconds: number): Promise<string | undefined> {
    for (const location of this.core.catalog.locations(toRaw(digest))) {
      if (location.at === 'whole') return this.core.remote.presign?.(location.key, seconds);
    }
    return undefined;
  }

  /** Find the key of the file that holds an object alone; undefined where it lies among others, or in chunks. No I/O. */
  wholeKey(digest: Digest): string | undefined {
    return knownWhole(this.core, toRaw(digest), () => false);
  }

  /**
   * Find the file that holds an object alone, for others to name. Where there is none, the object is written into one, and read for that.
   * @param scratch absolute path at which a copy is made; it is gone from there afterwards
   * @param isTaken whether another file than the one of this key is wanted
   * @returns its key, and whether it was written now
   * @throws VarveError `object-missing`, `digest-mismatch`, and what the remote meets
   */
  async placeWhole(
    digest: Digest,
    scratch: string,
    isTaken: (key: string) => boolean,
  ): Promise<{ readonly key: string; readonly isNew: boolean }> {
    const known = knownWhole(this.core, toRaw(digest), isTaken);
    if (known !== undefined) return { key: known, isNew: false };
    try {
      await this.restore(digest, scratch);
      return { key: await writeWhole(this.core, toRaw(digest), scratch, isTaken), isNew: true };
    } finally {
      removeQuietly(scratch);
    }
  }

  /** Begin to collect objects into packs. */
  batch(): Batch {
    return new Batch(this.core);
  }

  /** Read the index again, to see what other processes have written or removed since. */
  reload(): Promise<void> {
    this.#ranges.clear();
    return this.core.reload();
  }

  async close(): Promise<void> {
    this.#local?.packs.close();
    await this.#local?.writers.close();
    await this.core.remote.close();
  }

  /** Made anew each time, since `reload` replaces the catalog. */
  get #source(): ObjectSource {
    const repairer = this.#repairer;
    return {
      remote: this.core.remote,
      catalog: this.core.catalog,
      repair: repairer && ((digest) => repairer.repairBlob(digest)),
    };
  }

  async #keepRepairs(): Promise<void> {
    if (this.core.catalog.damagedKeys.size > 0) await this.#repairer?.keepRepairs();
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof VarveError && DAMAGE.has(error.code);
}

function tooLarge(digest: Digest, size: number, maximum: number): VarveError {
  return new VarveError(
    'object-too-large',
    `${digest} has ${size} bytes or more; at most ${maximum} were expected`,
    {
      remedy: 'The file that names this object is damaged or hostile: run `varve verify`.',
    },
  );
}
