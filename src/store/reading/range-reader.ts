import { createHash } from 'node:crypto';
import { askAgain } from '../../base/ask-again.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { ByteRange } from '../../remote/remote.ts';
import { objectDamaged, objectUnavailable } from '../errors.ts';
import {
  DIGEST_BYTES,
  digestAt,
  type RawDigest,
  rawDigestOf,
  sameDigest,
  toDigest,
  toHex,
} from '../format/digest.ts';
import { BLOCK_BYTES, type ChunkRef, readRecipe } from '../format/recipe.ts';
import type { RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import { chunksOf, isEmptyObject, type ObjectSource, readChunks, streamObject } from './object-reader.ts';

/** Lists of blocks that are kept for the next range take so many bytes at most, at 40 bytes a block. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const KEPT_BYTES_A_BLOCK = DIGEST_BYTES + Float64Array.BYTES_PER_ELEMENT;
/** Blocks of a whole object that one request brings: 4 MiB. */
const MAX_BLOCKS_A_READ = 4;
const READ_AHEAD = 4;

/** An object whose blocks are known to make it up: what each range of it is verified by. */
interface VerifiedObject {
  readonly location: RecipeLocation | WholeObjectLocation;
  /** The blocks; undefined if they are too many to be kept, and are read from the recipe each time. */
  readonly blocks: BlockList | undefined;
}

/**
 * Reads ranges of objects, each verified before it is yielded. What a range is verified by is a list of the object's blocks. One that
 * the caller has from Git is believed; otherwise, the first range costs a reading of the whole object, and those after it do not.
 */
export class RangeReader {
  /** By hex of the digest. What was used last comes last. */
  readonly #objects = new Map<string, Promise<VerifiedObject>>();
  #keptBytes = 0;

  /**
   * Read a range of an object; of what lies beyond its end, nothing.
   * @param list digest of the object's recipe or block list, from where only those write who may name the object itself
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *read(
    source: ObjectSource,
    digest: RawDigest,
    range: ByteRange,
    list?: RawDigest,
  ): AsyncGenerator<Uint8Array> {
    if (isEmptyObject(digest) || range.length <= 0) return;
    const location = source.catalog.first(digest);
    if (location === undefined) throw objectUnavailable(digest, [source]);
    if (location.at === 'pack') {
      for await (const bytes of streamObject(source, digest)) yield* partsIn(range, 0, bytes);
      return;
    }
    try {
      yield* readRange(source, digest, await this.#verified(source, digest, list), range);
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /** Forget what lies where: the index may say something else by now. */
  clear(): void {
    this.#objects.clear();
    this.#keptBytes = 0;
  }

  #verified(source: ObjectSource, digest: RawDigest, list: RawDigest | undefined): Promise<VerifiedObject> {
    const key = toHex(digest);
    const known = this.#objects.get(key) ?? this.#verify(source, digest, list);
    this.#objects.delete(key);
    this.#objects.set(key, known);
    return known;
  }

  async #verify(
    source: ObjectSource,
    digest: RawDigest,
    list: RawDigest | undefined,
  ): Promise<VerifiedObject> {
    const verified = await verifiedObject(source, digest, list);
    this.#keptBytes += verified.blocks?.keptBytes ?? 0;
    if (this.#keptBytes > MAX_KEPT_BYTES) {
      this.clear();
      this.#objects.set(toHex(digest), Promise.resolve(verified));
      this.#keptBytes = verified.blocks?.keptBytes ?? 0;
    }
    return verified;
  }
}

async function verifiedObject(
  source: ObjectSource,
  digest: RawDigest,
  list: RawDigest | undefined,
): Promise<VerifiedObject> {
  const location = source.catalog.first(digest) as RecipeLocation | WholeObjectLocation;
  if (location.at === 'whole') {
    const listed = list && (await listedBlocks(source, digest, list, location.size));
    return { location, blocks: listed ?? (await blocksOfWhole(source, digest)) };
  }
  const named = list && recipeNamed(source, digest, list);
  // Read to its end, it is what its name says, and so are the chunks of its recipe.
  if (named === undefined) for await (const _bytes of streamObject(source, digest));
  const recipe = named ?? location;
  const blocks = new BlockList();
  for await (const chunk of chunksOf(source, digest, recipe)) {
    if (blocks.keptBytes >= MAX_KEPT_BYTES) return { location: recipe, blocks: undefined };
    blocks.add(chunk.digest, chunk.length);
  }
  return { location: recipe, blocks };
}

/** Find the place of the object by the recipe of this digest. */
export function recipeNamed(
  { catalog }: ObjectSource,
  digest: RawDigest,
  recipe: RawDigest,
): RecipeLocation | undefined {
  for (const location of catalog.locations(digest))
    if (location.at === 'recipe' && sameDigest(location.recipe, recipe)) return location;
  return undefined;
}

/** Read the blocks that a block list names for the whole object `digest`. @throws VarveError `recipe-damaged`, and as {@link streamObject} */
export function blocksListed(
  source: ObjectSource,
  digest: RawDigest,
  list: RawDigest,
  size: number,
): AsyncGenerator<ChunkRef> {
  return readRecipe(streamObject(source, list), digest, size, `block list ${toDigest(list)}`, 'blocks');
}

