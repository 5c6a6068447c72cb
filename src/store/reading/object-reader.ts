import { createHash } from 'node:crypto';
import { askAgain } from '../../base/ask-again.ts';
import { inOrder } from '../../base/concurrency.ts';
import type { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { damaged, objectDamaged, objectMissing } from '../errors.ts';
import { type RawDigest, rawDigestOf, sameDigest, toDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import { type ChunkRef, readRecipe } from '../format/recipe.ts';
import type { Catalog, PackedLocation, RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import { type PlacedBlob, readRun, runsOf } from './pack-reader.ts';

/** Where objects are read from. */
export interface ObjectSource {
  readonly remote: Remote;
  readonly catalog: Catalog;
  /** Where whole copies of damaged blobs come from, if from anywhere. */
  readonly repair?: ((digest: RawDigest) => Promise<Uint8Array | undefined>) | undefined;
}

/** Runs of chunks that are read ahead of the one that is wanted next. */
const READ_AHEAD = 4;
/** The recipe of a petabyte is chunked four times; one that goes deeper, or round in circles, is hostile. */
const MAX_RECIPE_DEPTH = 6;
const EMPTY = rawDigestOf(new Uint8Array());

export function isEmptyObject(digest: RawDigest): boolean {
  return sameDigest(digest, EMPTY);
}

/**
 * The bytes of an object. Those in packs are verified before they are yielded, chunk by chunk; those of a whole object
 * are verified when its last byte has passed, so a consumer must not give them their name before this ends.
 * @throws VarveError `object-missing`, `digest-mismatch`, `damaged-recipe`
 */
export async function* streamObject(
  source: ObjectSource,
  digest: RawDigest,
  depth = 0,
): AsyncGenerator<Uint8Array> {
  if (isEmptyObject(digest)) return;
  const location = source.catalog.first(digest);
  if (location === undefined) throw objectMissing(toDigest(digest), source.remote.url);
  if (location.at === 'pack') yield await readBlob(source, digest, location);
  else if (location.at === 'whole') yield* streamWholeObject(source, digest, location);
  else yield* streamChunks(source, digest, location, depth);
}

/** The chunks that the recipe at `location` lists. */
export function chunksOf(
  source: ObjectSource,
  digest: RawDigest,
  location: RecipeLocation,
  depth = 0,
): AsyncGenerator<ChunkRef> {
  const where = `recipe ${toDigest(location.recipe)}`;
  if (depth >= MAX_RECIPE_DEPTH)
    throw damaged('damaged-recipe', where, 'recipes lead to recipes without end');
  return readRecipe(streamObject(source, location.recipe, depth + 1), digest, location.size, where);
}

/** One blob, verified. */
async function readBlob(
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

/** The blob was damaged at `location`: another place of it is tried, then the store that mends this one. */
async function readElsewhere(
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
  // What has been yielded cannot be taken back. Where only the way was at fault, whoever can begins anew.
  await checkWholeObject(remote, digest, location.key).catch((error: unknown) => {
    catalog.markDamaged(location);
    throw error;
  });
  throw wholeObjectMismatch(remote, digest, location.key);
}

/**
 * Reads a whole object to its end, again where it came damaged.
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
  const runs = runsOf(placed(source, chunksOf(source, digest, location, depth)));
  for await (const blobs of inOrder(runs, READ_AHEAD, (run) => readRun(source.remote, run))) {
    for (const { blob, bytes, isIntact } of blobs) {
      const whole = isIntact ? bytes : await readElsewhere(source, blob.digest, blob.location);
      hash.update(whole);
      yield whole;
    }
  }
  if (!sameDigest(hash.digest(), digest))
    throw objectDamaged(digest, `${source.remote.url}: the recipe of it`);
}

async function* placed(source: ObjectSource, chunks: AsyncIterable<ChunkRef>): AsyncGenerator<PlacedBlob> {
  for await (const { digest, length } of chunks) {
    const location = source.catalog.firstInPack(digest);
    if (location === undefined) throw objectMissing(toDigest(digest), source.remote.url);
    if (location.length !== length)
      throw objectDamaged(digest, `${source.remote.url}: pack ${location.pack}`);
    yield { digest, location };
  }
}
