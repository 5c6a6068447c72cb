import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { READ_FLAGS } from '../../base/files/plain-file.ts';
import { systemError } from '../../base/files/system-errors.ts';
import type { ByteRange } from '../../remote/remote.ts';
import { objectDamaged, objectUnavailable } from '../errors.ts';
import { digestAt, type RawDigest, rawDigestOf, sameDigest, toDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import type { ChunkRef } from '../format/recipe.ts';
import type { PackedLocation, RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import type { LocalPacks } from './local-packs.ts';
import {
  chunksOf,
  isEmptyObject,
  type ObjectSource,
  placed,
  readBlob,
  readElsewhere,
} from './object-reader.ts';
import { type BlobRun, type PlacedBlob, runsOf } from './pack-reader.ts';
import { type FileSlice, type ReadSlice, readAhead } from './read-ahead.ts';

/** What is known of files and recipes is forgotten, oldest first, beyond so many. */
const MAX_KNOWN = 100_000;
/** Memory for the lists of chunks of objects that were read last. */
const MAX_CHUNK_LIST_BYTES = 32 * 1024 * 1024;

/** The chunks of an object, to be found by where they lie in it. */
interface ChunkList {
  /** Raw digests, one after another. */
  readonly digests: Buffer;
  /** Where each chunk begins, and at last where the object ends. */
  readonly offsets: Float64Array;
}

/**
 * Reads any part of any object of a local store, verified, in pieces as small as the caller asks. It remembers what it has verified: of a
 * whole object, for as long as its file is the same by size, times and inode; of one in chunks, for as long as its packs are.
 */
export class VerifiedReader {
  readonly #source: () => ObjectSource;
  readonly #packs: LocalPacks;
  /** Whole objects by key, with the state of the file that was verified. */
  readonly #files = new LRUCache<string, string>({ max: MAX_KNOWN });
  /** Recipes whose chunks, joined, have the digest of the object (`<object> <recipe>`), with the states of the packs that were verified. */
  readonly #recipes = new LRUCache<string, PackStates>({ max: MAX_KNOWN });
  readonly #lists = new LRUCache<string, ChunkList>({
    maxSize: MAX_CHUNK_LIST_BYTES,
    sizeCalculation: ({ digests, offsets }) => digests.length + offsets.byteLength,
  });
  /** Verifications that run. Who asks meanwhile waits for the same one. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(source: () => ObjectSource, packs: LocalPacks) {
    this.#source = source;
    this.#packs = packs;
  }

  /**
   * Read `range` of an object in pieces of about `pieceBytes`, each of which stays as it is until the next one is asked for. A part is verified before any of it is yielded. Of an object that is read
   * from its first byte to its last and was not verified yet, the last piece is held back until all of it is.
   * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`
   */
  async *read(
    digest: RawDigest,
    range: ByteRange | undefined,
    pieceBytes: number,
  ): AsyncGenerator<Uint8Array> {
    if (isEmptyObject(digest)) return;
    const source = this.#source();
    const location = source.catalog.first(digest);
    if (location === undefined) throw objectUnavailable(digest, [source]);
    if (location.at === 'pack') yield await this.#blob(source, digest, location, range);
    else if (location.at === 'whole') yield* this.#whole(source, digest, location, range, pieceBytes);
    else yield* this.#chunks(source, digest, location, range, pieceBytes);
  }

  async #blob(
    source: ObjectSource,
    digest: RawDigest,
    location: PackedLocation,
    range?: ByteRange,
  ): Promise<Uint8Array> {
    const bytes = this.#packs.read(location, digest) ?? (await readBlob(source, digest, location));
    return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
  }

  async *#whole(
    source: ObjectSource,
    digest: RawDigest,
    { key, size }: WholeObjectLocation,
    range: ByteRange = { offset: 0, length: size },
    pieceBytes: number,
  ): AsyncGenerator<Uint8Array> {
    const path = source.remote.localPath!(key);
    const damaged = (): Error => objectDamaged(digest, `${source.remote.url}: ${key}`);
    const file = await open(path, READ_FLAGS).catch((error: unknown) => {
      throw systemError(error, 'read', path, 'store');
    });
    try {
      const stats = await file.stat({ bigint: true });
      if (stats.size !== BigInt(size)) throw damaged();
      const state = stateOf(stats);
      if (this.#files.get(key) === state) {
        yield* piecesOf(file, range, pieceBytes);
        return;
      }
      if (range.length === size) yield* verifiedAtEnd(piecesOf(file, range, pieceBytes), digest, damaged);
      else {
        await this.#once(`${key} ${state}`, async () => {
          for await (const _ of verifiedAtEnd(
            piecesOf(file, { offset: 0, length: size }, pieceBytes),
            digest,
            damaged,
          ));
        });
        yield* piecesOf(file, range, pieceBytes);
      }
      // A file that was changed while it was read has another state than the one that is remembered.
      this.#files.set(key, state);
    } finally {
      await file.close();
    }
  }

  async *#chunks(
    source: ObjectSource,
    digest: RawDigest,
    location: RecipeLocation,
    range: ByteRange = { offset: 0, length: location.size },
    pieceBytes: number,
  ): AsyncGenerator<Uint8Array> {
    const name = `${toDigest(digest)} ${toDigest(location.recipe)}`;
    const list = this.#lists.get(name) ?? (await listOf(source, digest, location));
    this.#lists.set(name, list);
    const damaged = (): Error => objectDamaged(digest, `${source.remote.url}: the recipe of it`);
    const whole = { offset: 0, length: location.size };
    const known = this.#recipes.get(name);
    if (known !== undefined) {
      yield* piecesOfChunks(source, list, range, pieceBytes, known);
      return;
    }
    const states = new Map<string, string>();
    const pieces = piecesOfChunks(source, list, whole, pieceBytes, NO_STATES, states);
    const verified = verifiedAtEnd(pieces, digest, damaged);
    if (range.length === location.size) {
      yield* verified;
      this.#recipes.set(name, states);
      return;
    }
    await this.#once(name, async () => {
      for await (const _ of verified);
      this.#recipes.set(name, states);
    });
    yield* piecesOfChunks(source, list, range, pieceBytes, this.#recipes.get(name) ?? NO_STATES);
  }

  async #once(name: string, verify: () => Promise<void>): Promise<void> {
    const running = this.#running.get(name) ?? verify().finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Pass pieces on, all but the last one before they are verified, and that one when all of them are. */
