import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { chmod, link, open, stat } from 'node:fs/promises';
import { removeQuietly, unfinishedBeside } from '../../base/files/atomic-write.ts';
import { cloned } from '../../base/files/clone.ts';
import { renameOverSync } from '../../base/files/rename.ts';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';
import { objectDamaged, objectMissing } from '../errors.ts';
import { type RawDigest, sameDigest, toDigest } from '../format/digest.ts';
import type { RecipeLocation, WholeObjectLocation } from '../index/catalog.ts';
import type { LocalPacks } from '../reading/local-packs.ts';
import { type ObjectSource, streamObject } from '../reading/object-reader.ts';
import { blocksListed, recipeNamed } from '../reading/range-reader.ts';
import type { PieceWriters } from './piece-writers.ts';
import { type PieceProgress, verifyByBlocks, type WholeFile, writeByRecipe } from './restore-pinned.ts';

export interface RestoreOptions {
  /** Make a read-only hard link rather than a copy, if that is possible. */
  readonly link?: boolean;
  readonly executable?: boolean;
  /** The recipe or block list that a pointer pins for the object: its blocks are then verified, and the whole is not. */
  readonly blocks?: RawDigest | undefined;
  /** Called with the count of bytes written since the last call. */
  readonly onBytes?: (count: number) => void;
  /** Stops between two pieces of a large file; what is thrown is then its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What restoring from a local store takes. */
export interface LocalTools {
  readonly packs: LocalPacks;
  readonly writers: PieceWriters;
}

const PIECE = 1024 * 1024;
const READ_ONLY = 0o444;
/** `link` answers with these on another file system, and on one without hard links. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES']);

/**
 * Restore an object as a file: see `Store.restore`.
 * @param local what a store has that is local
 */
export async function restoreFile(
  source: ObjectSource,
  digest: RawDigest,
  target: string,
  options: RestoreOptions,
  local: LocalTools | undefined,
): Promise<void> {
  options.signal?.throwIfAborted();
  const temporary = unfinishedBeside(target);
  const unfinished = removeAtExit(temporary);
  try {
    const small = readSmall(source, digest, local?.packs);
    const recipe = small === undefined ? pinnedRecipe(source, digest, options, local) : undefined;
    const wholeObject =
      small === undefined && recipe === undefined ? localWholeObject(source, digest) : undefined;
    if (small !== undefined) writeSmall(small, temporary, options);
    else if (recipe !== undefined) await writePinned(source, digest, recipe, temporary, options, local!);
    else if (wholeObject === undefined) await writeStream(source, digest, temporary, options);
    else await cloneWholeObject(source, wholeObject, digest, temporary, options, local?.writers);
    renameOverSync(temporary, target);
  } catch (error) {
    removeQuietly(temporary);
    options.signal?.throwIfAborted();
    throw systemError(error, 'write', target, 'store');
  } finally {
    unfinished.isFinished();
  }
}

/** Read and verify an object that is one blob in a local pack; undefined for all others, and if it is damaged. */
function readSmall(
  source: ObjectSource,
  digest: RawDigest,
  packs: LocalPacks | undefined,
): Uint8Array | undefined {
  const location = source.catalog.first(digest);
  return location?.at === 'pack' ? packs?.read(location, digest) : undefined;
}

function writeSmall(bytes: Uint8Array, temporary: string, options: RestoreOptions): void {
  writeFileSync(temporary, bytes, { flag: 'wx', mode: modeOf(options) });
  options.onBytes?.(bytes.length);
}

/** Find the recipe that is pinned for the object, if it lies in this local store by it. */
function pinnedRecipe(
  source: ObjectSource,
  digest: RawDigest,
  { blocks }: RestoreOptions,
  local: LocalTools | undefined,
): RecipeLocation | undefined {
  if (blocks === undefined || local === undefined) return undefined;
  return source.catalog.first(digest)?.at === 'recipe' ? recipeNamed(source, digest, blocks) : undefined;
}

async function writePinned(
  source: ObjectSource,
  digest: RawDigest,
  recipe: RecipeLocation,
  temporary: string,
  options: RestoreOptions,
  { writers }: LocalTools,
): Promise<void> {
  await (await open(temporary, 'wx', modeOf(options))).close();
  await writeByRecipe(source, digest, recipe, temporary, writers, progressOf(options));
}

function progressOf({ onBytes = () => undefined, signal }: RestoreOptions): PieceProgress {
  return { onBytes, signal };
}

async function writeStream(
  source: ObjectSource,
  digest: RawDigest,
  temporary: string,
  options: RestoreOptions,
): Promise<void> {
  const file = await open(temporary, 'wx', modeOf(options));
  try {
    for await (const bytes of neighboursJoined(streamObject(source, digest))) {
      options.signal?.throwIfAborted();
      await file.writeFile(bytes);
      options.onBytes?.(bytes.length);
    }
  } finally {
    await file.close();
  }
}

/** Join pieces that lie side by side in memory, as chunks do that came in one read: each write is a trip to a thread. */
async function* neighboursJoined(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let joined: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (joined?.buffer === piece.buffer && joined.byteOffset + joined.length === piece.byteOffset) {
      joined = new Uint8Array(piece.buffer, joined.byteOffset, joined.length + piece.length);
      continue;
    }
    if (joined !== undefined) yield joined;
    joined = piece;
  }
  if (joined !== undefined) yield joined;
}

