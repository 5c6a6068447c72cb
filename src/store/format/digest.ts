/**
 * Formats of a store, byte for byte as docs/design/store-format.md lists them. They may not know where files lie, and take every byte for
 * hostile until it is checked.
 */

import { hash } from 'node:crypto';
import { asBuffer } from '../../base/as-buffer.ts';
import { VarveError } from '../../errors.ts';

/** A SHA-256 as pointers, manifests and messages write it: `sha256:` and lower-case hex. */
export type Digest = `sha256:${string}`;

/** A SHA-256 as indexes, packs and recipes hold it: its 32 bytes. */
export type RawDigest = Uint8Array;

export const DIGEST_BYTES = 32;
const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Check a digest. @param where names the file or field that held the text @throws VarveError `digest-invalid` */
export function parseDigest(text: unknown, where: string): Digest {
  if (typeof text === 'string' && PATTERN.test(text)) return text as Digest;
  throw new VarveError('digest-invalid', `${where}: not a digest: ${JSON.stringify(text)?.slice(0, 100)}`, {
    path: where,
    remedy: 'A digest reads `sha256:` and 64 lower-case hexadecimal digits. Restore this file from Git.',
  });
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hexDigestOf(bytes)}`;
}

export function hexDigestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

export function rawDigestOf(bytes: Uint8Array): RawDigest {
  return hash('sha256', bytes, 'buffer');
}

export function toRaw(digest: Digest): RawDigest {
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}

export function toHex(raw: RawDigest): string {
  return asBuffer(raw).toString('hex');
}

export function toDigest(raw: RawDigest): Digest {
  return `sha256:${toHex(raw)}`;
}

/** Take one of the digests that lie one behind another. */
export function digestAt(digests: Uint8Array, ordinal: number): RawDigest {
  return digests.subarray(ordinal * DIGEST_BYTES, (ordinal + 1) * DIGEST_BYTES);
}

/** Put the digests of blobs one behind another. */
export function joinDigests(blobs: readonly { readonly digest: RawDigest }[]): Uint8Array {
  const digests = new Uint8Array(blobs.length * DIGEST_BYTES);
  for (const [ordinal, { digest }] of blobs.entries()) digests.set(digest, ordinal * DIGEST_BYTES);
  return digests;
}

export function sameDigest(a: RawDigest, b: RawDigest): boolean {
  return compareDigests(a, 0, b, 0) === 0;
}

/** Byte order of the digests that begin at two positions: negative, zero or positive. */
export function compareDigests(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let index = 0; index < DIGEST_BYTES; index++) {
    const difference = a[atA + index]! - b[atB + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
