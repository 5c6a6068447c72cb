import { debug } from '../../base/debug.ts';
import { forEach, inOrder } from '../../base/threads/concurrency.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { objectDamaged, objectUnavailable } from '../errors.ts';
import type { RawDigest } from '../format/digest.ts';
import { PACK_CAPACITY, type PackKind, packSize } from '../format/pack.ts';
import { checkRecipeDepth } from '../format/recipe.ts';
import type { Location, RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import { chunksOf, isEmptyObject, type ObjectSource } from '../reading/object-reader.ts';
import { type BlobRun, type PlacedBlob, readRun, runsOf } from '../reading/pack-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { Batch } from '../writing/batch.ts';
import { type SecondFile, withWholeObjectBody } from '../writing/whole-object-body.ts';
import { Arrivals, type WholePack } from './arrivals.ts';
import type { BlobTarget } from './arrived-blobs.ts';

export interface WantedObject {
  readonly digest: RawDigest;
  readonly kind: PackKind;
  /** Path of the file or dataset, for messages. */
  readonly path: string;
  /** A file into which the object is written while it arrives. */
  readonly into?: ObjectFile;
}
/** A file that is there, and empty. */
export interface ObjectFile extends SecondFile {
  /** The recipe that a pointer pins for what the file is to hold; undefined of a whole object. */
  readonly recipe: RecipeLocation | undefined;
}
/** A chunk that is wanted in a file too. */
export interface ChunkCopy extends BlobTarget {
  readonly digest: RawDigest;
  readonly length: number;
}
interface WantedBlob extends PlacedBlob, WantedObject {
  readonly copy?: BlobTarget | undefined;
}
interface WantedWholeObject extends WantedObject {
  readonly location: WholeObjectLocation;
}
interface WantedChunkedObject extends WantedObject {
  readonly location: RecipeLocation;
}

/** Objects are planned together, so that their recipes come in few requests and their total is known before the first byte moves. */
const MAX_PLANNED_OBJECTS = 65_536;
/** Blobs are planned together, so that neighbours in a pack come in one request. */
const MAX_PLANNED_BLOBS = 65_536;
const MAX_PLANNED_BYTES = 1024 * 1024 * 1024;
/** Of a file, what another that holds the same makes good. */
const DAMAGE: ReadonlySet<ErrorCode> = new Set(['object-missing', 'object-truncated', 'digest-mismatch']);
const DEFAULT_JOBS = 8;
/** Smaller packs are joined on their way. */
const MIN_WHOLE_PACK_BYTES = 4 * 1024 * 1024;
/** Packs that are copied as they are take PACK_CAPACITY of memory each. */
const MAX_WHOLE_PACKS = 8;

/**
 * Copies objects that `to` lacks, with all that their recipes name, in three stages: the wanted objects that are no recipes, then the
 * recipes of the others, then the chunks that those list.
 */
export class ObjectCopier {
  readonly #from: StoreCore;
  readonly #to: StoreCore;
  readonly #jobs: number;
  readonly #onProgress: OnProgress;
  readonly #signal: AbortSignal | undefined;
  readonly #arrivals: Arrivals;
  #batch: Batch;
  #blobs: WantedBlob[] = [];
  #blobBytes = 0;
  readonly #planned = new Set<string>();
  readonly #uncopied: ChunkCopy[] = [];
  readonly #unfilled = new Set<string>();
  /** Bytes of all objects planned so far. The bytes of a recipe's object are counted first, then replaced by those of its new chunks. */
  #total = 0;
  #sent = { objects: 0, bytes: 0 };

  constructor(
    from: StoreCore,
    to: StoreCore,
    options: { jobs?: number; onProgress?: OnProgress; signal?: AbortSignal },
  ) {
    this.#from = from;
    this.#to = to;
    this.#jobs = options.jobs ?? DEFAULT_JOBS;
    this.#onProgress = options.onProgress ?? (() => undefined);
    this.#signal = options.signal;
    this.#arrivals = new Arrivals(from.remote);
    this.#batch = new Batch(to);
  }

  /** Objects and bytes sent so far. */
  get sent(): { objects: number; bytes: number } {
    return { ...this.#sent };
  }

  /** Chunks that no file has yet, since `to` had them already, or they came twice or damaged: they can be read from `to`. */
  get uncopied(): readonly ChunkCopy[] {
    return this.#uncopied;
  }

  /** Files that are empty still, since `to` had their objects already. */
  get unfilled(): ReadonlySet<string> {
    return this.#unfilled;
  }

  /** @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`, and what the remotes meet */
  async copy(objects: AsyncIterable<WantedObject> | Iterable<WantedObject>): Promise<void> {
    let window: WantedObject[] = [];
    for await (const object of objects) {
      window.push(object);
      if (window.length < MAX_PLANNED_OBJECTS) continue;
      await this.#copyWindow(window, 0);
      window = [];
    }
    await this.#copyWindow(window, 0);
  }

  /** Write an index of what has been copied, if `to` is local: reading it there is cheaper than reading it again from afar. */
  async makeReadable(): Promise<void> {
    if (this.#to.remote.localPath === undefined) return;
    await this.#batch.commit();
    this.#batch = new Batch(this.#to);
  }

  /** Make all that was copied durable. Nothing can be copied after this. */
  async finish(): Promise<void> {
    try {
      await this.#batch.commit();
    } finally {
      await this.#arrivals.close();
    }
  }

  /** @param depth recipes of recipes that led to these objects */
  async #copyWindow(objects: readonly WantedObject[], depth: number): Promise<void> {
    const wholeObjects: WantedWholeObject[] = [];
    const chunked: WantedChunkedObject[] = [];
    let held = 0;
    for (const object of objects) {
      if (this.#batch.relyOn(object.digest)) {
        held++;
        if (object.into !== undefined) this.#unfilled.add(object.into.file);
        continue;
      }
      const location = object.into?.recipe ?? this.#locate(object);
      if (location.at === 'pack') this.#plan({ ...object, location });
      else if (this.#isNew(object.digest)) {
        this.#total += location.size;
        if (location.at === 'whole') wholeObjects.push({ ...object, location });
        else chunked.push({ ...object, location });
      }
    }
    const { url } = this.#to.remote;
    if (objects.length > 0)
      debug('cache', `hits ${held}, misses ${objects.length - held}, objects in ${url}`);
    await this.#copyBlobs();
    await forEach(wholeObjects, this.#jobs, (object) => this.#copyWholeObject(object));
    if (chunked.length > 0) await this.#copyChunked(chunked, depth);
    this.#planned.clear();
  }

  /** Copy the recipes first, so that they can be read near by, then the chunks that they list. */
  async #copyChunked(objects: readonly WantedChunkedObject[], depth: number): Promise<void> {
    checkRecipeDepth(depth, objects[0]!.path);
    const recipes = objects.map(({ location, path }) => ({
      digest: location.recipe,
      kind: 'meta' as const,
      path,
    }));
    await this.#copyWindow(recipes, depth + 1);
    await this.makeReadable();
    for (const { digest, kind, path, location, into } of objects) {
      let position = 0;
      for await (const chunk of chunksOf(
        nearestSource(location.recipe, this.#from, this.#to, path),
        digest,
        location,
      )) {
        this.#total -= chunk.length;
        const copy = into && { file: into.file, position };
        await this.#planChunk({ digest: chunk.digest, kind, path, copy }, chunk.length);
        position += chunk.length;
      }
    }
    await this.#copyBlobs();
    for (const { digest, location } of objects) this.#batch.putRecipe(digest, location.recipe, location.size);
  }

  async #planChunk(
    chunk: WantedObject & { readonly copy: BlobTarget | undefined },
    length: number,
  ): Promise<void> {
    const { digest, copy } = chunk;
    if (this.#batch.relyOn(digest) || this.#planned.has(keyOf(digest))) {
      if (copy !== undefined) this.#uncopied.push({ digest, length, ...copy });
      return;
    }
    const location = this.#locate(chunk);
    if (location.at !== 'pack') throw objectUnavailable(chunk.digest, [this.#from], chunk.path);
    this.#plan({ ...chunk, location });
    if (this.#blobs.length >= MAX_PLANNED_BLOBS || this.#blobBytes >= MAX_PLANNED_BYTES)
      await this.#copyBlobs();
  }

  #plan(blob: WantedBlob): void {
    if (!this.#isNew(blob.digest)) return;
    this.#blobs.push(blob);
    this.#blobBytes += blob.location.length;
    this.#total += blob.location.length;
  }

  #isNew(digest: RawDigest): boolean {
    const key = keyOf(digest);
    if (this.#planned.has(key)) return false;
    this.#planned.add(key);
    return true;
  }

  async #copyBlobs(): Promise<void> {
    const blobs = this.#blobs.sort(byPlace);
    this.#blobs = [];
    this.#blobBytes = 0;
    const { packs, others } = this.#wholePacks(blobs);
    await forEach(packs, Math.min(this.#jobs, MAX_WHOLE_PACKS), async (pack) => {
      if (!(await this.#copyPack(pack))) await this.#copyRuns(pack.blobs);
    });
    await this.#copyRuns(others);
  }

  /** Find the packs of which every blob is wanted. */
  #wholePacks(blobs: readonly WantedBlob[]): { packs: WholePack<WantedBlob>[]; others: WantedBlob[] } {
    const sizes = new Map<string, number>();
    for (const segment of this.#from.catalog.segments)
      for (const { name, size } of segment.packs) sizes.set(name, size);
    const packs: WholePack<WantedBlob>[] = [];
    const others: WantedBlob[] = [];
    for (const group of samePack(blobs)) {
      const { pack: name, packKind } = group[0]!.location;
      const size = sizes.get(name) ?? 0;
      const isWhole =
        size >= MIN_WHOLE_PACK_BYTES &&
        size <= PACK_CAPACITY &&
        size === packSize(group.map(({ location }) => location)) &&
        group.every(({ kind }) => kind === packKind) &&
        this.#batch.takesPack(name);
      if (isWhole) packs.push({ name, size, blobs: group });
      else others.push(...group);
    }
    return { packs, others };
  }

  /** Copy a pack as it is, which no blob of it is moved for. @returns false if it is not what the index says of it */
  async #copyPack(pack: WholePack<WantedBlob>): Promise<boolean> {
    this.#signal?.throwIfAborted();
    const arrived = await this.#arrivals.pack(pack, this.#to.remote.takesSha256 === true);
    if (arrived === undefined) return false;
    try {
      const { bytes, sha256 } = arrived;
      const entries = pack.blobs.map(({ digest, location: { offset, length } }) => ({
        digest,
        offset,
        length,
      }));
      await this.#batch.putPack(
        { name: pack.name, kind: pack.blobs[0]!.kind, bytes },
        entries,
        async () => sha256!,
      );
      this.#sent.objects += entries.length;
      this.#report(entries.reduce((sum, { length }) => sum + length, 0));
    } finally {
      arrived.giveBack();
    }
    return true;
  }

  async #copyRuns(blobs: readonly WantedBlob[]): Promise<void> {
    const read = async (run: BlobRun<WantedBlob>) => {
      this.#signal?.throwIfAborted();
      return this.#arrivals.run(run);
    };
    // They are put in the order of the plan, so that neighbours stay neighbours and can be read together later too.
    for await (const run of inOrder(runsOf(blobs), this.#jobs, read)) {
      for (const { blob, bytes, isIntact, isCopied } of run.blobs) {
        if (isIntact) await this.#putBlob(blob, bytes);
        else await this.#copyOther(blob);
        const { digest, copy, location } = blob;
        if (!isCopied && copy !== undefined)
          this.#uncopied.push({ digest, length: location.length, ...copy });
      }
      run.giveBack();
    }
  }

  /** Copy a blob that was damaged where it was read from another place. */
  async #copyOther(blob: WantedBlob): Promise<void> {
    this.#from.catalog.markDamaged(blob.location);
    const location = this.#from.catalog.first(blob.digest);
    if (location?.at !== 'pack') throw objectDamaged(blob.digest, `${this.#from.remote.url}: ${blob.path}`);
    for await (const run of runsOf([{ ...blob, location }])) {
      const [read] = await readRun(this.#from.remote, run);
      if (read!.isIntact) await this.#putBlob(blob, read!.bytes);
      else await this.#copyOther(read!.blob);
    }
  }

  async #putBlob(blob: WantedBlob, bytes: Uint8Array): Promise<void> {
    await this.#batch.putBlob(blob.digest, bytes, blob.kind);
    this.#sent.objects += 1;
    this.#report(bytes.length);
  }

  async #copyWholeObject(object: WantedWholeObject): Promise<void> {
    const { digest, location, into } = object;
    this.#signal?.throwIfAborted();
    const watch = { onBytes: (count: number): void => this.#report(count), signal: this.#signal, into };
    try {
      await withWholeObjectBody(this.#from.remote, digest, location, this.#to.remote, watch, (body) =>
        this.#batch.putWholeObject(digest, body, this.#signal),
      );
    } catch (error) {
      const other = isDamage(error) ? this.#otherFile(object) : undefined;
      if (other === undefined) throw error;
      return this.#copyWholeObject({ ...object, location: other });
    }
    this.#sent.objects += 1;
  }

  /** Another file that holds a whole object of which one is gone or damaged. */
  #otherFile({ digest, location }: WantedWholeObject): WholeObjectLocation | undefined {
    const { catalog } = this.#from;
    for (const other of catalog.locations(digest)) {
      if (other.at !== 'whole' || other.key === location.key) continue;
      catalog.markDamaged(location);
      return other;
    }
    return undefined;
  }

  #report(count: number): void {
    this.#sent.bytes += count;
    this.#onProgress({ phase: 'transfer', unit: 'bytes', done: this.#sent.bytes, total: this.#total });
  }

  /** Find where to copy an object from. A recipe for it in `to` counts, since its chunks may lie in `from`. */
  #locate({ digest, path }: WantedObject): Location {
    for (const store of [this.#from, this.#to]) {
      for (const location of store.catalog.locations(digest)) {
        if (store === this.#from || location.at === 'recipe') return location;
      }
    }
    throw objectUnavailable(digest, [this.#from], path);
  }
}

/**
 * Choose the store to read an object from that both may have: a local one before one that needs requests.
 * @param path names what needs the object, for the message
 * @throws VarveError `object-missing`, `digest-mismatch`
 */
export function nearestSource(digest: RawDigest, from: StoreCore, to: StoreCore, path: string): ObjectSource {
  const having = [from, to].filter(
    ({ catalog }) => isEmptyObject(digest) || catalog.first(digest) !== undefined,
  );
  const near = having.find(({ remote }) => remote.localPath !== undefined) ?? having[0];
  if (near === undefined) throw objectUnavailable(digest, [from, to], path);
  return near;
}

function isDamage(error: unknown): boolean {
  return error instanceof VarveError && DAMAGE.has(error.code);
}

function* samePack(sorted: readonly WantedBlob[]): Generator<WantedBlob[]> {
  let group: WantedBlob[] = [];
  for (const blob of sorted) {
    if (group.length > 0 && group[0]!.location.pack !== blob.location.pack) {
      yield group;
      group = [];
    }
    group.push(blob);
  }
  if (group.length > 0) yield group;
}

function keyOf(digest: RawDigest): string {
  return Buffer.from(digest).toString('latin1');
}

function byPlace(a: WantedBlob, b: WantedBlob): number {
  if (a.location.pack !== b.location.pack) return a.location.pack < b.location.pack ? -1 : 1;
  return a.location.offset - b.location.offset;
}
