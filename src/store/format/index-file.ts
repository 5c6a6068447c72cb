import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';
import { damaged } from '../errors.ts';
import { compareDigests, DIGEST_BYTES, hexDigestOf, type RawDigest, toHex } from './digest.ts';
import { MAX_PACK_BYTES, type PackKind } from './pack.ts';
import { MAX_BLOB_BYTES } from './recipe.ts';

/** The content of an index file, in the order in which the file holds it: every list but `packs` is sorted by digest. */
export interface IndexContent {
  readonly packs: readonly IndexedPack[];
  readonly blobs: readonly IndexedBlob[];
  readonly wholeObjects: readonly IndexedWholeObject[];
  readonly recipes: readonly IndexedRecipe[];
}
export interface IndexedPack {
  readonly name: string;
  readonly size: number;
  readonly kind: PackKind;
}
/** Bytes in a pack; `pack` is its ordinal in `packs`. */
export interface IndexedBlob {
  readonly digest: RawDigest;
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
}
/** An object in a file of its own. `generation` is 0 unless an earlier file of this object waited for deletion. */
export interface IndexedWholeObject {
  readonly digest: RawDigest;
  readonly size: number;
  readonly generation: number;
}
/** An object cut into chunks, which the object `recipe` lists. */
export interface IndexedRecipe {
  readonly digest: RawDigest;
  readonly recipe: RawDigest;
  readonly size: number;
}

const MAGIC = Buffer.from('VARVEIDX');
/**
 * The versions have one layout. Version 2 says that packs may be named by their list, which a varve that knows version 1 alone would call
 * damaged: it refuses such an index, and so does nothing to the store.
 */
const [VERSION, FIRST_VERSION] = [2, 1];
const HEADER = 32;
const PACK = 40;
const BLOB = 44;
const WHOLE = 44;
const RECIPE = 72;

/** Encode an index file. The lists need not be sorted yet. Format: docs/design/store-format.md */
export function encodeIndex(content: IndexContent): Buffer {
  const { packs, blobs, wholeObjects, recipes } = content;
  const size =
    HEADER +
    packs.length * PACK +
    blobs.length * BLOB +
    wholeObjects.length * WHOLE +
    recipes.length * RECIPE;
  const bytes = Buffer.alloc(size);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  [packs.length, blobs.length, wholeObjects.length, recipes.length].forEach((count, at) => {
    bytes.writeUInt32LE(count, 12 + at * 4);
  });
  let at = HEADER;
  for (const pack of packs) {
    bytes.write(pack.name, at, 'hex');
    bytes.writeUInt32LE(pack.size, at + 32);
    bytes.writeUInt32LE(pack.kind === 'data' ? 0 : 1, at + 36);
    at += PACK;
  }
  for (const blob of sorted(blobs)) {
    bytes.set(blob.digest, at);
    bytes.writeUInt32LE(blob.pack, at + 32);
    bytes.writeUInt32LE(blob.offset, at + 36);
    bytes.writeUInt32LE(blob.length, at + 40);
    at += BLOB;
  }
  for (const whole of sorted(wholeObjects)) {
    bytes.set(whole.digest, at);
    writeSize(bytes, whole.size, at + 32);
    bytes.writeUInt32LE(whole.generation, at + 40);
    at += WHOLE;
  }
  for (const recipe of sorted(recipes)) {
    bytes.set(recipe.digest, at);
    bytes.set(recipe.recipe, at + 32);
    writeSize(bytes, recipe.size, at + 64);
    at += RECIPE;
  }
  return bytes;
}

function sorted<T extends { readonly digest: RawDigest }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => compareDigests(a.digest, 0, b.digest, 0));
}

/** Sizes fit 53 bits: JavaScript's safe integers. */
function writeSize(bytes: Buffer, size: number, at: number): void {
  bytes.writeUInt32LE(size % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(size / 2 ** 32), at + 4);
}

