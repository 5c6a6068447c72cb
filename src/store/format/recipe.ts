import { asBuffer } from '../../base/as-buffer.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { damaged } from '../errors.ts';
import { DIGEST_BYTES, type RawDigest } from './digest.ts';

/** One piece of a chunked object, in order. */
export interface ChunkRef {
  readonly digest: RawDigest;
  readonly length: number;
}

/** A recipe lists chunks, which are blobs of their own; a block list the blocks of a whole object, which are not. Their form is one. */
export type ListKind = 'recipe' | 'blocks';

const MAGIC: Readonly<Record<ListKind, Buffer>> = {
  recipe: Buffer.from('VARVRCPE'),
  blocks: Buffer.from('VARVBLKS'),
};
const VERSION = 1;
const HEADER = 56;
const ENTRY = DIGEST_BYTES + 4;
/** Whole objects are verified by blocks of so many bytes; the last may be shorter. */
export const BLOCK_BYTES = 1024 * 1024;
/** No writer makes larger chunks, so a reader takes them for damage. */
export const MAX_BLOB_BYTES = 8 * 1024 * 1024;

/** The recipe of a petabyte is itself cut into chunks four times; one that goes deeper, or round in circles, is hostile. */
export const MAX_RECIPE_DEPTH = 6;

/**
 * @param depth recipes that led to this one
 * @param where path or name of the recipe, for the message
 * @throws VarveError `recipe-damaged`
 */
export function checkRecipeDepth(depth: number, where: string): void {
  if (depth >= MAX_RECIPE_DEPTH)
    throw damaged('recipe-damaged', where, 'recipes lead to recipes without end');
}

/** The recipe or block list of an object as bytes: a header, then each chunk's digest and length. The format is in docs/design/store-format.md. */
export class RecipeBuilder {
  readonly #kind: ListKind;
  #bytes = Buffer.alloc(HEADER + 64 * ENTRY);
  #end = HEADER;
  #size = 0;

  constructor(kind: ListKind = 'recipe') {
    this.#kind = kind;
  }

  get chunks(): number {
    return (this.#end - HEADER) / ENTRY;
  }

  get size(): number {
    return this.#size;
  }

  add(digest: RawDigest, length: number): void {
    if (this.#end + ENTRY > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(digest, this.#end);
    this.#bytes.writeUInt32LE(length, this.#end + DIGEST_BYTES);
    this.#end += ENTRY;
    this.#size += length;
  }

  /** Write the header. @param object digest of the object that the chunks make up */
  finish(object: RawDigest): Uint8Array {
    MAGIC[this.#kind].copy(this.#bytes);
    this.#bytes.writeUInt32LE(VERSION, 8);
    this.#bytes.writeUInt32LE(this.chunks, 12);
    this.#bytes.set(object, 16);
    this.#bytes.writeBigUInt64LE(BigInt(this.#size), 48);
    return this.#bytes.subarray(0, this.#end);
  }
}

/** The beginning of a recipe: the object that it describes, and the first of its chunks. */
export interface RecipeBeginning {
  readonly digest: RawDigest;
  readonly size: number;
  readonly firstChunk: RawDigest;
  /** Whether the bytes are the whole recipe. */
  readonly isComplete: boolean;
}

/** Read the beginning of a recipe; undefined if the bytes are neither a recipe nor the beginning of one. */
export function recipeBeginning(bytes: Uint8Array): RecipeBeginning | undefined {
  const header = asBuffer(bytes);
  if (header.length < HEADER + ENTRY || !header.subarray(0, 8).equals(MAGIC.recipe)) return undefined;
  const length = HEADER + header.readUInt32LE(12) * ENTRY;
  if (header.readUInt32LE(8) !== VERSION || header.length > length) return undefined;
  return {
    digest: header.subarray(16, 48),
    size: Number(header.readBigUInt64LE(48)),
    firstChunk: header.subarray(HEADER, HEADER + DIGEST_BYTES),
    isComplete: header.length === length,
  };
}

/**
 * Read the chunks that a recipe names, or the blocks of a block list, in bounded memory.
 * @param object digest of the object that the recipe must describe
 * @param size bytes of that object
 * @param where name of the recipe, for messages
 * @throws VarveError `recipe-damaged` if it is not a recipe of this object and size
 */
export async function* readRecipe(
  bytes: AsyncIterable<Uint8Array>,
  object: RawDigest,
  size: number,
  where: string,
  kind: ListKind = 'recipe',
): AsyncGenerator<ChunkRef> {
  const queue = new ByteQueue();
  let left: number | undefined;
  let total = 0;
  for await (const piece of bytes) {
    queue.push(piece);
    if (left === undefined && queue.length >= HEADER)
      left = checkHeader(queue.take(HEADER), { object, size, where, kind });
    while (left !== undefined && left > 0 && queue.length >= ENTRY) {
      const chunk = chunkAt(queue.take(ENTRY), where);
      left -= 1;
      total += chunk.length;
      yield chunk;
    }
  }
  if (left !== 0 || queue.length > 0) throw damaged('recipe-damaged', where, 'its length is wrong');
  if (total !== size) throw damaged('recipe-damaged', where, `its chunks sum to ${total} bytes, not ${size}`);
}

interface ExpectedList {
  readonly object: RawDigest;
  readonly size: number;
  readonly where: string;
  readonly kind: ListKind;
}

function checkHeader(header: Buffer, { object, size, where, kind }: ExpectedList): number {
  if (!header.subarray(0, 8).equals(MAGIC[kind]))
    throw damaged('recipe-damaged', where, `it is not a ${kind === 'recipe' ? 'recipe' : 'block list'}`);
  if (header.readUInt32LE(8) !== VERSION) {
    throw damaged('recipe-damaged', where, `its version ${header.readUInt32LE(8)} is unknown to this varve`);
  }
  if (!header.subarray(16, 48).equals(object) || header.readBigUInt64LE(48) !== BigInt(size)) {
    throw damaged('recipe-damaged', where, 'it describes another object');
  }
  return header.readUInt32LE(12);
}

function chunkAt(entry: Buffer, where: string): ChunkRef {
  const length = entry.readUInt32LE(DIGEST_BYTES);
  if (length === 0 || length > MAX_BLOB_BYTES)
    throw damaged('recipe-damaged', where, `a chunk of ${length} bytes`);
  return { digest: entry.subarray(0, DIGEST_BYTES), length };
}