async function* verifiedAtEnd(
  pieces: AsyncIterable<Uint8Array>,
  digest: RawDigest,
  damaged: () => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (held !== undefined) yield held;
    hash.update(piece);
    held = piece;
  }
  if (!sameDigest(hash.digest(), digest)) throw damaged();
  if (held !== undefined) yield held;
}

async function* piecesOf(
  file: FileHandle,
  { offset, length }: ByteRange,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const slices = async function* (): AsyncGenerator<FileSlice<undefined>> {
    for (let at = offset; at < offset + length; at += pieceBytes)
      yield { file, offset: at, length: Math.min(pieceBytes, offset + length - at), purpose: undefined };
  };
  // Of a file that was cut since it was looked at, fewer bytes come: whoever reads counts them.
  for await (const { bytes } of readAhead(slices(), Math.min(pieceBytes, length))) yield bytes;
}

async function listOf(source: ObjectSource, digest: RawDigest, location: RecipeLocation): Promise<ChunkList> {
  const digests: RawDigest[] = [];
  const offsets = [0];
  for await (const chunk of chunksOf(source, digest, location)) {
    digests.push(chunk.digest);
    offsets.push(offsets.at(-1)! + chunk.length);
  }
  return { digests: Buffer.concat(digests), offsets: Float64Array.from(offsets) };
}

/** The state of each pack at which all chunks of an object that lie in it were verified. */
type PackStates = ReadonlyMap<string, string>;
const NO_STATES: PackStates = new Map();

/**
 * @param known packs that are not verified again as long as their states are these
 * @param seen takes the states of packs of which all that is read is intact
 */