/** An index file in memory, searched as it is: no JavaScript object is made for an entry before it is asked for. */
export class IndexFile {
  /** SHA-256 of the file, in hex: its name. */
  readonly name: string;
  readonly packs: readonly IndexedPack[];
  readonly #bytes: Buffer;
  readonly #blobs: Table;
  readonly #wholeObjects: Table;
  readonly #recipes: Table;

  /**
   * Check an index file that may come from anyone.
   * @param name SHA-256 of the file in hex
   * @throws VarveError `index-damaged`, `index-too-new`
   */
  static parse(bytes: Uint8Array, name: string): IndexFile {
    if (hexDigestOf(bytes) !== name)
      throw damaged('index-damaged', indexKey(name), 'its bytes do not match its name');
    return new IndexFile(asBuffer(bytes), name);
  }

  private constructor(bytes: Buffer, name: string) {
    this.name = name;
    this.#bytes = bytes;
    const fail = (what: string): never => {
      throw damaged('index-damaged', indexKey(name), what);
    };
    if (bytes.length < HEADER || !bytes.subarray(0, 8).equals(MAGIC)) fail('it is not an index');
    const version = bytes.readUInt32LE(8);
    if (version > VERSION) throw tooNew(name, version);
    if (version < FIRST_VERSION) fail('it has no version');
    const [packs, blobs, wholeObjects, recipes] = [12, 16, 20, 24].map((at) => bytes.readUInt32LE(at)) as [
      number,
      number,
      number,
      number,
    ];
    this.#blobs = { at: HEADER + packs * PACK, count: blobs, entry: BLOB };
    this.#wholeObjects = { at: endOf(this.#blobs), count: wholeObjects, entry: WHOLE };
    this.#recipes = { at: endOf(this.#wholeObjects), count: recipes, entry: RECIPE };
    if (endOf(this.#recipes) !== bytes.length) fail('its length is wrong');
    this.packs = Array.from({ length: packs }, (_, at) => this.#packAt(at, fail));
    for (const table of [this.#blobs, this.#wholeObjects, this.#recipes]) {
      if (!isSorted(bytes, table)) fail('it is not sorted');
    }
    for (let at = 0; at < blobs; at++) this.#checkBlob(at, fail);
  }

  /** The bytes of the file. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  get blobCount(): number {
    return this.#blobs.count;
  }

  *blobs(digest: RawDigest): Generator<IndexedBlob> {
    for (const at of matches(this.#bytes, this.#blobs, digest)) yield this.#blobAt(at);
  }

  *wholeObjects(digest: RawDigest): Generator<IndexedWholeObject> {
    for (const at of matches(this.#bytes, this.#wholeObjects, digest)) yield this.#wholeObjectAt(at);
  }

  *recipes(digest: RawDigest): Generator<IndexedRecipe> {
    for (const at of matches(this.#bytes, this.#recipes, digest)) yield this.#recipeAt(at);
  }

  /** List each pack with the blobs in it, by offset. */
  *byPack(): Generator<{ pack: IndexedPack; blobs: IndexedBlob[] }> {
    const ordinals = Uint32Array.from({ length: this.#blobs.count }, (_, at) => at);
    const packAndOffset = (ordinal: number): number => {
      const at = this.#blobs.at + ordinal * BLOB + DIGEST_BYTES;
      return this.#bytes.readUInt32LE(at) * 2 ** 27 + this.#bytes.readUInt32LE(at + 4);
    };
    const keys = Float64Array.from(ordinals, packAndOffset);
    ordinals.sort((a, b) => keys[a]! - keys[b]!);
    let next = 0;
    for (const [ordinal, pack] of this.packs.entries()) {
      const blobs: IndexedBlob[] = [];
      for (; next < ordinals.length; next++) {
        const blob = this.#blobAt(ordinals[next]!);
        if (blob.pack !== ordinal) break;
        blobs.push(blob);
      }
      yield { pack, blobs };
    }
  }

  *allBlobs(): Generator<IndexedBlob> {
    for (let at = 0; at < this.#blobs.count; at++) yield this.#blobAt(at);
  }

  *allWholeObjects(): Generator<IndexedWholeObject> {
    for (let at = 0; at < this.#wholeObjects.count; at++) yield this.#wholeObjectAt(at);
  }

  *allRecipes(): Generator<IndexedRecipe> {
    for (let at = 0; at < this.#recipes.count; at++) yield this.#recipeAt(at);
  }

  #packAt(ordinal: number, fail: (what: string) => never): IndexedPack {
    const at = HEADER + ordinal * PACK;
    const size = this.#bytes.readUInt32LE(at + 32);
    const kind = this.#bytes.readUInt32LE(at + 36);
    if (size > MAX_PACK_BYTES || kind > 1) fail('a pack is not of this format');
    return { name: toHex(this.#bytes.subarray(at, at + 32)), size, kind: kind === 0 ? 'data' : 'meta' };
  }

  #blobAt(ordinal: number): IndexedBlob {
    const at = this.#blobs.at + ordinal * BLOB;
    return {
      digest: this.#bytes.subarray(at, at + DIGEST_BYTES),
      pack: this.#bytes.readUInt32LE(at + 32),
      offset: this.#bytes.readUInt32LE(at + 36),
      length: this.#bytes.readUInt32LE(at + 40),
    };
  }

  #checkBlob(ordinal: number, fail: (what: string) => never): void {
    const at = this.#blobs.at + ordinal * BLOB;
    const pack = this.packs[this.#bytes.readUInt32LE(at + 32)];
    const length = this.#bytes.readUInt32LE(at + 40);
    if (
      pack === undefined ||
      length > MAX_BLOB_BYTES ||
      this.#bytes.readUInt32LE(at + 36) + length > pack.size
    ) {
      fail('a blob lies outside its pack');
    }
  }

  #wholeObjectAt(ordinal: number): IndexedWholeObject {
    const at = this.#wholeObjects.at + ordinal * WHOLE;
    return {
      digest: this.#bytes.subarray(at, at + DIGEST_BYTES),
      size: readSize(this.#bytes, at + 32),
      generation: this.#bytes.readUInt32LE(at + 40),
    };
  }

  #recipeAt(ordinal: number): IndexedRecipe {
    const at = this.#recipes.at + ordinal * RECIPE;
    return {
      digest: this.#bytes.subarray(at, at + DIGEST_BYTES),
      recipe: this.#bytes.subarray(at + 32, at + 32 + DIGEST_BYTES),
      size: readSize(this.#bytes, at + 64),
    };
  }
}

/** A table of fixed-width entries that begin with a digest. */
interface Table {
  readonly at: number;
  readonly count: number;
  readonly entry: number;
}

function endOf(table: Table): number {
  return table.at + table.count * table.entry;
}

function readSize(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

function isSorted(bytes: Buffer, table: Table): boolean {
  for (let at = table.at + table.entry; at < endOf(table); at += table.entry) {
    if (compareDigests(bytes, at - table.entry, bytes, at) > 0) return false;
  }
  return true;
}

/** Find the ordinals of the entries with this digest, by binary search. */
function* matches(bytes: Buffer, table: Table, digest: RawDigest): Generator<number> {
  let low = 0;
  let high = table.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareDigests(bytes, table.at + middle * table.entry, digest, 0) < 0) low = middle + 1;
    else high = middle;
  }
  for (; low < table.count && compareDigests(bytes, table.at + low * table.entry, digest, 0) === 0; low++)
    yield low;
}

function tooNew(name: string, version: number): VarveError {
  const key = indexKey(name);
  return new VarveError('index-too-new', `${key} was written by a newer varve (version ${version})`, {
    path: key,
    remedy: 'Upgrade varve on this machine: this one cannot tell what that store holds.',
  });
}

/** @param name SHA-256 of the index file in hex */
export function indexKey(name: string): string {
  return `index/${name}.idx`;
}
