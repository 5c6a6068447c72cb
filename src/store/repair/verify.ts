/**
 * Verify and repair: what is damaged in a store, what that touches, and intact copies from elsewhere. It may not know which datasets
 * there are: it is given roots, and reports keys, paths and digests.
 */

import { MAX_READS } from '../../base/ask-again.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { PACK_KEY, WHOLE_OBJECT_KEY } from '../../remote/store-layout.ts';
import { counted } from '../../wording/numbers.ts';
import { BRING_COPIES, WRONG_POINTER } from '../errors.ts';
import { hexDigestOf, type RawDigest, rawDigestOf, sameDigest, toHex } from '../format/digest.ts';
import type { IndexedBlob, IndexedPack, IndexedWholeObject } from '../format/index-file.ts';
import { isIntact, packKey, rebuildPack, saltOf } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { readPendingDeletionLists, writePendingDeletions } from '../gc/pending-deletions.ts';
import { visitRoot } from '../gc/reachable.ts';
import type { Root } from '../gc/roots.ts';
import type { PackedLocation } from '../index/catalog.ts';
import { indexUnnamed } from '../index/lost.ts';
import { checkWholeObject } from '../reading/object-reader.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { type CheckedRecords, checkRecords, isDone, NOTHING_LEFT } from './records.ts';

/** Something in the store that is not what it should be. */
export interface Damage {
  /** Key of the file in the store, or the digest if no file is known to hold it. */
  readonly key: string;
  readonly problem: string;
  /** Versions that need the damaged bytes. */
  readonly roots: readonly TouchedVersion[];
  /** Whether this run repaired it. */
  readonly repaired: boolean;
  readonly remedy: string;
}

/** A version of a dataset, or files of it. No `files` means the manifest or profile itself: the whole dataset. */
export interface TouchedVersion {
  readonly path: string;
  readonly digest: string;
  readonly files: readonly string[];
}

export interface StoreCheck {
  readonly checkedBytes: number;
  /** Files of the store that were read. */
  readonly objects: number;
  readonly damage: readonly Damage[];
  /** Versions that the store lacks and never had: not fetched yet, or not pushed yet. */
  readonly absent: readonly TouchedVersion[];
}

export interface StoreCheckOptions {
  /** Id of this clone, whose ref can be written anew from the roots. */
  readonly clone?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

const JOBS = 4;
const MISMATCH = 'its bytes do not match its name';
const GONE: ReadonlySet<ErrorCode> = new Set(['object-missing', 'object-truncated']);
const NO_LIST = 'its bytes are whole, and are no list of files, as a pointer says that they are';
const NEEDED_BY_NOTHING = 'No index names it and nothing needs it: a gc removes it.';

/**
 * Read every file of the store and check it against its checksum, then walk the roots to tell what damage touches. Damaged objects
 * count as missing for `store` from now on, so a transfer to it brings intact copies. Damaged records are repaired.
 * @throws VarveError what the remote meets
 */
export async function verifyStore(
  store: Store,
  roots: readonly Root[],
  { clone, onProgress, signal }: StoreCheckOptions = {},
): Promise<StoreCheck> {
  const { core } = store;
  const records = await checkRecords(core, { clone, roots });
  if (records.damage.length > 0) await store.reload();
  const { pending } = await readPendingDeletionLists(core.remote);
  const listed = new Set(pending.flatMap(({ keys, isDamage }) => (isDamage ? keys : [])));
  const checker = new Checker(core, records.bytes, onProgress, signal);
  await checker.checkFiles();
  let needs = await findNeeds(core, roots, checker.broken);
  let found = 0;
  await isDone(async () => {
    if (needs.absent.length > 0) found = (await indexUnnamed(core)).count;
  });
  if (found > 0) needs = await findNeeds(core, roots, checker.broken);
  const broken = [...new Set(checker.broken.values())].filter((key) => !listed.has(key));
  // Once listed, nothing new relies on a damaged file: a fetch or push puts intact copies elsewhere, and a gc removes the file.
  if (broken.length > 0) await isDone(() => writePendingDeletions(core.remote, broken, true));
  return {
    checkedBytes: checker.bytes,
    objects: records.files + checker.objects,
    damage: [...(found > 0 ? [lostIndex(found)] : []), ...report(checker, records, needs, listed)],
    absent: needs.absent.map(told),
  };
}

/** An index that is not there any more: what it named was found by itself. */
function lostIndex(files: number): Damage {
  const problem = `no index named ${counted(files, 'pack or object', 'packs or objects')} that lie here`;
  return { key: 'index/', problem, roots: [], repaired: true, remedy: NOTHING_LEFT };
}

interface ReadPack {
  readonly bytes: Uint8Array;
  /** Whether it is what its name says, blobs and all. */
  readonly isIntact: boolean;
}

class Checker {
  objects = 0;
  /** Problem by key. */
  readonly problems = new Map<string, string>();
  /** Keys of damaged files, by the digest in hex of what they should hold. */
  readonly broken = new Map<string, string>();
  /** Keys of packs of which the blobs are whole and the rest is not, and whether that was repaired. */
  readonly trailers = new Map<string, boolean>();
  /** Keys of damaged files that no index names. */
  readonly unnamed = new Set<string>();
  /** Bytes read so far, those of the records included. */
  bytes: number;
  readonly #core: StoreCore;
  readonly #onProgress: OnProgress | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(
    core: StoreCore,
    bytes: number,
    onProgress: OnProgress | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#core = core;
    this.bytes = bytes;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async checkFiles(): Promise<void> {
    const seen = new Set<string>();
    for (const segment of this.#core.catalog.segments) {
      await forEach(segment.byPack(), JOBS, async ({ pack, blobs }) => {
        if (!seen.has(pack.name)) await this.#checkPack(pack, blobs);
        seen.add(pack.name);
      });
      await forEach(segment.allWholeObjects(), JOBS, async (whole) => {
        const key = wholeObjectKey(whole.digest, whole.generation);
        if (!seen.has(key)) await this.#checkWholeObject(whole, key);
        seen.add(key);
      });
    }
    await this.#checkUnnamed(seen);
  }

