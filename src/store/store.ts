import { askAgain } from '../base/ask-again.ts';
import { VarveError } from '../errors.ts';
import type { Remote } from '../remote/remote.ts';
import { type Digest, type RawDigest, toRaw } from './format/digest.ts';
import { packKey } from './format/pack.ts';
import { readLocalObject } from './reading/local-object.ts';
import { LocalPacks } from './reading/local-packs.ts';
import { isEmptyObject, type Source, streamObject } from './reading/object-reader.ts';
import { Mender } from './repair/repairer.ts';
import { type MaterialiseOptions, materialise } from './restoring/restore-file.ts';
import { type FileToPut, materialiseAll } from './restoring/restore-files.ts';
import { StoreCore } from './store-core.ts';
import { Batch } from './writing/batch.ts';

export interface StoreOptions {
  /** Folder that keeps the index of a remote between runs, so that only what is new is read. */
  readonly indexCache?: string;
  /** Opens the store that has whole copies of what is found damaged here; called only then. */
  readonly repair?: () => Promise<Store | undefined>;
}

/** Objects named by their SHA-256, in a local cache or on a remote: both have one layout. */
export class Store {
  /** For the other files of this room: no other room reads it. */
  readonly core: StoreCore;
  readonly #mender: Mender | undefined;
  /** Of a local store. */
  readonly #packs: LocalPacks | undefined;

  /** Reads the index. @throws VarveError `damaged-index` and what the remote meets */
  static async open(remote: Remote, options: StoreOptions = {}): Promise<Store> {
    return new Store(await StoreCore.open(remote, options.indexCache), options.repair);
  }

  private constructor(core: StoreCore, repair: StoreOptions['repair']) {
    this.core = core;
    this.#packs = core.remote.localPath && new LocalPacks((pack) => core.remote.localPath!(packKey(pack)));
    this.#mender = repair && new Mender(core, async () => (await repair())?.core);
  }

  /** Whether the index names the object. No I/O. */
  has(digest: Digest): boolean {
    const raw = toRaw(digest);
    return isEmptyObject(raw) || this.core.catalog.first(raw) !== undefined;
  }

  /** Size in bytes, undefined where the object is not here. No I/O. */
  size(digest: Digest): number | undefined {
    const raw = toRaw(digest);
    if (isEmptyObject(raw)) return 0;
    const location = this.core.catalog.first(raw);
    return location?.at === 'pack' ? location.length : location?.size;
  }

  /**
   * The object, verified.
   * @param maximum bytes that the caller is ready to hold
   * @throws VarveError `object-missing`, `digest-mismatch`, `object-too-large`
   */
  async readBytes(digest: Digest, maximum: number): Promise<Uint8Array> {
    const known = this.size(digest) ?? 0;
    if (known > maximum) throw tooLarge(digest, known, maximum);
    const local = this.#packs && (await readLocalObject(this.#source, this.#packs, toRaw(digest), known));
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
   * The object in pieces. Each chunk is verified before it is yielded; an object in a file of its own when it ends: give
   * nothing its name before that.
   * @throws VarveError `object-missing`, `digest-mismatch`, `damaged-recipe`
   */
  async *readStream(digest: Digest): AsyncGenerator<Uint8Array> {
    try {
      yield* streamObject(this.#source, toRaw(digest));
    } finally {
      await this.#keepMended();
    }
  }

  /**
   * Makes a file of the object: written beside `target`, verified, then renamed over it. Shares blocks with the store
   * where the file system can; is a read-only hard link where `link` asks for one and the object lies whole in a local
   * store and is not executable.
   * @throws VarveError `object-missing`, `digest-mismatch`, `disk-full` and what writing meets
   */
  async materialise(digest: Digest, target: string, options: MaterialiseOptions = {}): Promise<void> {
    const raw = toRaw(digest);
    try {
      await askAgain(() => materialise(this.#source, raw, target, options, this.#packs));
    } catch (error) {
      const isMended = isDamage(error) && (await this.#mender?.object(raw, target));
      if (!isMended) throw error;
      await materialise(this.#source, raw, target, options, this.#packs);
    } finally {
      await this.#keepMended();
    }
  }

  /**
   * Materialises many files of a local store, in no promised order.
   * @param count how many there are
   * @throws as materialise
   */
  materialiseAll(
    files: Iterable<FileToPut>,
    count: number,
    { link, onBytes, signal }: Pick<MaterialiseOptions, 'link' | 'onBytes' | 'signal'>,
  ): Promise<void> {
    const { catalog, remote } = this.core;
    const paths = new Map<string, string>();
    const shelf = {
      locate: (digest: RawDigest) => catalog.first(digest),
      // Made once a pack: it looks at every folder on the way.
      pathOf(pack: string) {
        const path = paths.get(pack) ?? remote.localPath!(packKey(pack));
        paths.set(pack, path);
        return path;
      },
      put: ({ digest, target, executable }: FileToPut) =>
        this.materialise(digest, target, {
          executable,
          signal,
          ...(link === undefined ? {} : { link }),
          ...(onBytes === undefined ? {} : { onBytes }),
        }),
    };
    return materialiseAll(shelf, files, count, onBytes ?? (() => undefined), signal);
  }

  /** Path of a local file that holds just this object, which must not be changed. Not verified. */
  localPath(digest: Digest): string | undefined {
    for (const location of this.core.catalog.locations(toRaw(digest))) {
      if (location.at === 'whole') return this.core.remote.localPath?.(location.key);
    }
    return undefined;
  }

  batch(): Batch {
    return new Batch(this.core);
  }

  /** Sees what other processes have written or removed since. */
  reload(): Promise<void> {
    return this.core.reload();
  }

  close(): Promise<void> {
    this.#packs?.close();
    return this.core.remote.close();
  }

  get #source(): Source {
    const mender = this.#mender;
    return {
      remote: this.core.remote,
      catalog: this.core.catalog,
      mend: mender && ((digest) => mender.blob(digest)),
    };
  }

  async #keepMended(): Promise<void> {
    if (this.core.catalog.damagedKeys.size > 0) await this.#mender?.finish();
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof VarveError && /^(digest-mismatch|object-missing|damaged-recipe)$/.test(error.code);
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
