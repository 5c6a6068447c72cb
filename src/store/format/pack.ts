import { createHash } from 'node:crypto';
import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';
import { damaged } from '../errors.ts';
import { DIGEST_BYTES, hexDigestOf, type RawDigest, rawDigestOf, sameDigest } from './digest.ts';

/** The content of a pack: bytes of files, or manifests, recipes and profiles, which lie apart so that fetching them alone is cheap. */
export type PackKind = 'data' | 'meta';

export interface PackEntry {
  readonly digest: RawDigest;
  readonly offset: number;
  readonly length: number;
}

export interface SealedPack {
  readonly name: string;
  readonly kind: PackKind;
  readonly bytes: Uint8Array;
}

const MAGIC = Buffer.from('VARVPACK');
const END_MAGIC = Buffer.from('VARVPEND');
/** Packs of version 1 are named by the SHA-256 of all their bytes. They are read, and not written any more. */
const [WHOLE_NAME, VERSION] = [1, 2];
const PACK_HEADER = 16;
const ENTRY = 40;
const FOOTER = 16;
/** No larger pack is written; packs of up to MAX_PACK_BYTES are read. */
export const PACK_CAPACITY = 16 * 1024 * 1024;
export const MAX_PACK_BYTES = 64 * 1024 * 1024;
const SALT_AT = 11;

/** Collects blobs into one pack. The format is in docs/design/store-format.md. */
export class PackBuilder {
  readonly kind: PackKind;
  readonly #buffer: Buffer;
  readonly #entries: PackEntry[] = [];
  #end = PACK_HEADER;

  /** @param buffer PACK_CAPACITY bytes, whose contents do not matter */
  constructor(kind: PackKind, buffer: Buffer) {
    this.kind = kind;
    this.#buffer = buffer;
    buffer.fill(0, 0, PACK_HEADER);
    MAGIC.copy(buffer);
    buffer.writeUInt16LE(VERSION, 8);
    buffer[10] = kind === 'data' ? 0 : 1;
  }

  get entries(): readonly PackEntry[] {
    return this.#entries;
  }

  /** Give the buffer back for another pack; only `entries` may be read after this. */
  release(): Buffer {
    return this.#buffer;
  }

  /** Whether a blob of so many bytes still fits. */
  fits(length: number): boolean {
    return this.#end + length + (this.#entries.length + 1) * ENTRY + FOOTER <= this.#buffer.length;
  }

  /** Copy the blob in; it must fit. */
  append(digest: RawDigest, bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#end);
    this.#entries.push({ digest, offset: this.#end, length: bytes.length });
    this.#end += bytes.length;
  }