interface LocalWholeObject {
  readonly path: string;
  readonly location: WholeObjectLocation;
}

function localWholeObject(source: ObjectSource, digest: RawDigest): LocalWholeObject | undefined {
  if (source.remote.localPath === undefined) return undefined;
  for (const location of source.catalog.locations(digest)) {
    if (location.at === 'pack') return undefined;
    if (location.at === 'whole') return { path: source.remote.localPath(location.key), location };
  }
  return undefined;
}

/** Clone, link or copy a whole object. A clone or link is verified, since it is what gets the name; of a copy, the bytes on their way to it. */
async function cloneWholeObject(
  source: ObjectSource,
  { path, location }: LocalWholeObject,
  digest: RawDigest,
  temporary: string,
  options: RestoreOptions,
  writers: PieceWriters | undefined,
): Promise<void> {
  await stat(path).catch((error: unknown) => {
    source.catalog.markDamaged(location);
    throw systemCode(error) === 'ENOENT' ? objectMissing(toDigest(digest), path) : error;
  });
  const linked = options.link === true && !options.executable && (await tryLink(path, temporary));
  const isThere = linked || (await cloned(path, temporary, modeOf(options)));
  const copy = { path: isThere ? temporary : path, target: isThere ? undefined : temporary, location };
  if (writers !== undefined && (await isVerifiedByBlocks(source, digest, copy, options, writers))) return;
  const hash = createHash('sha256');
  const file = isThere ? undefined : await open(temporary, 'wx', modeOf(options));
  try {
    for await (const bytes of createReadStream(isThere ? temporary : path, { highWaterMark: PIECE })) {
      options.signal?.throwIfAborted();
      const written = file?.writeFile(bytes as Buffer);
      hash.update(bytes as Buffer);
      await written;
      options.onBytes?.((bytes as Buffer).length);
    }
  } finally {
    await file?.close();
  }
  if (sameDigest(hash.digest(), digest)) return;
  source.catalog.markDamaged(location);
  throw objectDamaged(digest, path);
}

/** Verify a whole object by its pinned block list, and copy it on the way. @returns false if that list cannot be had */
async function isVerifiedByBlocks(
  source: ObjectSource,
  digest: RawDigest,
  file: WholeFile,
  options: RestoreOptions,
  writers: PieceWriters,
): Promise<boolean> {
  const { blocks: list } = options;
  if (list === undefined || source.catalog.first(list) === undefined) return false;
  if (file.target !== undefined) await (await open(file.target, 'wx', modeOf(options))).close();
  try {
    const blocks = blocksListed(source, digest, list, file.location.size);
    await verifyByBlocks(source, digest, file, blocks, writers, progressOf(options));
    return true;
  } catch (error) {
    if (!(error instanceof VarveError) || error.code !== 'recipe-damaged') throw error;
    if (file.target !== undefined) removeQuietly(file.target);
    return false;
  }
}

/**
 * Try to link, read-only: a link shares its bytes with the store, so a change in place would damage every version. What belongs to
 * another user of the store cannot be made read-only.
 */
async function tryLink(path: string, temporary: string): Promise<boolean> {
  try {
    await link(path, temporary);
    await chmod(temporary, READ_ONLY);
    return true;
  } catch (error) {
    removeQuietly(temporary);
    if (NO_LINK.has(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** Choose the mode of a file, before the user's mask takes away what it does. */
export function modeOf({ executable }: Pick<RestoreOptions, 'executable'>): number {
  return executable ? 0o777 : 0o666;
}
