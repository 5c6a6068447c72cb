import { forEach, inOrder } from '../../base/concurrency.ts';
import { debug } from '../../base/debug.ts';
import type { OnProgress } from '../../progress.ts';
import { damaged, digestMismatch, objectMissing } from '../errors.ts';
import { type RawDigest, toDigest } from '../format/digest.ts';
import type { PackKind } from '../format/pack.ts';
import type { Location, RecipeLocation, WholeLocation } from '../index/catalog.ts';
import { chunksOf, isEmptyObject, type Source } from '../reading/object-reader.ts';
import { type PlacedBlob, type Run, readRun, runsOf } from '../reading/pack-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { Batch } from '../writing/batch.ts';
import { withWholeBody } from '../writing/whole-object-body.ts';

export interface WantedObject {
  readonly digest: RawDigest;
  readonly kind: PackKind;
  /** For messages. */
  readonly path: string;
}
interface WantedBlob extends PlacedBlob, WantedObject {}
interface WantedWhole extends WantedObject {
  readonly location: WholeLocation;
}
interface WantedChunks extends WantedObject {
  readonly location: RecipeLocation;
}

/** Objects planned together: their recipes come in few requests, and their total is known before the first byte moves. */
const WINDOW = 65_536;
/** Blobs planned together, so that neighbours in a pack come in one request. */
const MOST_BLOBS = 65_536;
const MOST_BYTES = 1024 * 1024 * 1024;
const DEEPEST_RECIPE = 6;
const DEFAULT_JOBS = 8;