  /**
   * Write the trailer and name the pack. Nothing can be appended after this.
   * @param salt five bytes that give the same blobs another name, if the first name may not be used again
   */
  seal(salt?: Uint8Array): SealedPack {
    if (salt !== undefined) this.#buffer.set(salt, SALT_AT);
    let at = this.#end;
    for (const entry of this.#entries) {
      this.#buffer.set(entry.digest, at);
      this.#buffer.writeUInt32LE(entry.length, at + DIGEST_BYTES);
      this.#buffer.writeUInt32LE(0, at + DIGEST_BYTES + 4);
      at += ENTRY;
    }
    this.#buffer.writeUInt32LE(this.#entries.length, at);
    this.#buffer.writeUInt32LE(this.#entries.length * ENTRY, at + 4);
    END_MAGIC.copy(this.#buffer, at + 8);
    const bytes = this.#buffer.subarray(0, at + FOOTER);
    return { name: nameOf(bytes, this.#end), kind: this.kind, bytes };
  }
}

/**
 * Make a pack anew whose header or list was damaged, from its blobs.
 * @param blobs all of them, verified, in their order
 * @param salt as its header may still have it
 * @returns undefined if these are not the blobs of the pack of that name
 */
export function rebuildPack(
  name: string,
  kind: PackKind,
  blobs: readonly { readonly digest: RawDigest; readonly bytes: Uint8Array }[],
  salt: Uint8Array,
): Uint8Array | undefined {
  for (const one of [undefined, salt]) {
    const builder = new PackBuilder(kind, Buffer.alloc(packSize(blobs.map(({ bytes }) => bytes))));
    for (const { digest, bytes } of blobs) builder.append(digest, bytes);
    const sealed = builder.seal(one);
    if (sealed.name === name) return sealed.bytes;
    const first = Buffer.from(sealed.bytes);
    first.writeUInt16LE(WHOLE_NAME, 8);
    if (hexDigestOf(first) === name) return first;
  }
  return undefined;
}

/** Read the salt of a pack from its header, which may be damaged. */
export function saltOf(pack: Uint8Array): Uint8Array {
  return pack.slice(SALT_AT, PACK_HEADER);
}

/** Tell how many bytes a pack of these blobs has, if it has no others. */
export function packSize(blobs: readonly { readonly length: number }[]): number {
  return blobs.reduce((sum, { length }) => sum + length + ENTRY, PACK_HEADER + FOOTER);
}

/** The name of a pack: the SHA-256 of what is not blobs, which has theirs. @param end of the last blob */
function nameOf(pack: Uint8Array, end: number): string {
  return createHash('sha256').update(pack.subarray(0, PACK_HEADER)).update(pack.subarray(end)).digest('hex');
}

/**
 * Tell whether a pack is what its name says, but for its blobs, which have digests of their own.
 * @param trailer of this pack
 */
export function hasName(pack: Uint8Array, trailer: PackTrailer, name: string): boolean {
  const { version, entries } = trailer;
  return name === (version === WHOLE_NAME ? hexDigestOf(pack) : nameOf(pack, endOf(entries)));
}

/** Tell whether a pack is what its name says, all of it. */
export function isIntact(pack: Uint8Array, name: string): boolean {
  try {
    const trailer = readTrailer(pack, name);
    return hasName(pack, trailer, name) && trailer.entries.every((entry) => isBlob(pack, entry));
  } catch (error) {
    if (error instanceof VarveError) return false;
    throw error;
  }
}

function isBlob(pack: Uint8Array, { digest, offset, length }: PackEntry): boolean {
  return sameDigest(rawDigestOf(pack.subarray(offset, offset + length)), digest);
}

function endOf(entries: readonly PackEntry[]): number {
  const last = entries.at(-1);
  return last === undefined ? PACK_HEADER : last.offset + last.length;
}

interface PackTrailer {
  readonly version: number;
  readonly kind: PackKind;
  readonly entries: PackEntry[];
}

/**
 * Read the trailer of a pack, which lists its blobs: an index can be made from it.
 * @param name of the pack, for messages
 * @throws VarveError `pack-damaged`
 */
export function readTrailer(pack: Uint8Array, name: string): PackTrailer {
  const bytes = asBuffer(pack);
  const fail = (what: string): never => {
    throw damaged('pack-damaged', packKey(name), what);
  };
  if (bytes.length < PACK_HEADER + FOOTER || !bytes.subarray(0, 8).equals(MAGIC)) fail('it is not a pack');
  const version = bytes.readUInt16LE(8);
  if (version < WHOLE_NAME || version > VERSION || bytes[10]! > 1)
    fail('its version is unknown to this varve');
  const footer = bytes.length - FOOTER;
  const count = bytes.readUInt32LE(footer);
  const start = footer - count * ENTRY;
  const marked =
    bytes.subarray(footer + 8).equals(END_MAGIC) && bytes.readUInt32LE(footer + 4) === count * ENTRY;
  if (!marked || start < PACK_HEADER) fail('its trailer is damaged');
  const entries: PackEntry[] = [];
  let offset = PACK_HEADER;
  for (let at = start; at < footer; at += ENTRY) {
    const length = bytes.readUInt32LE(at + DIGEST_BYTES);
    if (bytes.readUInt32LE(at + DIGEST_BYTES + 4) !== 0) fail('a blob has an unknown encoding');
    entries.push({ digest: bytes.subarray(at, at + DIGEST_BYTES), offset, length });
    offset += length;
  }
  if (offset !== start) fail('its blobs do not fill it');
  return { version, kind: bytes[10] === 0 ? 'data' : 'meta', entries };
}

/** @param name of the pack: a SHA-256 in hex */
export function packKey(name: string): string {
  return `packs/${name}.pack`;
}
