import { MAX_READS } from '../../base/ask-again.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import type { PackedLocation } from '../index/catalog.ts';

/** A wanted blob and its place. */
export interface PlacedBlob {
  readonly digest: RawDigest;
  readonly location: PackedLocation;
}

/** Blobs of one pack that one ranged read brings. */
export interface BlobRun<T extends PlacedBlob> {
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  readonly blobs: readonly T[];
}

/** So many bytes between two wanted blobs cost less to read than another request would. */
const MAX_GAP_BYTES = 128 * 1024;
export const MAX_RUN_BYTES = 4 * 1024 * 1024;
const DAMAGE: ReadonlySet<ErrorCode> = new Set(['object-missing', 'object-truncated']);

/**
 * Join blobs that follow each other in a pack, in the order given, into runs.
 * @param maxBytes of a run of several blobs: 4 MiB unless given
 */
export async function* runsOf<T extends PlacedBlob>(
  blobs: AsyncIterable<T> | Iterable<T>,
  maxBytes = MAX_RUN_BYTES,
): AsyncGenerator<BlobRun<T>> {
  let open: T[] = [];
  let start = 0;
  let end = 0;
  const close = (): BlobRun<T> => ({
    pack: open[0]!.location.pack,
    offset: start,
    length: end - start,
    blobs: open,
  });
  for await (const blob of blobs) {
    const { pack, offset, length } = blob.location;
    const joins =
      open.length > 0 &&
      open[0]!.location.pack === pack &&
      offset >= end &&
      offset - end <= MAX_GAP_BYTES &&
      offset + length - start <= maxBytes;
    if (!joins) {
      if (open.length > 0) yield close();
      open = [];
      start = offset;
    }
    open.push(blob);
    end = offset + length;
  }
  if (open.length > 0) yield close();
}

/** A blob that was read. */
export interface ReadBlob<T extends PlacedBlob> {
  readonly blob: T;
  readonly bytes: Uint8Array;
  /** Whether the bytes have the blob's digest. */
  readonly isIntact: boolean;
}

/** Read the blobs of a run. Bytes that came damaged are asked for again before they count as damaged. */
export async function readRun<T extends PlacedBlob>(remote: Remote, run: BlobRun<T>): Promise<ReadBlob<T>[]> {
  const bytes = await readRunBytes(remote, run);
  if (bytes === undefined) return checkedBlobs(run, new Uint8Array());
  return readDamagedAgain(remote, run, checkedBlobs(run, bytes));
}

/**
 * As {@link readRun}, with memory and a check of the caller's.
 * @param memory as long as the run
 * @param check tells for each blob in turn by 1 that it is intact, else by 0
 */
export async function checkedRun<T extends PlacedBlob>(
  remote: Remote,
  run: BlobRun<T>,
  memory: Uint8Array,
  check: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<ReadBlob<T>[]> {
  const bytes = await readRunBytes(remote, run, memory);
  if (bytes === undefined) return checkedBlobs(run, new Uint8Array());
  const intact = await check(bytes);
  return readDamagedAgain(
    remote,
    run,
    run.blobs.map((blob, at) => ({ blob, bytes: bytesOf(run, blob, bytes), isIntact: intact[at] === 1 })),
  );
}

/** Read a run again, up to the most reads that there may be, while blobs of it are damaged. */
async function readDamagedAgain<T extends PlacedBlob>(
  remote: Remote,
  run: BlobRun<T>,
  first: ReadBlob<T>[],
): Promise<ReadBlob<T>[]> {
  let read = first;
  for (let reads = 2; reads <= MAX_READS && !read.every(({ isIntact }) => isIntact); reads++) {
    const bytes = await readRunBytes(remote, run);
    if (bytes === undefined) break;
    const now = checkedBlobs(run, bytes);
    read = read.map((before, at) => (before.isIntact ? before : now[at]!));
  }
  return read;
}

function bytesOf({ offset }: BlobRun<PlacedBlob>, { location }: PlacedBlob, bytes: Uint8Array): Uint8Array {
  const start = location.offset - offset;
  return bytes.subarray(start, start + location.length);
}

function checkedBlobs<T extends PlacedBlob>(run: BlobRun<T>, bytes: Uint8Array): ReadBlob<T>[] {
  return run.blobs.map((blob) => {
    const own = bytesOf(run, blob, bytes);
    return { blob, bytes: own, isIntact: sameDigest(rawDigestOf(own), blob.digest) };
  });
}

/** Read a range; undefined if the pack is gone or cut short: then it is as good as damaged, and asking again is in vain. */
export async function readRunBytes(
  remote: Remote,
  { pack, offset, length }: BlobRun<PlacedBlob>,
  memory?: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (length === 0) return new Uint8Array();
  try {
    return await remote.read(packKey(pack), { offset, length }, memory);
  } catch (error) {
    if (error instanceof VarveError && DAMAGE.has(error.code)) return undefined;
    throw error;
  }
}
