import { digestAt, rawDigestOf, sameDigest } from '../format/digest.ts';

/** Blobs in memory, to be checked against their digests. */
export interface BlobsToCheck {
  readonly bytes: Uint8Array;
  /** Where each blob begins and how long it is, in bytes, one pair after another. */
  readonly places: Uint32Array;
  /** SHA-256 of each blob in turn, 32 bytes. */
  readonly digests: Uint8Array;
}

/** @returns for each blob in turn 1 if it has its digest, else 0 */
export function checkBlobs({ bytes, places, digests }: BlobsToCheck): Uint8Array {
  return Uint8Array.from({ length: places.length / 2 }, (_, ordinal) => {
    const start = places[2 * ordinal]!;
    const own = bytes.subarray(start, start + places[2 * ordinal + 1]!);
    const digest = digestAt(digests, ordinal);
    return sameDigest(rawDigestOf(own), digest) ? 1 : 0;
  });
}
