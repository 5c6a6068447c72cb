/**
 * Reading: the bytes of an object, verified, wherever the catalog says that they lie. It may not know what the bytes mean, nor that
 * anything is ever written or removed.
 */

import { createHash } from 'node:crypto';
import { askAgain } from '../../base/ask-again.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import type { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { objectDamaged, objectUnavailable } from '../errors.ts';
import { type RawDigest, rawDigestOf, sameDigest, toDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import { type ChunkRef, checkRecipeDepth, readRecipe } from '../format/recipe.ts';
import type { Catalog, PackedLocation, RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import { type PlacedBlob, readRun, runsOf } from './pack-reader.ts';

/** What objects are read from: a remote and the catalog of what it holds. */
export interface ObjectSource {
  readonly remote: Remote;
  readonly catalog: Catalog;
  /** Brings an intact copy of a damaged blob from another store; answers undefined if there is none. */
  readonly repair?: ((digest: RawDigest) => Promise<Uint8Array | undefined>) | undefined;
}

/** Runs of chunks that are read ahead of the one that is wanted next. */
const READ_AHEAD = 4;
const EMPTY = rawDigestOf(new Uint8Array());

/** Whether the object has no bytes: it is in every store, and in no file. */
export function isEmptyObject(digest: RawDigest): boolean {
  return sameDigest(digest, EMPTY);
}

/**
 * Read the bytes of an object. Those in packs are verified before they are yielded, chunk by chunk. Those of a whole object are
 * verified when its last byte has passed, so a consumer must not give them their name before this ends.
 * @param depth recipes that led to this object
 * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
 */
export async function* streamObject(
  source: ObjectSource,
  digest: RawDigest,
  depth = 0,
): AsyncGenerator<Uint8Array> {
  if (isEmptyObject(digest)) return;
  const location = source.catalog.first(digest);
  if (location === undefined) throw objectUnavailable(digest, [source]);
  if (location.at === 'pack') yield await readBlob(source, digest, location);
  else if (location.at === 'whole') yield* streamWholeObject(source, digest, location);
  else yield* streamChunks(source, digest, location, depth);
}

/** Read the chunks that the recipe at `location` lists for the object `digest`. @throws VarveError `recipe-damaged`, and as {@link streamObject} */
export function chunksOf(
  source: ObjectSource,
  digest: RawDigest,
  location: RecipeLocation,
  depth = 0,
): AsyncGenerator<ChunkRef> {
  const where = `recipe ${toDigest(location.recipe)}`;
  checkRecipeDepth(depth, where);
  return readRecipe(streamObject(source, location.recipe, depth + 1), digest, location.size, where);
}

/** Read and verify one blob, from another place where it is damaged at this one. @throws VarveError `digest-mismatch` */
export async function readBlob(
  source: ObjectSource,
  digest: RawDigest,
  location: PackedLocation,
): Promise<Uint8Array> {
  for await (const run of runsOf([{ digest, location }])) {
    const [read] = await readRun(source.remote, run);
    if (read!.isIntact) return read!.bytes;
  }
  return readElsewhere(source, digest, location);
}

/** Read a blob that was damaged at `location` from another place, or from the store that repairs this one. @throws VarveError `digest-mismatch` */
export async function readElsewhere(
  source: ObjectSource,
  digest: RawDigest,
  location: PackedLocation,
): Promise<Uint8Array> {
  source.catalog.markDamaged(location);
  const other = source.catalog.firstInPack(digest);
  if (other !== undefined) return readBlob(source, digest, other);
  const bytes = await source.repair?.(digest);
  if (bytes === undefined) throw objectDamaged(digest, `${source.remote.url}: ${packKey(location.pack)}`);
  return bytes;
}

async function* streamWholeObject(
  { remote, catalog }: ObjectSource,
  digest: RawDigest,
  location: WholeObjectLocation,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const bytes of remote.stream(location.key)) {
    hash.update(bytes);
    yield bytes;
  }
  if (sameDigest(hash.digest(), digest)) return;
  // What has been yielded cannot be taken back. If the file itself is intact, a caller that can start again will succeed.
  await checkWholeObject(remote, digest, location.key).catch((error: unknown) => {
    catalog.markDamaged(location);
    throw error;
  });
  throw wholeObjectMismatch(remote, digest, location.key);
}

/**
 * Read a whole object to its end and verify it; read it again if it came damaged.
 * @param onBytes told the count of each piece
 * @throws VarveError `digest-mismatch`, `object-missing`, `object-truncated`
 */
export function checkWholeObject(
  remote: Remote,
  digest: RawDigest,
  key: string,
  onBytes: (count: number) => void = () => undefined,
): Promise<void> {
  return askAgain(async () => {
    const hash = createHash('sha256');
    for await (const bytes of remote.stream(key)) {
      hash.update(bytes);
      onBytes(bytes.length);
    }
    if (!sameDigest(hash.digest(), digest)) throw wholeObjectMismatch(remote, digest, key);
  });
}

function wholeObjectMismatch({ url }: Remote, digest: RawDigest, key: string): VarveError {
  return objectDamaged(digest, `${url}: ${key}`);
}

async function* streamChunks(
  source: ObjectSource,
  digest: RawDigest,
  location: RecipeLocation,
  depth: number,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(source, chunksOf(source, digest, location, depth))) {
    hash.update(chunk);
    yield chunk;
  }
  if (!sameDigest(hash.digest(), digest))
    throw objectDamaged(digest, `${source.remote.url}: the recipe of it`);
}

/** Read chunks in their order, each verified before it is yielded. @throws VarveError `object-missing`, `digest-mismatch` */
export async function* readChunks(
  source: ObjectSource,
  chunks: AsyncIterable<ChunkRef> | Iterable<ChunkRef>,
): AsyncGenerator<Uint8Array> {
  const runs = runsOf(placed(source, chunks));
  for await (const blobs of inOrder(runs, READ_AHEAD, (run) => readRun(source.remote, run))) {
    for (const { blob, bytes, isIntact } of blobs)
      yield isIntact ? bytes : await readElsewhere(source, blob.digest, blob.location);
  }
}

/** Find the places of chunks, in their order. @throws VarveError `object-missing`, `digest-mismatch` */
export async function* placed(
  source: ObjectSource,
  chunks: AsyncIterable<ChunkRef> | Iterable<ChunkRef>,
): AsyncGenerator<PlacedBlob> {
  for await (const { digest, length } of chunks) {
    const location = source.catalog.firstInPack(digest);
    if (location === undefined) throw objectUnavailable(digest, [source]);
    if (location.length !== length)
      throw objectDamaged(digest, `${source.remote.url}: pack ${location.pack}`);
    yield { digest, location };
  }
}
