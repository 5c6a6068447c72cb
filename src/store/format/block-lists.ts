import { asBuffer } from '../../base/as-buffer.ts';
import { damaged } from '../errors.ts';
import { compareDigests, DIGEST_BYTES, type Digest, type RawDigest, toDigest, toRaw } from './digest.ts';

const MAGIC = Buffer.from('VARVTREE');
const VERSION = 1;
const HEADER = 16;
const ENTRY = 2 * DIGEST_BYTES;
/** Of eight million large files; a reader takes a longer one for hostile. */
export const MAX_BLOCK_LISTS_BYTES = 512 * 1024 * 1024;

/** Tells by which list of blocks an object is verified. */
export interface BlockLists {
  /** Name the recipe or block list of an object; undefined if none is known. */
  of(object: RawDigest): RawDigest | undefined;
}

export const NO_BLOCK_LISTS: BlockLists = { of: () => undefined };

/**
 * Encode which recipe or block list each large file of a directory has. The format is in docs/design/store-format.md.
 * @param lists digests of recipes and block lists by the digests of their objects
 */
export function encodeBlockLists(lists: ReadonlyMap<Digest, Digest>): Uint8Array {
  const bytes = Buffer.alloc(HEADER + lists.size * ENTRY);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(lists.size, 12);
  let at = HEADER;
  for (const object of [...lists.keys()].sort()) {
    bytes.set(toRaw(object), at);
    bytes.set(toRaw(lists.get(object)!), at + DIGEST_BYTES);
    at += ENTRY;
  }
  return bytes;
}

/**
 * Read what {@link encodeBlockLists} wrote; it is searched as it is.
 * @param where name of the object, for messages
 * @throws VarveError `recipe-damaged`
 */
export function parseBlockLists(bytes: Uint8Array, where: string): BlockLists {
  const view = asBuffer(bytes);
  const fail = (what: string): never => {
    throw damaged('recipe-damaged', where, what);
  };
  if (view.length < HEADER || !view.subarray(0, 8).equals(MAGIC)) fail('it is not a list of block lists');
  if (view.readUInt32LE(8) !== VERSION) fail(`its version ${view.readUInt32LE(8)} is unknown to this varve`);
  const count = view.readUInt32LE(12);
  if (view.length !== HEADER + count * ENTRY) fail('its length is wrong');
  for (let at = HEADER + ENTRY; at < view.length; at += ENTRY)
    if (compareDigests(view, at - ENTRY, view, at) >= 0) fail('it is not sorted');
  return { of: (object) => search(view, count, object) };
}

/** Tell of one object alone. */
export function singleBlockList(object: RawDigest, list: RawDigest): BlockLists {
  return { of: (wanted) => (compareDigests(wanted, 0, object, 0) === 0 ? list : undefined) };
}

function search(view: Buffer, count: number, object: RawDigest): RawDigest | undefined {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = HEADER + middle * ENTRY;
    const order = compareDigests(view, at, object, 0);
    if (order === 0) return view.subarray(at + DIGEST_BYTES, at + ENTRY);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

/** Write the list as pointers do. @param lists of a dataset, as its pointer pins them */
export function blockListOf(lists: BlockLists, object: Digest): Digest | undefined {
  const list = lists.of(toRaw(object));
  return list && toDigest(list);
}