async function* piecesOfChunks(
  source: ObjectSource,
  { digests, offsets }: ChunkList,
  { offset, length }: ByteRange,
  pieceBytes: number,
  known: PackStates,
  seen?: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const end = offset + length;
  const first = chunkAt(offsets, offset);
  const chunks = function* (): Generator<ChunkRef> {
    for (let at = first; offsets[at]! < end; at++) {
      const digest = digestAt(digests, at);
      yield { digest, length: offsets[at + 1]! - offsets[at]! };
    }
  };
  let start = offsets[first]!;
  for await (const { purpose, bytes } of readPacks(
    source,
    runsOf(placed(source, chunks()), pieceBytes),
    pieceBytes,
  )) {
    const { run, state } = purpose;
    const isKnown = state !== undefined && known.get(run.pack) === state && bytes.length === run.length;
    // Where a blob is damaged, others of its run come in pieces of their own.
    const isIntact = isKnown || run.blobs.every((blob) => isSound(blob, ownBytes(blob, run, bytes)));
    if (seen !== undefined) noteState(seen, run.pack, isIntact ? state : undefined);
    const isJoined = run.blobs.reduce((sum, { location }) => sum + location.length, 0) === run.length;
    const pieces = isIntact && isJoined ? [bytes] : await piecesOfRun(source, run, bytes);
    for (const piece of pieces) {
      yield piece.subarray(Math.max(0, offset - start), end - start);
      start += piece.length;
    }
  }
}

/** A pack of which something is damaged, or that changes while it is read, is verified each time. */
function noteState(states: Map<string, string>, pack: string, state: string | undefined): void {
  const before = states.get(pack);
  if (before === state) return;
  states.set(pack, before === undefined && state !== undefined ? state : UNSTEADY);
}

/** The state that no file has. */
const UNSTEADY = '';

async function piecesOfRun(
  source: ObjectSource,
  run: BlobRun<PlacedBlob>,
  bytes: Uint8Array,
): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (const blob of run.blobs) {
    const own = ownBytes(blob, run, bytes);
    pieces.push(isSound(blob, own) ? own : await readElsewhere(source, blob.digest, blob.location));
  }
  return pieces;
}

function ownBytes({ location }: PlacedBlob, run: BlobRun<PlacedBlob>, bytes: Uint8Array): Uint8Array {
  const start = location.offset - run.offset;
  return bytes.subarray(start, start + location.length);
}

function isSound({ digest }: PlacedBlob, bytes: Uint8Array): boolean {
  return sameDigest(rawDigestOf(bytes), digest);
}

/** Read runs of a local store. Of a pack that cannot be opened, no bytes come, which are as good as damaged. */
async function* readPacks(
  { remote }: ObjectSource,
  runs: AsyncIterable<BlobRun<PlacedBlob>>,
  bufferBytes: number,
): AsyncGenerator<ReadSlice<PackRun>> {
  const packs: OpenPack[] = [];
  const slices = async function* (): AsyncGenerator<FileSlice<PackRun>> {
    for await (const run of runs) {
      const { pack, offset, length } = run;
      if (packs.at(-1)?.pack !== pack) {
        const file = await open(remote.localPath!(packKey(pack)), READ_FLAGS).catch(() => undefined);
        packs.push({ pack, file, state: file && stateOf(await file.stat({ bigint: true })) });
      }
      // Of the one before, the last run may still be read.
      if (packs.length > 2) await packs.shift()!.file?.close();
      const { file, state } = packs.at(-1)!;
      yield { file, offset, length, purpose: { run, state } };
    }
  };
  try {
    yield* readAhead(slices(), bufferBytes);
  } finally {
    await Promise.all(packs.map(({ file }) => file?.close()));
  }
}

interface OpenPack {
  readonly pack: string;
  /** Undefined where it cannot be opened. */
  readonly file: FileHandle | undefined;
  /** Of its file, as stateOf tells it. */
  readonly state: string | undefined;
}

/** What is read of a pack, and the state of its file before that. */
interface PackRun {
  readonly run: BlobRun<PlacedBlob>;
  readonly state: string | undefined;
}

/** The chunk in which a byte lies. */
function chunkAt(offsets: Float64Array, byte: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= byte) low = middle;
    else high = middle - 1;
  }
  return low;
}