/** Copies objects that `to` lacks, with all that their recipes name. */
export class ObjectCopier {
  readonly #from: StoreCore;
  readonly #to: StoreCore;
  readonly #jobs: number;
  readonly #onProgress: OnProgress;
  readonly #signal: AbortSignal | undefined;
  #batch: Batch;
  #blobs: WantedBlob[] = [];
  #blobBytes = 0;
  readonly #planned = new Set<string>();
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
    this.#batch = new Batch(to);
  }

  get sent(): { objects: number; bytes: number } {
    return { ...this.#sent };
  }

  async copy(objects: AsyncIterable<WantedObject> | Iterable<WantedObject>): Promise<void> {
    let window: WantedObject[] = [];
    for await (const object of objects) {
      window.push(object);
      if (window.length < WINDOW) continue;
      await this.#copyWindow(window, 0);
      window = [];
    }
    await this.#copyWindow(window, 0);
  }

  /** Lets `to` read what has been copied, where reading it there is cheaper than reading it again from afar. */
  async makeReadable(): Promise<void> {
    if (this.#to.remote.localPath === undefined) return;
    await this.#batch.commit();
    this.#batch = new Batch(this.#to);
  }

  /** Makes all that was copied durable. */
  finish(): Promise<void> {
    return this.#batch.commit();
  }

  async #copyWindow(objects: readonly WantedObject[], depth: number): Promise<void> {
    const wholes: WantedWhole[] = [];
    const chunked: WantedChunks[] = [];
    let held = 0;
    for (const object of objects) {
      if (this.#batch.holds(object.digest)) {
        held++;
        continue;
      }
      const location = this.#locate(object);
      if (location.at === 'pack') this.#plan({ ...object, location });
      else if (this.#isNew(object.digest)) {
        this.#total += location.size;
        if (location.at === 'whole') wholes.push({ ...object, location });
        else chunked.push({ ...object, location });
      }
    }
    const { url } = this.#to.remote;
    if (objects.length > 0)
      debug('cache', `hits ${held}, misses ${objects.length - held}, objects in ${url}`);
    await this.#copyBlobs();
    await forEach(wholes, this.#jobs, (whole) => this.#copyWhole(whole));
    if (chunked.length > 0) await this.#copyChunked(chunked, depth);
    this.#planned.clear();
  }

  /** The recipes first, so that they can be read near by, then their chunks. */
  async #copyChunked(objects: readonly WantedChunks[], depth: number): Promise<void> {
    if (depth >= DEEPEST_RECIPE) {
      throw damaged('damaged-recipe', objects[0]!.path, 'recipes lead to recipes without end');
    }
    const recipes = objects.map(({ location, path }) => ({
      digest: location.recipe,
      kind: 'meta' as const,
      path,
    }));
    await this.#copyWindow(recipes, depth + 1);
    await this.makeReadable();
    for (const { digest, kind, path, location } of objects) {
      for await (const chunk of chunksOf(
        nearest(location.recipe, this.#from, this.#to, path),
        digest,
        location,
      )) {
        this.#total -= chunk.length;
        await this.#planChunk({ digest: chunk.digest, kind, path });
      }
    }
    await this.#copyBlobs();
    for (const { digest, location } of objects) this.#batch.putRecipe(digest, location.recipe, location.size);
  }

  async #planChunk(chunk: WantedObject): Promise<void> {
    if (this.#batch.holds(chunk.digest)) return;
    const location = this.#locate(chunk);
    if (location.at !== 'pack')
      throw objectMissing(toDigest(chunk.digest), this.#from.remote.url, chunk.path);
    this.#plan({ ...chunk, location });
    if (this.#blobs.length >= MOST_BLOBS || this.#blobBytes >= MOST_BYTES) await this.#copyBlobs();
  }

  #plan(blob: WantedBlob): void {
    if (!this.#isNew(blob.digest)) return;
    this.#blobs.push(blob);
    this.#blobBytes += blob.location.length;
    this.#total += blob.location.length;
  }

  #isNew(digest: RawDigest): boolean {
    const key = Buffer.from(digest).toString('latin1');
    if (this.#planned.has(key)) return false;
    this.#planned.add(key);
    return true;
  }

  async #copyBlobs(): Promise<void> {
    const blobs = this.#blobs.sort(byPlace);
    this.#blobs = [];
    this.#blobBytes = 0;
    const read = async (run: Run<WantedBlob>) => {
      this.#signal?.throwIfAborted();
      return readRun(this.#from.remote, run);
    };
    // In their order, whichever comes first: neighbours stay neighbours, so that they are few reads later too.
    for await (const run of inOrder(runsOf(blobs), this.#jobs, read)) {
      for (const { blob, bytes, sound } of run) {
        if (sound) await this.#putBlob(blob, bytes);
        else await this.#copyOther(blob);
      }
    }
  }

  /** The blob was damaged where it was read: another place of it is tried. */
  async #copyOther(blob: WantedBlob): Promise<void> {
    this.#from.catalog.markDamaged(blob.location);
    const location = this.#from.catalog.first(blob.digest);
    if (location?.at !== 'pack') throw digestMismatch(blob.digest, `${this.#from.remote.url}: ${blob.path}`);
    for await (const run of runsOf([{ ...blob, location }])) {
      const [read] = await readRun(this.#from.remote, run);
      if (read!.sound) await this.#putBlob(blob, read!.bytes);
      else await this.#copyOther(read!.blob);
    }
  }

  async #putBlob(blob: WantedBlob, bytes: Uint8Array): Promise<void> {
    await this.#batch.putBlob(blob.digest, bytes, blob.kind);
    this.#sent.objects += 1;
    this.#report(bytes.length);
  }

  async #copyWhole({ digest, location }: WantedWhole): Promise<void> {
    this.#signal?.throwIfAborted();
    const watch = { onBytes: (count: number): void => this.#report(count), signal: this.#signal };
    await withWholeBody(this.#from.remote, digest, location, this.#to.remote, watch, (body) =>
      this.#batch.putWhole(digest, body, this.#signal),
    );
    this.#sent.objects += 1;
  }

  #report(count: number): void {
    this.#sent.bytes += count;
    this.#onProgress({ phase: 'transfer', unit: 'bytes', done: this.#sent.bytes, total: this.#total });
  }

  /** Where the object comes from; its own recipe on the other side counts, since its chunks may lie here. */
  #locate({ digest, path }: WantedObject): Location {
    for (const store of [this.#from, this.#to]) {
      for (const location of store.catalog.locations(digest)) {
        if (store === this.#from || location.at === 'recipe') return location;
      }
    }
    throw objectMissing(toDigest(digest), this.#from.remote.url, path);
  }
}

/**
 * Where to read what both may have: a local store before one that needs requests.
 * @throws VarveError `object-missing`, naming `path`
 */
export function nearest(digest: RawDigest, from: StoreCore, to: StoreCore, path: string): Source {
  const having = [from, to].filter(
    ({ catalog }) => isEmptyObject(digest) || catalog.first(digest) !== undefined,
  );
  const near = having.find(({ remote }) => remote.localPath !== undefined) ?? having[0];
  if (near === undefined) throw objectMissing(toDigest(digest), from.remote.url, path);
  return near;
}

function byPlace(a: WantedBlob, b: WantedBlob): number {
  if (a.location.pack !== b.location.pack) return a.location.pack < b.location.pack ? -1 : 1;
  return a.location.offset - b.location.offset;
}