  async #checkPack(pack: IndexedPack, blobs: readonly IndexedBlob[]): Promise<void> {
    this.#signal?.throwIfAborted();
    const key = packKey(pack.name);
    const read = await this.#readPack(pack.name);
    let bad = 0;
    for (const { digest, offset, length } of blobs) {
      const own = read?.bytes.subarray(offset, offset + length);
      if (own !== undefined && sameDigest(rawDigestOf(own), digest)) continue;
      bad += 1;
      this.broken.set(toHex(digest), key);
      const location: PackedLocation = { at: 'pack', pack: pack.name, packKind: pack.kind, offset, length };
      this.#core.catalog.markDamaged(location);
    }
    if (read === undefined) this.problems.set(key, 'it is missing');
    else if (bad > 0) this.problems.set(key, `${bad} of its ${blobs.length} blobs are damaged`);
    else if (!read.isIntact) await this.#repairPack(pack, blobs, read.bytes);
  }

  /** Write a pack anew whose blobs are whole. */
  async #repairPack(
    { name, kind }: IndexedPack,
    blobs: readonly IndexedBlob[],
    bytes: Uint8Array,
  ): Promise<void> {
    const key = packKey(name);
    this.problems.set(key, 'its header or trailer is damaged; its blobs are whole');
    const own = blobs.map(({ digest, offset, length }) => ({
      digest,
      bytes: bytes.subarray(offset, offset + length),
    }));
    const whole = rebuildPack(name, kind, own, saltOf(bytes));
    const write = () =>
      this.#core.remote.write(key, whole!, { sha256: hexDigestOf(whole!), overwrite: true });
    this.trailers.set(key, whole !== undefined && (await isDone(write)));
  }

  async #checkWholeObject({ digest, size }: IndexedWholeObject, key: string): Promise<void> {
    const problem = await this.#problemOfWholeObject(digest, key);
    if (problem === undefined) return;
    this.problems.set(key, problem);
    this.broken.set(toHex(digest), key);
    this.#core.catalog.markDamaged({ at: 'whole', key, size });
  }

  /** Files that no index names: an upload that was cut off left them, or one is under way. */
  async #checkUnnamed(named: ReadonlySet<string>): Promise<void> {
    await forEach(this.#core.remote.list('packs/'), JOBS, async ({ key }) => {
      const name = PACK_KEY.exec(key)?.[1];
      if (name === undefined || named.has(name)) return;
      const read = await this.#readPack(name);
      if (read?.isIntact === false) this.unnamed.add(key);
    });
    await forEach(this.#core.remote.list('objects/'), JOBS, async ({ key }) => {
      const [, first, rest] = WHOLE_OBJECT_KEY.exec(key) ?? [];
      if (first === undefined || named.has(key)) return;
      const problem = await this.#problemOfWholeObject(Buffer.from(first + rest, 'hex'), key);
      if (problem === MISMATCH) this.unnamed.add(key);
    });
  }

  /** Read a pack; undefined if it is missing. Bytes that come damaged are asked for again before they count as damaged. */
  async #readPack(name: string): Promise<ReadPack | undefined> {
    this.#signal?.throwIfAborted();
    let read: ReadPack | undefined;
    for (let reads = 1; reads <= MAX_READS; reads++) {
      const bytes = await readable(() => this.#core.remote.read(packKey(name)));
      read = bytes && { bytes, isIntact: isIntact(bytes, name) };
      if (read?.isIntact !== false) break;
    }
    this.#count(read?.bytes.length ?? 0);
    return read;
  }

  async #problemOfWholeObject(digest: RawDigest, key: string): Promise<string | undefined> {
    this.#signal?.throwIfAborted();
    try {
      await checkWholeObject(this.#core.remote, digest, key, (count) => {
        this.#signal?.throwIfAborted();
        this.bytes += count;
      });
      return undefined;
    } catch (error) {
      const code = error instanceof VarveError ? error.code : undefined;
      if (code === 'digest-mismatch') return MISMATCH;
      if (code !== undefined && GONE.has(code)) return 'it is missing';
      throw error;
    } finally {
      this.#count(0);
    }
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    this.objects += 1;
    this.#onProgress?.({ phase: 'verify', unit: 'bytes', done: this.bytes });
  }
}

