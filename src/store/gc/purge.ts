/**
 * Purging: removing the bytes of chosen objects from a store, also from packs that hold other data, and leaving everything else as
 * readable as it was. It may not know what the objects are, nor who asked for it.
 */

import { VarveError } from '../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { type Digest, type RawDigest, toDigest, toRaw } from '../format/digest.ts';
import { readManifest } from '../format/manifest.ts';
import { packKey, readTrailer } from '../format/pack.ts';
import { checkRecipeDepth, readRecipe, recipeBeginning } from '../format/recipe.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { DigestSet } from '../index/digest-set.ts';
import { pruneIndex } from '../index/merge.ts';
import { chunksOf, isEmptyObject, streamObject } from '../reading/object-reader.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { listClones } from './clones.ts';
import { readPurgeLists, writePurgeList } from './purge-list.ts';
import { visitRoot } from './reachable.ts';
import { readRef } from './refs.ts';
import { copyBlobs } from './repack.ts';
import type { Root } from './roots.ts';

export interface StorePurgeOptions {
  /** Tell what would happen and write nothing. */
  readonly dryRun: boolean;
  /** Whether the store remembers what was purged: then nothing of it can be pushed again, and a fetch says so. */
  readonly remembers: boolean;
  readonly onProgress?: OnProgress;
}

/** A version that stays, and needs some of the bytes that were to go. */
export interface SharingVersion {
  readonly path: string;
  readonly digest: string;
  /** Path in the folder; empty for a dataset that is a file. */
  readonly file: string;
}

/** What a purge did to a store; in a dry run, what it would do. */
export interface PurgedFromStore {
  /** Chosen objects that were there. */
  readonly objects: number;
  /** Keys of the packs and whole objects that held their bytes. They are removed. */
  readonly keys: readonly string[];
  /** Bytes of other data that were copied out of those packs; 0 in a dry run. */
  readonly copiedBytes: number;
  /** Bytes that stay, since other files have the same. */
  readonly sharedBytes: number;
  /** The first of the versions with those files. */
  readonly sharedWith: readonly SharingVersion[];
}

const PACK = /^packs\/([0-9a-f]{64})\.pack$/;
const WHOLE = /^objects\/([0-9a-f]{2})\/([0-9a-f]{62})(?:\.[1-9][0-9]{0,9})?$/;
const MAX_SHARING = 100;

/** List what the clones of a store have recorded to need, also those that expired: their versions stay readable too. */
export async function recordedRoots({ core }: Store): Promise<Root[]> {
  const roots: Root[] = [];
  for (const { refs } of await listClones(core.remote))
    for (const { key } of refs) roots.push(...(await readRef(core.remote, key)));
  return roots;
}

/** Find the roots that hold one of the objects, as far as the store has their manifests. */
export async function holdersOf(
  { core }: Store,
  roots: readonly Root[],
  objects: readonly Digest[],
): Promise<Root[]> {
  const wanted = new Set(objects);
  const known = new Map<Digest, boolean>();
  for (const { kind, digest, path } of roots) {
    if (known.has(digest)) continue;
    known.set(
      digest,
      wanted.has(digest) || (kind === 'directory' && (await lists(core, path, digest, wanted))),
    );
  }
  return roots.filter(({ digest }) => known.get(digest));
}

async function lists(
  core: StoreCore,
  path: string,
  digest: Digest,
  wanted: ReadonlySet<Digest>,
): Promise<boolean> {
  const raw = toRaw(digest);
  if (core.catalog.first(raw) === undefined) return false;
  for await (const entry of readManifest(streamObject(core, raw), `${path} (${digest})`))
    if (entry.digest !== undefined && wanted.has(entry.digest)) return true;
  return false;
}

/**
 * Remove the bytes of objects. Packs that hold some are written anew without them; chunks that other files need too stay, and so does
 * every other object, needed or not. A purge that was cut off is finished by the next one. Nobody may write to the store meanwhile: what
 * a push relies on may move under its hands.
 * @param roots versions that are to stay readable, except for the objects
 * @throws VarveError `store-foreign`, `index-damaged`, `ref-damaged`, `manifest-damaged`, `digest-mismatch`, before anything is removed; `store-changed`
 */
