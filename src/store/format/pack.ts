import { webcrypto } from 'node:crypto';
import { damaged } from '../errors.ts';
import { DIGEST_BYTES, hexDigestOf, type RawDigest, toHex } from './digest.ts';

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
const VERSION = 1;
const PACK_HEADER = 16;
const ENTRY = 40;
const FOOTER = 16;
/** No larger pack is written; packs of up to MAX_PACK_BYTES are read. */
export const PACK_CAPACITY = 16 * 1024 * 1024;
export const MAX_PACK_BYTES = 64 * 1024 * 1024;
const SALT_AT = 11;
/** Handing fewer bytes to another thread costs more than hashing them. */
const MIN_POOLED_BYTES = 1024 * 1024;

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
  async seal(salt?: Uint8Array): Promise<SealedPack> {
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
    return { name: await nameOf(bytes), kind: this.kind, bytes };
  }
}

/** Tell how many bytes a pack of these blobs has, if it has no others. */
export function packSize(blobs: readonly { readonly length: number }[]): number {
  return blobs.reduce((sum, { length }) => sum + length + ENTRY, PACK_HEADER + FOOTER);
}

/** Hash a pack on a thread of the pool, so that more can be collected meanwhile, or here if it is small. */
async function nameOf(bytes: Uint8Array): Promise<string> {
  if (bytes.length < MIN_POOLED_BYTES) return hexDigestOf(bytes);
  return toHex(new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes)));
}

/**
 * Read the trailer of a pack, which lists its blobs: an index can be made from it.
 * @param name of the pack, for messages
 * @throws VarveError `pack-damaged`
 */
export function readTrailer(pack: Uint8Array, name: string): { kind: PackKind; entries: PackEntry[] } {
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength);
  const fail = (what: string): never => {
    throw damaged('pack-damaged', packKey(name), what);
  };
  if (bytes.length < PACK_HEADER + FOOTER || !bytes.subarray(0, 8).equals(MAGIC)) fail('it is not a pack');
  if (bytes.readUInt16LE(8) !== VERSION || bytes[10]! > 1) fail('its version is unknown to this varve');
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
  return { kind: bytes[10] === 0 ? 'data' : 'meta', entries };
}

/** @param name SHA-256 of the pack in hex */
export function packKey(name: string): string {
  return `packs/${name}.pack`;
}