/** Read something; undefined if the file is missing or cut short. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VarveError && GONE.has(error.code)) return undefined;
    throw error;
  }
}

interface Touch {
  readonly root: Root;
  readonly files: Set<string>;
}

/** The objects that roots need and the store lacks. */
interface Needs {
  /** Damaged ones, by the key of the file that should hold them. */
  readonly damaged: Map<string, Touch[]>;
  /** Versions that need an object that no index names. */
  readonly absent: Touch[];
  /** Keys under `damaged` of what is whole, and no list of files as its pointer says. */
  readonly unlisted: Set<string>;
}

async function findNeeds(
  core: StoreCore,
  roots: readonly Root[],
  broken: ReadonlyMap<string, string>,
): Promise<Needs> {
  const needs: Needs = { damaged: new Map(), absent: [], unlisted: new Set() };
  for (const root of roots) {
    let isTold = false;
    const lacking = (digest: RawDigest, file: string): void => {
      const key = broken.get(toHex(digest));
      note(key === undefined ? needs.absent : touchesOf(needs, key), root, file);
      isTold = true;
    };
    try {
      await visitRoot(core, root, ({ digest, location, file }) => {
        if (location === undefined) lacking(digest, file);
      });
    } catch (error) {
      // A part of a manifest or recipe is damaged or absent: the visit has named it, or the error does.
      if (!(error instanceof VarveError)) throw error;
      if (isTold) continue;
      if (error.code === 'object-missing') note(needs.absent, root, '');
      else note(touchesOf(needs, error.path ?? root.path), root, '');
      if (error.code === 'manifest-damaged') needs.unlisted.add(error.path ?? root.path);
    }
  }
  return needs;
}

function touchesOf({ damaged }: Needs, key: string): Touch[] {
  const touches = damaged.get(key) ?? [];
  damaged.set(key, touches);
  return touches;
}

function note(touches: Touch[], root: Root, file: string): void {
  if (touches.at(-1)?.root !== root) touches.push({ root, files: new Set() });
  if (file !== '') touches.at(-1)!.files.add(file);
}

/** @param listed keys whose damage an earlier verify found, and which wait for deletion: they count only if something needs them still */
function report(
  checker: Checker,
  records: CheckedRecords,
  { damaged: touched, unlisted }: Needs,
  listed: ReadonlySet<string>,
): Damage[] {
  const open = [...checker.problems.keys()].filter((key) => !listed.has(key));
  const files = [...new Set([...open, ...touched.keys()])].map((key) => ({
    key,
    problem: checker.problems.get(key) ?? (unlisted.has(key) ? NO_LIST : 'it does not hold what it should'),
    roots: (touched.get(key) ?? []).map(told),
    repaired: checker.trailers.get(key) ?? false,
    remedy: remedyOf(checker.trailers.get(key), unlisted.has(key)),
  }));
  const unnamed = [...checker.unnamed].map((key) => ({
    key,
    problem: MISMATCH,
    roots: [],
    repaired: false,
    remedy: NEEDED_BY_NOTHING,
  }));
  const damage = [...records.damage.map((one) => ({ ...one, roots: [] })), ...files, ...unnamed];
  return damage.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** @param isRepaired whether a pack was written anew; undefined where none is to be */
function remedyOf(isRepaired: boolean | undefined, isUnlisted: boolean): string {
  if (isRepaired) return NOTHING_LEFT;
  if (isRepaired === false)
    return 'All that it holds can be read. Run `varve verify` with the right to write there: it writes the pack anew.';
  return isUnlisted ? WRONG_POINTER : BRING_COPIES;
}

function told({ root, files }: Touch): TouchedVersion {
  return { path: root.path, digest: root.digest, files: [...files] };
}