export async function purgeObjects(
  store: Store,
  objects: readonly Digest[],
  roots: readonly Root[],
  { dryRun, remembers, onProgress = () => undefined }: StorePurgeOptions,
): Promise<PurgedFromStore> {
  const { core } = store;
  await core.reload();
  if (core.catalog.damagedIndexes.length > 0) throw cannotTell(core.remote.url);
  const reached = await reachOf(core, objects);
  const shared = await sharedOf(core, roots, new Set(objects), reached, onProgress);
  const isGone = (digest: RawDigest): boolean => reached.has(digest) && !shared.digests.has(digest);
  const earlier = new Set((await readPurgeLists(core.remote)).keys);
  const keys = await keysHolding(core, isGone, earlier);
  const found = objects.filter((digest) => core.catalog.first(toRaw(digest)) !== undefined).length;
  const { bytes: sharedBytes, versions: sharedWith } = shared;
  const figures = { objects: found, keys: [...keys].sort(), sharedBytes, sharedWith };
  if (dryRun) return { ...figures, copiedBytes: 0 };
  await core.remote.claim();
  const list = await writePurgeList(core.remote, { objects, keys: figures.keys });
  const copiedBytes = await removeFiles(core, keys, isGone);
  if ((await keysHolding(core, isGone, keys)).size > 0) throw cameBack(core.remote.url);
  if (!remembers) await core.remote.remove([list]);
  return { ...figures, copiedBytes };
}

async function removeFiles(
  core: StoreCore,
  keys: ReadonlySet<string>,
  isGone: (digest: RawDigest) => boolean,
): Promise<number> {
  const isCopied = (pack: string, digest: Uint8Array): boolean => keys.has(packKey(pack)) && !isGone(digest);
  const copied = await copyBlobs(core, isCopied, (key) => keys.has(key) || core.catalog.isTaken(key));
  if (copied.written.packs.length > 0)
    await core.writeIndex({ ...copied.written, wholeObjects: [], recipes: [] });
  await pruneIndex(core, (key) => !keys.has(key));
  if (keys.size > 0) await core.remote.remove([...keys]);
  await core.reload();
  return copied.bytes;
}

/** All that the bytes of objects lie in: the objects themselves, their recipes and chunks, wherever they are stored. */
async function reachOf(core: StoreCore, objects: readonly Digest[]): Promise<DigestSet> {
  const reached = new DigestSet();
  for (const digest of objects) await addReach(core, toRaw(digest), reached, 0);
  for await (const pack of unnamedPacks(core)) await addRecipesIn(pack, new Set(objects), reached);
  return reached;
}

