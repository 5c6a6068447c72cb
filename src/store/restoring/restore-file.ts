import { createHash } from 'node:crypto';
import { constants, createReadStream, writeFileSync } from 'node:fs';
import { chmod, copyFile, link, open, stat, unlink } from 'node:fs/promises';
import { unfinishedBeside } from '../../base/atomic-write.ts';
import { errnoOf, fileError } from '../../base/file-errors.ts';
import { renameOverSync } from '../../base/rename.ts';
import { removeAtExit } from '../../base/unfinished-files.ts';
import { digestMismatch, objectMissing } from '../errors.ts';
import { type RawDigest, sameDigest, toDigest } from '../format/digest.ts';
import type { WholeLocation } from '../index/catalog.ts';
import type { LocalPacks } from '../reading/local-packs.ts';
import { type Source, streamObject } from '../reading/object-reader.ts';

export interface MaterialiseOptions {
  /** Prefer a read-only hard link to a copy. */
  readonly link?: boolean;
  readonly executable?: boolean;
  /** Called with the count of bytes written since the last call. */
  readonly onBytes?: (count: number) => void;
  /** Stops between two pieces of a large file; what is thrown is then its reason. */
  readonly signal?: AbortSignal | undefined;
}

const PIECE = 1024 * 1024;
const READ_ONLY = 0o444;
/** What `link` answers where it cannot: another file system, or one without hard links. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES']);

/** See Store.materialise. */
export async function materialise(
  source: Source,
  digest: RawDigest,
  target: string,
  options: MaterialiseOptions,
  packs: LocalPacks | undefined,
): Promise<void> {
  options.signal?.throwIfAborted();
  const temporary = unfinishedBeside(target);
  const unfinished = removeAtExit(temporary);
  try {
    const small = readSmall(source, digest, packs);
    const whole = small === undefined ? localWhole(source, digest) : undefined;
    if (small !== undefined) writeSmall(small, temporary, options);
    else if (whole === undefined) await writeStream(source, digest, temporary, options);
    else await cloneWhole(source, whole, digest, temporary, options);
    renameOverSync(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    options.signal?.throwIfAborted();
    throw fileError(error, 'write', target);
  } finally {
    unfinished.isFinished();
  }
}

/** A verified object that is one blob in a local pack; undefined for all others, and where it is damaged. */
function readSmall(source: Source, digest: RawDigest, packs: LocalPacks | undefined): Uint8Array | undefined {
  const location = source.catalog.first(digest);
  return location?.at === 'pack' ? packs?.read(location, digest) : undefined;
}

function writeSmall(bytes: Uint8Array, temporary: string, options: MaterialiseOptions): void {
  writeFileSync(temporary, bytes, { flag: 'wx', mode: modeOf(options) });
  options.onBytes?.(bytes.length);
}

async function writeStream(
  source: Source,
  digest: RawDigest,
  temporary: string,
  options: MaterialiseOptions,
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

/** Pieces that lie side by side in memory, as chunks do that came in one read, as one: each write is a trip to a thread. */
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

interface LocalWhole {
  readonly path: string;
  readonly location: WholeLocation;
}

function localWhole(source: Source, digest: RawDigest): LocalWhole | undefined {
  if (source.remote.localPath === undefined) return undefined;
  for (const location of source.catalog.locations(digest)) {
    if (location.at === 'pack') return undefined;
    if (location.at === 'whole') return { path: source.remote.localPath(location.key), location };
  }
  return undefined;
}

/** A clone or link is what gets verified, since it is what gets the name; of a copy, the bytes on their way to it. */
async function cloneWhole(
  source: Source,
  { path, location }: LocalWhole,
  digest: RawDigest,
  temporary: string,
  options: MaterialiseOptions,
): Promise<void> {
  await stat(path).catch((error: unknown) => {
    source.catalog.markDamaged(location);
    throw errnoOf(error) === 'ENOENT' ? objectMissing(toDigest(digest), path) : error;
  });
  const linked = options.link === true && !options.executable && (await tryLink(path, temporary));
  const isThere = linked || (await tryClone(path, temporary, modeOf(options)));
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
  throw digestMismatch(digest, path);
}

/** A link shares its bytes with the store, so it is made read-only: a change in place would damage every version. */
async function tryLink(path: string, temporary: string): Promise<boolean> {
  try {
    await link(path, temporary);
    await chmod(temporary, READ_ONLY);
    return true;
  } catch (error) {
    if (NO_LINK.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** A copy that shares its blocks with the store, where the file system has such. */
async function tryClone(path: string, temporary: string, mode: number): Promise<boolean> {
  try {
    await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch {
    await unlink(temporary).catch(() => undefined);
    return false;
  }
  await chmod(temporary, mode & ~process.umask());
  return true;
}

/** Less what the user's mask takes away. */
export function modeOf({ executable }: Pick<MaterialiseOptions, 'executable'>): number {
  return executable ? 0o777 : 0o666;
}
