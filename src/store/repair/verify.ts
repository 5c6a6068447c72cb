import { createHash } from 'node:crypto';
import { forEach } from '../../base/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { hexDigestOf, type RawDigest, rawDigestOf, sameDigest, toDigest, toHex } from '../format/digest.ts';
import { type IndexedBlob, type IndexedPack, type IndexedWhole, indexKey } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeKey } from '../format/whole-object-key.ts';
import { writeCondemned } from '../gc/pending-deletions.ts';
import { visitRoot } from '../gc/reachable.ts';
import type { Root } from '../gc/roots.ts';
import type { PackedLocation } from '../index/catalog.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';

/** Something in the store that is not what it should be, or not there. */
export interface Damage {
  /** Key of the file in the store; the digest where no file is known to hold it. */
  readonly key: string;
  readonly problem: string;
  /** What needs the damaged bytes. No `files` means the manifest or profile itself: the whole dataset. */
  readonly roots: readonly {
    readonly path: string;
    readonly digest: string;
    readonly files: readonly string[];
  }[];
  readonly remedy: string;
}

export interface Verified {
  readonly checkedBytes: number;
  /** Files of the store that were read. */
  readonly objects: number;
  readonly damage: readonly Damage[];
}

const JOBS = 4;
const REMEDY = 'Run `varve fetch` in a cache, or push again from a clone that has these files whole.';

/**
 * Reads every byte of the store and checks it against its digest, then walks the roots to say what damage touches. What is
 * damaged counts as missing for `store` from now on, so a transfer to it brings whole copies.
 */
export async function verifyStore(
  store: Store,
  roots: readonly Root[],
  options: { onProgress?: OnProgress; signal?: AbortSignal } = {},
): Promise<Verified> {
  const checker = new Checker(
    store.core,
    await store.core.condemnedNow(),
    options.onProgress,
    options.signal,
  );
  await checker.checkFiles();
  const touched = await findTouched(store.core, roots, checker.broken);
  await condemnDamaged(store.core, checker.broken);
  return { checkedBytes: checker.bytes, objects: checker.objects, damage: report(checker, touched) };
}

class Checker {
  bytes = 0;
  objects = 0;
  /** Problem by key. */
  readonly problems = new Map<string, string>();
  /** Keys of damaged files, by the digest in hex of what they should hold. */
  readonly broken = new Map<string, string>();
  /** Keys of files whose damage an earlier verify found, and which wait for gc. Only what still needs them counts. */
  readonly mended: ReadonlySet<string>;
  readonly #core: StoreCore;
  readonly #onProgress: OnProgress | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(
    core: StoreCore,
    mended: ReadonlySet<string>,
    onProgress: OnProgress | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#core = core;
    this.mended = mended;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async checkFiles(): Promise<void> {
    for (const name of this.#core.catalog.damagedIndexes) {
      this.problems.set(indexKey(name), 'its bytes do not match its name');
    }
    const seen = new Set<string>();
    for (const segment of this.#core.catalog.segments) {
      await forEach(segment.byPack(), JOBS, async ({ pack, blobs }) => {
        if (!seen.has(pack.name)) await this.#checkPack(pack, blobs);
        seen.add(pack.name);
      });
      await forEach(segment.allWholes(), JOBS, async (whole) => {
        const key = wholeKey(whole.digest, whole.generation);
        if (!seen.has(key)) await this.#checkWhole(whole, key);
        seen.add(key);
      });
    }
  }

  async #checkPack(pack: IndexedPack, blobs: readonly IndexedBlob[]): Promise<void> {
    this.#signal?.throwIfAborted();
    const key = packKey(pack.name);
    const bytes = await readable(() => this.#core.remote.read(key));
    let bad = 0;
    for (const { digest, offset, length } of blobs) {
      const own = bytes?.subarray(offset, offset + length);
      if (own !== undefined && sameDigest(rawDigestOf(own), digest)) continue;
      bad += 1;
      this.broken.set(toHex(digest), key);
      const location: PackedLocation = { at: 'pack', pack: pack.name, packKind: pack.kind, offset, length };
      this.#core.catalog.markDamaged(location);
    }
    if (bytes === undefined) this.problems.set(key, 'it is missing');
    else if (bad > 0) this.problems.set(key, `${bad} of its ${blobs.length} blobs are damaged`);
    else if (hexDigestOf(bytes) !== pack.name)
      this.problems.set(key, 'its header or trailer is damaged; its blobs are whole');
    this.#count(bytes?.length ?? 0);
  }

  async #checkWhole({ digest, size }: IndexedWhole, key: string): Promise<void> {
    this.#signal?.throwIfAborted();
    const hash = createHash('sha256');
    const there = await readable(async () => {
      for await (const bytes of this.#core.remote.stream(key)) {
        this.#signal?.throwIfAborted();
        hash.update(bytes);
        this.bytes += bytes.length;
      }
      return true;
    });
    this.#count(0);
    if (there && sameDigest(hash.digest(), digest)) return;
    this.problems.set(key, there ? 'its bytes do not match its name' : 'it is missing');
    this.broken.set(toHex(digest), key);
    this.#core.catalog.markDamaged({ at: 'whole', key, size });
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    this.objects += 1;
    this.#onProgress?.({ phase: 'verify', unit: 'bytes', done: this.bytes });
  }
}

/** Undefined where the file is missing or cut short. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VarveError && /^object-(missing|truncated)$/.test(error.code)) return undefined;
    throw error;
  }
}

/** Nothing new relies on a damaged file, so that a fetch or push puts whole copies elsewhere; gc removes it in the end. */
async function condemnDamaged(core: StoreCore, broken: ReadonlyMap<string, string>): Promise<void> {
  const known = await core.condemnedNow();
  const keys = [...new Set(broken.values())].filter((key) => !known.has(key));
  if (keys.length > 0) await writeCondemned(core.remote, keys);
}

interface Touch {
  readonly root: Root;
  readonly files: Set<string>;
}
/** What needs damaged or missing bytes, by the key that should hold them. */
type Touched = Map<string, Touch[]>;

async function findTouched(
  core: StoreCore,
  roots: readonly Root[],
  broken: ReadonlyMap<string, string>,
): Promise<Touched> {
  const touched: Touched = new Map();
  for (const root of roots) {
    const touch = (digest: RawDigest, file: string): void => {
      const key = broken.get(toHex(digest)) ?? toDigest(digest);
      const touches = touched.get(key) ?? [];
      touched.set(key, touches);
      if (touches.at(-1)?.root !== root) touches.push({ root, files: new Set() });
      if (file !== '') touches.at(-1)!.files.add(file);
    };
    try {
      await visitRoot(core, root, ({ digest, location, file }) => {
        if (location === undefined) touch(digest, file);
      });
    } catch (error) {
      // A part of a manifest or recipe is damaged: the visit has named it, or the error does.
      if (!(error instanceof VarveError)) throw error;
      if (![...touched.values()].flat().some((known) => known.root === root)) {
        touched.set(error.path ?? root.path, [{ root, files: new Set() }]);
      }
    }
  }
  return touched;
}

function report(checker: Checker, touched: Touched): Damage[] {
  const open = [...checker.problems.keys()].filter((key) => !checker.mended.has(key));
  const keys = [...new Set([...open, ...touched.keys()])].sort();
  return keys.map((key) => ({
    key,
    problem: checker.problems.get(key) ?? 'it is missing',
    roots: (touched.get(key) ?? []).map(({ root, files }) => ({
      path: root.path,
      digest: root.digest,
      files: [...files],
    })),
    remedy: REMEDY,
  }));
}