/** A push that was cut off leaves packs that no index names: there, the recipes themselves say whose chunks they list. */
async function addRecipesIn(
  { key, bytes, kind, entries }: UnnamedPack,
  objects: ReadonlySet<Digest>,
  reached: DigestSet,
): Promise<void> {
  for (const { digest, offset, length } of kind === 'meta' ? entries : []) {
    const blob = bytes.subarray(offset, offset + length);
    const recipe = recipeBeginning(blob);
    if (!recipe?.isComplete || !objects.has(toDigest(recipe.digest))) continue;
    reached.add(digest);
    try {
      for await (const chunk of readRecipe(once(blob), recipe.digest, recipe.size, key))
        reached.add(chunk.digest);
    } catch (error) {
      // Something that only looks like a recipe leads nowhere.
      if (!(error instanceof VarveError) || error.code !== 'recipe-damaged') throw error;
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function addReach(
  core: StoreCore,
  digest: RawDigest,
  reached: DigestSet,
  depth: number,
): Promise<void> {
  if (isEmptyObject(digest)) return;
  checkRecipeDepth(depth, toDigest(digest));
  reached.add(digest);
  for (const location of [...core.catalog.locations(digest)]) {
    if (location.at !== 'recipe') continue;
    await addReach(core, location.recipe, reached, depth + 1);
    if (core.catalog.first(location.recipe) === undefined) continue;
    for await (const chunk of chunksOf(core, digest, location)) reached.add(chunk.digest);
  }
}

interface Shared {
  readonly digests: DigestSet;
  bytes: number;
  readonly versions: SharingVersion[];
}

/** Find what other files need of that. */
async function sharedOf(
  core: StoreCore,
  roots: readonly Root[],
  objects: ReadonlySet<Digest>,
  reached: DigestSet,
  onProgress: OnProgress,
): Promise<Shared> {
  const shared: Shared = { digests: new DigestSet(), bytes: 0, versions: [] };
  const visited = new DigestSet();
  const told = new Set<string>();
  for (const { profile, ...root } of roots) {
    const kept = profile === undefined || objects.has(profile) ? root : { ...root, profile };
    await visitRoot(
      core,
      kept,
      ({ digest, location, file }) => {
        visited.add(digest);
        if (!reached.has(digest)) return;
        if (shared.digests.add(digest) && location?.at === 'pack') shared.bytes += location.length;
        const place = `${root.path}\0${root.digest}\0${file}`;
        if (told.size === MAX_SHARING || told.has(place)) return;
        told.add(place);
        shared.versions.push({ path: root.path, digest: root.digest, file });
      },
      (digest) => objects.has(toDigest(digest)) || visited.has(digest),
    );
    onProgress({ phase: 'mark', unit: 'objects', done: visited.size });
  }
  return shared;
}

/**
 * Find the packs and whole objects that hold something which has to go, also those that no index names.
 * @param unnamed keys that go if no index names them
 */
async function keysHolding(
  core: StoreCore,
  isGone: (digest: RawDigest) => boolean,
  unnamed: ReadonlySet<string>,
): Promise<Set<string>> {
  const keys = new Set(await wholeObjectsOf(core, isGone));
  for (const segment of core.catalog.segments) {
    for (const { pack, blobs } of segment.byPack())
      if (blobs.some(({ digest }) => isGone(digest))) keys.add(packKey(pack.name));
  }
  for await (const { key, entries } of unnamedPacks(core))
    if (unnamed.has(key) || entries.some(({ digest }) => isGone(digest))) keys.add(key);
  return keys;
}

async function wholeObjectsOf(core: StoreCore, isGone: (digest: RawDigest) => boolean): Promise<string[]> {
  const keys: string[] = [];
  for (const segment of core.catalog.segments) {
    for (const { digest, generation } of segment.allWholeObjects())
      if (isGone(digest)) keys.push(wholeObjectKey(digest, generation));
  }
  for await (const { key } of core.remote.list('objects/')) {
    const [, first, rest] = WHOLE.exec(key) ?? [];
    if (first !== undefined && isGone(Buffer.from(first + rest, 'hex'))) keys.push(key);
  }
  return keys;
}

interface UnnamedPack extends ReturnType<typeof readTrailer> {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Read the packs that no index names. What cannot be read as a pack is left out: nothing needs it, and a gc removes it. */
async function* unnamedPacks({ remote, catalog }: StoreCore): AsyncGenerator<UnnamedPack> {
  const named = new Set(catalog.segments.flatMap(({ packs }) => packs.map(({ name }) => packKey(name))));
  for await (const { key } of remote.list('packs/')) {
    const name = named.has(key) ? undefined : PACK.exec(key)?.[1];
    if (name === undefined) continue;
    try {
      const bytes = await remote.read(key);
      yield { key, bytes, ...readTrailer(bytes, name) };
    } catch (error) {
      const isLost =
        error instanceof VarveError && /^(pack-damaged|object-missing|object-truncated)$/.test(error.code);
      if (!isLost) throw error;
    }
  }
}

function cannotTell(url: string): VarveError {
  return new VarveError('index-damaged', `The index of ${url} is damaged: nobody can tell where bytes lie`, {
    path: url,
    remedy:
      'Run `varve verify`, of a remote `varve verify --remote NAME`, which writes it anew; then run purge again.',
  });
}

function cameBack(url: string): VarveError {
  return new VarveError('store-changed', `Somebody wrote to ${url} what was being purged there`, {
    path: url,
    remedy: 'Make sure that nobody pushes, then run the same command again.',
  });
}