/** Read a block list; undefined if it cannot be had: then the object itself tells, at the cost of reading it. */
async function listedBlocks(
  source: ObjectSource,
  digest: RawDigest,
  list: RawDigest,
  size: number,
): Promise<BlockList | undefined> {
  const blocks = new BlockList();
  try {
    for await (const block of blocksListed(source, digest, list, size))
      blocks.add(block.digest, block.length);
    return blocks;
  } catch (error) {
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}

/** Take the digests of a whole object's blocks while all of it is verified. */
async function blocksOfWhole(source: ObjectSource, digest: RawDigest): Promise<BlockList> {
  const blocks = new BlockList();
  let hash = createHash('sha256');
  let length = 0;
  const close = (): void => {
    blocks.add(hash.digest(), length);
    hash = createHash('sha256');
    length = 0;
  };
  for await (const bytes of streamObject(source, digest)) {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - length);
      hash.update(part);
      length += part.length;
      at += part.length;
      if (length === BLOCK_BYTES) close();
    }
  }
  if (length > 0) close();
  return blocks;
}

async function* readRange(
  source: ObjectSource,
  digest: RawDigest,
  { location, blocks }: VerifiedObject,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  let first: number | undefined;
  const within = async function* (): AsyncGenerator<PlacedBlock> {
    const all =
      blocks?.from(range.offset) ?? withStarts(chunksOf(source, digest, location as RecipeLocation));
    for await (const block of all) {
      if (block.start >= range.offset + range.length) return;
      if (block.start + block.length <= range.offset) continue;
      first ??= block.start;
      yield block;
    }
  };
  const pieces =
    location.at === 'recipe' ? readChunks(source, within()) : readBlocks(source, digest, location, within());
  let start: number | undefined;
  for await (const bytes of pieces) {
    start ??= first!;
    yield* partsIn(range, start, bytes);
    start += bytes.length;
  }
}

/** The part of `bytes`, which begin at `start` of the object, that lies in the range. */
function* partsIn({ offset, length }: ByteRange, start: number, bytes: Uint8Array): Generator<Uint8Array> {
  const part = bytes.subarray(Math.max(0, offset - start), Math.max(0, offset + length - start));
  if (part.length > 0) yield part;
}

async function* readBlocks(
  source: ObjectSource,
  digest: RawDigest,
  location: WholeObjectLocation,
  blocks: AsyncIterable<PlacedBlock>,
): AsyncGenerator<Uint8Array> {
  yield* inOrder(grouped(blocks), READ_AHEAD, (group) => readGroup(source, digest, location, group));
}

async function* grouped(blocks: AsyncIterable<PlacedBlock>): AsyncGenerator<PlacedBlock[]> {
  let group: PlacedBlock[] = [];
  for await (const block of blocks) {
    group.push(block);
    if (group.length < MAX_BLOCKS_A_READ) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Read blocks of a whole object that lie side by side, and verify each. @throws VarveError `digest-mismatch` */
async function readGroup(
  { remote, catalog }: ObjectSource,
  digest: RawDigest,
  location: WholeObjectLocation,
  group: readonly PlacedBlock[],
): Promise<Uint8Array> {
  const offset = group[0]!.start;
  const length = group.reduce((sum, block) => sum + block.length, 0);
  try {
    return await askAgain(async () => {
      const bytes = await remote.read(location.key, { offset, length });
      for (const block of group) {
        const own = bytes.subarray(block.start - offset, block.start - offset + block.length);
        if (!sameDigest(rawDigestOf(own), block.digest))
          throw objectDamaged(digest, `${remote.url}: ${location.key}`);
      }
      return bytes;
    });
  } catch (error) {
    if (error instanceof VarveError && error.code === 'digest-mismatch') catalog.markDamaged(location);
    throw error;
  }
}

/** A block, and where in its object it begins. */
interface PlacedBlock extends ChunkRef {
  readonly start: number;
}

async function* withStarts(chunks: AsyncIterable<ChunkRef>): AsyncGenerator<PlacedBlock> {
  let start = 0;
  for await (const chunk of chunks) {
    yield { ...chunk, start };
    start += chunk.length;
  }
}

/** The blocks of one object in memory, in a few bytes each. */
class BlockList {
  #digests = Buffer.alloc(64 * DIGEST_BYTES);
  /** Where each block ends. */
  #ends = new Float64Array(64);
  #count = 0;

  get keptBytes(): number {
    return this.#count * KEPT_BYTES_A_BLOCK;
  }

  add(digest: RawDigest, length: number): void {
    if (this.#count === this.#ends.length) this.#grow();
    this.#digests.set(digest, this.#count * DIGEST_BYTES);
    this.#ends[this.#count] = this.#startOf(this.#count) + length;
    this.#count += 1;
  }

  /** Yield the block that holds the byte at `offset`, and all after it. */
  *from(offset: number): Generator<PlacedBlock> {
    for (let block = this.#holding(offset); block < this.#count; block++) {
      const start = this.#startOf(block);
      yield {
        digest: digestAt(this.#digests, block),
        length: this.#ends[block]! - start,
        start,
      };
    }
  }

  #startOf(block: number): number {
    return block === 0 ? 0 : this.#ends[block - 1]!;
  }

  #holding(offset: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(): void {
    const digests = Buffer.alloc(this.#digests.length * 2);
    digests.set(this.#digests);
    this.#digests = digests;
    const ends = new Float64Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
  }
}
