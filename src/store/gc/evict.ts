import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import { type PackKind, packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import type { Catalog } from '../index/catalog.ts';
import { DigestSet } from '../index/digest-set.ts';
import { pruneIndex } from '../index/merge.ts';
import { chunksOf } from '../reading/object-reader.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { nearestSource } from '../transfer/object-copier.ts';
import { copyBlobs } from './repack.ts';

export interface EvictOptions {
  /** Tell what would happen and write nothing. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Aborts before anything is removed. */
  readonly signal?: AbortSignal | undefined;
}

/** What an eviction did to a cache; in a dry run, what it would do. */
export interface Evicted {
  /** Count of packs and whole objects that were removed. */
  readonly objects: number;
  /** Bytes of the packs and whole objects that were removed, less what was copied out of them. */
  readonly bytes: number;
}

const JOBS = 8;
/** A pack goes if at least this share of it is evicted: the rest of it is copied, which costs time and, for a moment, room. */
const MIN_SHARE = 0.5;

/**
 * Evict from a cache the data of objects that a remote has: by its index, and by a look at every file there that holds some of it. What the
 * remote lacks stays, and so do chunks that other objects of the cache need. Recipes stay too, until a gc: with them a push need not
 * ask the remote what an object is made of. Whoever calls has recorded on the remote that the objects are needed, so that no gc of another
 * clone removes them there. A kill leaves files that nothing names, never a name without its file.
 * @param objects may have some more than once, and some that the cache lacks
 * @throws VarveError `index-damaged`, `pending-deletions-damaged`, `recipe-damaged`, and what the remotes meet, before anything is removed
 */
export async function evict(
  cache: Store,
  remote: Store,
  objects: Iterable<Digest> | AsyncIterable<Digest>,
  { dryRun = false, onProgress, signal }: EvictOptions = {},
): Promise<Evicted> {
  const { core } = cache;
  if (core.catalog.damagedIndexes.length > 0) throw cannotTell(core.remote.url);
  const candidates = await objectsHere(core, objects);
  const places = await findPlaces(core, remote.core, candidates, { onProgress, signal });
  const evicted = candidates.filter((_, at) => places[at]);
  if (evicted.length === 0) return { objects: 0, bytes: 0 };
  const isGone = await goneWith(core, evicted);
  const files = filesHolding(core.catalog, isGone);
  signal?.throwIfAborted();
  if (!dryRun) await removeFiles(core, evicted, files, isGone);
  return { objects: files.whole.size + files.parts.size, bytes: files.bytes };
}

async function objectsHere(
  { catalog }: StoreCore,
  objects: Iterable<Digest> | AsyncIterable<Digest>,
): Promise<RawDigest[]> {
  const seen = new DigestSet();
  const here: RawDigest[] = [];
  for await (const digest of objects) {
    const raw = toRaw(digest);
    if (catalog.first(raw) !== undefined && seen.add(raw)) here.push(raw);
  }
  return here;
}

/** Tell of each object whether the remote has all of its bytes, in files that are there in their full length. */
async function findPlaces(
  cache: StoreCore,
  remote: StoreCore,
  objects: readonly RawDigest[],
  { onProgress, signal }: Pick<EvictOptions, 'onProgress' | 'signal'>,
): Promise<boolean[]> {
  const sizes = new Map(
    remote.catalog.segments.flatMap(({ packs }) => packs.map(({ name, size }) => [packKey(name), size])),
  );
  const expected = new Map<string, number>();
  for (const digest of objects)
    for (const { key, size } of (await filesOf(cache, remote, digest)) ?? [])
      expected.set(key, size ?? sizes.get(key)!);
  const sound = new Set<string>();
  let done = 0;
  await forEach(expected, JOBS, async ([key, size]) => {
    signal?.throwIfAborted();
    if ((await remote.remote.head(key))?.size === size) sound.add(key);
    onProgress?.({ phase: 'look at the remote', unit: 'objects', done: ++done, total: expected.size });
  });
  const isThere: boolean[] = [];
  for (const digest of objects) {
    const files = await filesOf(cache, remote, digest);
    isThere.push(files?.every(({ key }) => sound.has(key)) ?? false);
  }
  return isThere;
}

interface FileThere {
  readonly key: string;
  /** Undefined for a pack, whose size the index has. */
  readonly size?: number;
}

/** List the files of the remote that an object is read from; undefined if its index lacks some, or nobody may rely on them. */
async function filesOf(
  cache: StoreCore,
  remote: StoreCore,
  digest: RawDigest,
): Promise<readonly FileThere[] | undefined> {
  const location = remote.catalog.isPurged(digest) ? undefined : remote.catalog.find(digest);
  if (location === undefined) return undefined;
  if (location.at === 'pack') return [{ key: packKey(location.pack) }];
  if (location.at === 'whole') return [{ key: location.key, size: location.size }];
  const recipe = await filesOf(cache, remote, location.recipe);
  if (recipe === undefined) return undefined;
  const keys = new Set<string>();
  const source = nearestSource(location.recipe, remote, cache, '');
  for await (const chunk of chunksOf(source, digest, location)) {
    const at = remote.catalog.find(chunk.digest);
    if (at?.at !== 'pack') return undefined;
    keys.add(packKey(at.pack));
  }
  return [...recipe, ...[...keys].map((key) => ({ key }))];
}

/** Make the test whether the bytes of a blob or whole object go with the evicted objects: nothing else in the cache is made of them. */
async function goneWith(
  core: StoreCore,
  evicted: readonly RawDigest[],
): Promise<(digest: RawDigest) => boolean> {
  const reached = new DigestSet();
  const needed = new DigestSet();
  for (const digest of evicted) reached.add(digest);
  for (const { digest, recipe, size } of recipesIn(core.catalog)) {
    const into = reached.has(digest) ? reached : needed;
    if (core.catalog.first(recipe) === undefined) continue;
    for await (const chunk of chunksOf(core, digest, { at: 'recipe', recipe, size })) into.add(chunk.digest);
  }
  return (digest) => reached.has(digest) && !needed.has(digest);
}

function* recipesIn({ segments }: Catalog) {
  for (const segment of [...segments]) yield* segment.allRecipes();
}

interface FilesToRemove {
  /** Keys of files of which nothing stays. */
  readonly whole: ReadonlySet<string>;
  /** Keys of packs of which some blobs stay. */
  readonly parts: ReadonlySet<string>;
  readonly bytes: number;
}

/** Find the packs and whole objects whose bytes go. Manifests, recipes and profiles lie in packs of their own, which stay. */
function filesHolding(catalog: Catalog, isGone: (digest: RawDigest) => boolean): FilesToRemove {
  const whole = new Map<string, number>();
  const parts = new Map<string, number>();
  for (const segment of catalog.segments) {
    for (const { digest, generation, size } of segment.allWholeObjects())
      if (isGone(digest)) whole.set(wholeObjectKey(digest, generation), size);
    for (const { pack, blobs } of segment.byPack()) {
      if (pack.kind !== DATA) continue;
      const gone = blobs.filter(({ digest }) => isGone(digest));
      const bytes = gone.reduce((sum, { length }) => sum + length, 0);
      if (gone.length === blobs.length) whole.set(packKey(pack.name), pack.size);
      else if (bytes >= pack.size * MIN_SHARE) parts.set(packKey(pack.name), bytes);
    }
  }
  const bytes = [...whole.values(), ...parts.values()].reduce((sum, size) => sum + size, 0);
  return { whole: new Set(whole.keys()), parts: new Set(parts.keys()), bytes };
}

const DATA: PackKind = 'data';

/** Remove first what needs no copying: that makes room for the copies. */
async function removeFiles(
  core: StoreCore,
  evicted: readonly RawDigest[],
  { whole, parts }: FilesToRemove,
  isGone: (digest: RawDigest) => boolean,
): Promise<void> {
  const objects = new DigestSet();
  for (const digest of evicted) objects.add(digest);
  await core.remote.claim();
  await remove(core, whole, objects);
  const isCopied = (pack: string, digest: RawDigest): boolean => parts.has(packKey(pack)) && !isGone(digest);
  const { written } = await copyBlobs(
    core,
    isCopied,
    (key) => parts.has(key) || whole.has(key) || core.catalog.isTaken(key),
  );
  if (written.packs.length > 0) await core.writeIndex({ ...written, wholeObjects: [], recipes: [] });
  await remove(core, parts, objects);
  await core.reload();
}

/** Remove from the index first, so that it never names what is gone. */
async function remove(core: StoreCore, keys: ReadonlySet<string>, evicted: DigestSet): Promise<void> {
  if (keys.size === 0) return;
  await pruneIndex(
    core,
    (key) => !keys.has(key),
    ({ digest }) => !evicted.has(digest),
  );
  await core.remote.remove([...keys]);
}

function cannotTell(url: string): VarveError {
  return new VarveError('index-damaged', `The index of ${url} is damaged: nobody can tell where bytes lie`, {
    path: url,
    remedy: 'Run `varve verify`, which writes it anew, then run the same command again.',
  });
}
