import { type FileHandle, open } from 'node:fs/promises';
import { forEach } from '../../base/threads/concurrency.ts';
import { objectDamaged } from '../errors.ts';
import { digestAt, joinDigests, type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import type { ChunkRef } from '../format/recipe.ts';
import type { RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import { chunksOf, type ObjectSource, placed, readChunks } from '../reading/object-reader.ts';
import { type PlacedBlob, runsOf } from '../reading/pack-reader.ts';
import type { Piece, PieceGroup } from './piece-writer.ts';
import type { PieceWriters } from './piece-writers.ts';

/** Blocks of a whole object that are verified together: 4 MiB. */
const MAX_BLOCKS_A_GROUP = 4;

/** How far the work is, and whether it is wanted still. */
export interface PieceProgress {
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal | undefined;
}

interface PlacedChunk extends PlacedBlob {
  readonly position: number;
}

/**
 * Write an object of a local store into `target`, which is there and empty, by a recipe that is known to make it up: each chunk is
 * verified once, on any core, and written to its place. No hash of the whole is taken.
 * @throws VarveError `object-missing`, `digest-mismatch`, `recipe-damaged`, and the system's errors in writing
 */
export async function writeByRecipe(
  source: ObjectSource,
  digest: RawDigest,
  recipe: RecipeLocation,
  target: string,
  writers: PieceWriters,
  progress: PieceProgress,
): Promise<void> {
  writers.expect(recipe.size);
  const chunks = positioned(placed(source, chunksOf(source, digest, recipe)));
  await writeChunks(source, chunks, target, writers, progress);
}

async function writeChunks(
  source: ObjectSource,
  chunks: AsyncIterable<PlacedChunk> | Iterable<PlacedChunk>,
  target: string,
  writers: PieceWriters,
  { onBytes, signal }: PieceProgress,
): Promise<void> {
  const pathOf = memoized((pack: string) => source.remote.localPath!(packKey(pack)));
  await forEach(runsOf(chunks), writers.jobs, async ({ pack, blobs }) => {
    signal?.throwIfAborted();
    const pieces = blobs.map(({ location: { offset, length }, position }) => ({ offset, length, position }));
    const done = await writers.write({ source: pathOf(pack), target, pieces, digests: joinDigests(blobs) });
    for (const [ordinal, blob] of blobs.entries())
      if (done[ordinal] === 0) await writeAgain(source, blob, target);
    onBytes(pieces.reduce((sum, { length }) => sum + length, 0));
  });
}

/** A chunk, and its place in a file of the working tree, which is there. */
export interface ChunkToPlace extends ChunkRef {
  /** Absolute path. */
  readonly file: string;
  /** In bytes. */
  readonly position: number;
}

/**
 * Write chunks of a local store to their places in files, each verified on the way.
 * @throws VarveError `object-missing`, `digest-mismatch`, and the system's errors in writing
 */
export async function placeChunks(
  source: ObjectSource,
  chunks: readonly ChunkToPlace[],
  writers: PieceWriters,
  progress: PieceProgress,
): Promise<void> {
  writers.expect(chunks.reduce((sum, { length }) => sum + length, 0));
  const files = new Map<string, ChunkToPlace[]>();
  for (const chunk of chunks) {
    const wanted = files.get(chunk.file);
    if (wanted === undefined) files.set(chunk.file, [chunk]);
    else wanted.push(chunk);
  }
  for (const [target, wanted] of files) {
    const located: PlacedChunk[] = [];
    let at = 0;
    for await (const blob of placed(source, wanted))
      located.push({ ...blob, position: wanted[at++]!.position });
    await writeChunks(source, located.sort(byPlace), target, writers, progress);
  }
}

function byPlace({ location: a }: PlacedChunk, { location: b }: PlacedChunk): number {
  if (a.pack !== b.pack) return a.pack < b.pack ? -1 : 1;
  return a.offset - b.offset;
}

/**
 * Verify a whole object by a list of its blocks that is known to make it up, on all cores.
 * @param path absolute, of its file in the store, or of a clone or link of that
 * @param target absolute path of a file that is there, to which the blocks are copied; undefined to verify alone
 * @throws VarveError `digest-mismatch`, after it was noted in the catalog, `recipe-damaged`
 */
export async function verifyByBlocks(
  { catalog }: ObjectSource,
  digest: RawDigest,
  { path, target, location }: WholeFile,
  blocks: AsyncIterable<ChunkRef>,
  writers: PieceWriters,
  { onBytes, signal }: PieceProgress,
): Promise<void> {
  writers.expect(location.size);
  await forEach(blockGroups(blocks, path, target), writers.jobs, async (group) => {
    signal?.throwIfAborted();
    const done = await writers.write(group);
    for (const [ordinal, piece] of group.pieces.entries()) {
      const block = digestAt(group.digests, ordinal);
      if (done[ordinal] === 1 || (await copyAgain(path, target, piece, block))) continue;
      catalog.markDamaged(location);
      throw objectDamaged(digest, path);
    }
    onBytes(group.pieces.reduce((sum, { length }) => sum + length, 0));
  });
}

/** The file of a whole object, and where it goes. */
export interface WholeFile {
  readonly path: string;
  readonly target: string | undefined;
  readonly location: WholeObjectLocation;
}

async function* blockGroups(
  blocks: AsyncIterable<ChunkRef>,
  source: string,
  target: string | undefined,
): AsyncGenerator<PieceGroup> {
  let group: ChunkRef[] = [];
  let position = 0;
  const close = (): PieceGroup => {
    const pieces = group.map(({ length }) => {
      const piece = { offset: position, length, position };
      position += length;
      return piece;
    });
    return { source, target, pieces, digests: joinDigests(group) };
  };
  for await (const block of blocks) {
    group.push(block);
    if (group.length < MAX_BLOCKS_A_GROUP) continue;
    yield close();
    group = [];
  }
  if (group.length > 0) yield close();
}

async function* positioned(blobs: AsyncIterable<PlacedBlob>): AsyncGenerator<PlacedChunk> {
  let position = 0;
  for await (const blob of blobs) {
    yield { ...blob, position };
    position += blob.location.length;
  }
}

/** Write a chunk that was damaged where it was read from another place, or repaired. */
async function writeAgain(source: ObjectSource, chunk: PlacedChunk, target: string): Promise<void> {
  const wanted = { digest: chunk.digest, length: chunk.location.length };
  for await (const bytes of readChunks(source, [wanted])) await writeAt(target, bytes, chunk.position);
}

/** Verify and copy a block that a thread could not. @returns false if it is damaged */
async function copyAgain(
  path: string,
  target: string | undefined,
  { offset, length, position }: Piece,
  digest: RawDigest,
): Promise<boolean> {
  const from = await open(path);
  try {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await from.read(bytes, 0, length, offset);
    if (bytesRead < length || !sameDigest(rawDigestOf(bytes), digest)) return false;
    if (target === undefined) return true;
    await writeAt(target, bytes, position);
    return true;
  } finally {
    await from.close();
  }
}

async function writeAt(target: string, bytes: Uint8Array, position: number): Promise<void> {
  const file = await open(target, 'r+');
  try {
    await writeAll(file, bytes, position);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Paths of packs are made once each: the remote looks at every folder on the way. */
function memoized(make: (name: string) => string): (name: string) => string {
  const made = new Map<string, string>();
  return (name) => {
    const path = made.get(name) ?? make(name);
    made.set(name, path);
    return path;
  };
}
