/**
 * A remote in a folder of a local or mounted file system. It may not know what its files hold; it trusts no link and no name in the
 * folder, since others may write there.
 */

import { createHash } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { type FileHandle, link, lstat, open, realpath, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { cloned } from '../../base/files/clone.ts';
import { renameOver } from '../../base/files/rename.ts';
import { isAbsent, systemCode, systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';
import {
  bodyMismatch,
  digestToWrite,
  readOpenSlice,
  refuseOtherBytes,
  sourceChanged,
} from '../file-slice.ts';
import { checkKey, checkPrefix, checkRange } from '../key.ts';
import type { Body, ByteRange, FileBody, ObjectInfo, Remote, WriteOptions } from '../remote.ts';
import { RUN_VERIFY } from '../run-verify.ts';
import { MARKER, MARKER_BYTES, TEMPORARY_FOLDER } from '../store-layout.ts';
import { isMarked, refuseForeign } from './claim.ts';
import { shareWithGroup } from './group.ts';
import { NO_LINK_FLAGS, symlinkRefused } from './links.ts';
import { listFolder } from './list.ts';
import { FolderSync } from './sync.ts';
import { removeStale } from './temporaries.ts';

const BLOCK = 1024 * 1024;
/** No more bytes of a large file than this are not yet on disk. */
const SYNC_EVERY = 64 * BLOCK;
/** Asking the file system for a clone of a smaller file costs more than copying it. */
const MIN_CLONE_BYTES = 4 * BLOCK;
/** `link` answers with these on file systems without hard links (FAT, some network mounts). */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES']);

/**
 * A remote in a local or mounted folder: one file an object, under its key. Writes go to `tmp/`, are synced, and are then
 * linked to their name, so a reader never sees a part and `overwrite: false` never replaces. On a file system without
 * hard links, the last step is check and rename: two writers at the same instant may then both write, one after the other.
 * Nothing is written or removed in a folder that is no store: see claim.
 */
export class FolderRemote implements Remote {
  readonly url: string;
  readonly #root: string;
  readonly #shared: boolean;
  readonly #folders: FolderSync;
  readonly #inside = new Set<string>();
  #realRoot: string | undefined;
  #claimed: Promise<void> | undefined;
  #canClone = true;

  /**
   * @param root absolute path; it is created by the first write
   * @param options.shared whether the group of the folder may write to all that is written there
   */
  constructor(root: string, { shared = false }: { readonly shared?: boolean | undefined } = {}) {
    this.#root = root;
    this.#shared = shared;
    this.#folders = new FolderSync(shared);
    this.url = root;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix);
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    await this.#checkInside(join(this.#root, folder));
    yield* listFolder(this.#root, prefix);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const path = await this.#safePath(key);
    try {
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw symlinkRefused(path);
      return found.isFile() ? { key, size: found.size, modified: found.mtime } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw systemError(error, 'read', path, 'store');
    }
  }

  async read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array> {
    const { handle, path, offset, length } = await this.#openRange(key, range);
    try {
      const bytes = memory ?? Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(
          bytes,
          done,
          Math.min(length - done, 512 * BLOCK),
          offset + done,
        );
        if (bytesRead === 0) throw truncated(path, offset, length, offset + done);
        done += bytesRead;
      }
      return bytes;
    } catch (error) {
      throw systemError(error, 'read', path, 'store');
    } finally {
      await handle.close();
    }
  }

  async *stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const { handle, path, offset, length } = await this.#openRange(key, range);
    yield* readOpenSlice(handle, path, { offset, length }, (done) =>
      truncated(path, offset, length, offset + done),
    );
  }

  async write(key: string, body: Body, options: WriteOptions): Promise<'written' | 'exists'> {
    const path = await this.#safePath(key);
    const overwrite = options.overwrite ?? false;
    let temporary: string | undefined;
    let unfinished: ReturnType<typeof removeAtExit> | undefined;
    try {
      if (!overwrite && (await isObject(path))) return 'exists';
      await this.claim();
      const isGiven = !(body instanceof Uint8Array) && body.given === true;
      temporary = isGiven ? body.path : this.#temporary();
      unfinished = removeAtExit(temporary);
      if (isGiven) await syncFile(temporary);
      else if (body instanceof Uint8Array) await writeBytes(temporary, body, options);
      else {
        const sha256 = await digestToWrite(options);
        const digest = await this.#writeFile(temporary, body, options.signal);
        if (digest !== sha256) throw bodyMismatch(path, sha256, digest);
      }
      if (this.#shared) await shareWithGroup(temporary);
      await this.#folders.create(dirname(path));
      await this.#checkInside(dirname(path));
      const outcome = await publish(temporary, path, overwrite);
      if (outcome === 'written') await this.#folders.sync(dirname(path));
      return outcome;
    } catch (error) {
      this.#claimed = undefined;
      options.signal?.throwIfAborted();
      throw systemError(error, 'write', path, 'store');
    } finally {
      if (temporary !== undefined) removeQuietly(temporary);
      unfinished?.isFinished();
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    if (keys.length > 0 && !(await isMarked(this.#root))) await refuseForeign(this.#root);
    for (const key of keys) {
      const path = await this.#safePath(key);
      try {
        await unlink(path);
      } catch (error) {
        if (isAbsent(error) || (await isFolder(path))) continue;
        throw systemError(error, 'remove', path, 'store');
      }
    }
  }

  localPath(key: string): string {
    checkKey(key);
    const path = join(this.#root, key);
    try {
      this.#realRoot ??= realpathSync(this.#root);
      if (!this.#inside.has(dirname(path))) this.#assertInside(dirname(path), realpathSync(dirname(path)));
      if (lstatSync(path).isSymbolicLink()) throw symlinkRefused(path);
    } catch (error) {
      if (!isAbsent(error)) throw systemError(error, 'read', path, 'store');
    }
    return path;
  }

  async close(): Promise<void> {}

  claim(): Promise<void> {
    this.#claimed ??= this.#claim().catch((error: unknown) => {
      this.#claimed = undefined;
      throw systemError(error, 'write', this.#root, 'store');
    });
    return this.#claimed;
  }

  async #claim(): Promise<void> {
    const isNew = !(await isMarked(this.#root));
    if (isNew) await refuseForeign(this.#root);
    const temporaries = join(this.#root, TEMPORARY_FOLDER);
    await this.#folders.create(temporaries);
    await this.#checkInside(temporaries);
    if (this.#shared) await shareWithGroup(this.#root);
    if (isNew) await this.#mark();
    await removeStale(temporaries);
  }

  async #mark(): Promise<void> {
    const temporary = this.#temporary();
    try {
      const sha256 = createHash('sha256').update(MARKER_BYTES).digest('hex');
      await writeBytes(temporary, MARKER_BYTES, { sha256 });
      if (this.#shared) await shareWithGroup(temporary);
      await publish(temporary, join(this.#root, MARKER), false);
      await this.#folders.sync(this.#root);
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  #temporary(): string {
    return join(this.#root, TEMPORARY_FOLDER, unfinishedName());
  }

  async #safePath(key: string): Promise<string> {
    checkKey(key);
    const path = join(this.#root, key);
    await this.#checkInside(dirname(path));
    return path;
  }

  /**
   * A folder that is there must really lie in the remote. Of one that is not there yet, the nearest above it must, or it would be made
   * elsewhere; it is checked again after it is made.
   */
  async #checkInside(folder: string): Promise<void> {
    if (this.#inside.has(folder)) return;
    try {
      this.#realRoot ??= await realpath(this.#root);
      this.#assertInside(folder, await realpath(folder));
    } catch (error) {
      if (!isAbsent(error)) throw systemError(error, 'open', folder, 'store');
      if (folder !== this.#root) await this.#checkInside(dirname(folder));
    }
  }

  #assertInside(folder: string, real: string): void {
    const steps = relative(this.#realRoot!, real);
    if (steps.split(/[\\/]/)[0] === '..' || isAbsolute(steps)) throw symlinkRefused(folder);
    this.#inside.add(folder);
  }

  async #openRange(key: string, range: ByteRange | undefined) {
    checkRange(range, key);
    const path = await this.#safePath(key);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, NO_LINK_FLAGS);
      const found = await handle.stat();
      if (!found.isFile()) throw missing(path);
      const { offset, length } = range ?? { offset: 0, length: found.size };
      if (offset + length > found.size) throw truncated(path, offset, length, found.size);
      return { handle, path, offset, length };
    } catch (error) {
      await handle?.close();
      throw isAbsent(error) ? missing(path) : systemError(error, 'read', path, 'store');
    }
  }

  /** Write and sync a file under a temporary name; returns the SHA-256 of what was written. */
  async #writeFile(temporary: string, body: FileBody, signal: AbortSignal | undefined): Promise<string> {
    if (body.size >= MIN_CLONE_BYTES && this.#canClone) {
      if (await cloned(body.path, temporary)) return digestAndSync(temporary, body, signal);
      this.#canClone = false;
    }
    return copyAndSync(body, temporary, signal);
  }
}

async function writeBytes(path: string, bytes: Uint8Array, options: WriteOptions): Promise<void> {
  refuseOtherBytes(bytes, options, path);
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Give a finished temporary file its name. */
async function publish(temporary: string, path: string, overwrite: boolean): Promise<'written' | 'exists'> {
  if (overwrite) {
    await renameOver(temporary, path);
    return 'written';
  }
  try {
    await link(temporary, path);
    return 'written';
  } catch (error) {
    const errno = systemCode(error) ?? '';
    if (errno === 'EEXIST' && (await isObject(path))) return 'exists';
    if (!NO_HARD_LINKS.has(errno)) throw error;
  }
  if (await isObject(path)) return 'exists';
  await renameOver(temporary, path);
  return 'written';
}

/** Tell whether an object has this path. @throws VarveError `key-conflict` if a folder has it, `symlink-refused` if a link has */
async function isObject(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) throw symlinkRefused(path);
    if (found.isFile()) return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  throw new VarveError('key-conflict', `${path} is a folder, and a file is needed there`, {
    path,
    remedy: 'Move that folder out of the remote.',
  });
}

/** A key that is a folder names no object; systems differ in how they refuse to unlink one. */
async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function digestAndSync(path: string, body: FileBody, signal: AbortSignal | undefined): Promise<string> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
    return await pump(handle, body, undefined, signal);
  } finally {
    await handle.close();
  }
}

async function copyAndSync(
  body: FileBody,
  temporary: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const source = await open(body.path, 'r').catch((error: unknown) => {
    throw systemError(error, 'read', body.path, 'store');
  });
  try {
    const target = await open(temporary, 'wx');
    try {
      const digest = await pump(source, body, target, signal);
      await target.sync();
      return digest;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/**
 * Read `source` to its end and hash it, and copy it to `target` if there is one: a block is hashed while it is being written. What is
 * written is synced on the way too: a sync of hundreds of megabytes at the end could not be interrupted.
 */
async function pump(
  source: FileHandle,
  body: FileBody,
  target: FileHandle | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafeSlow(BLOCK);
  let done = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(block, 0, BLOCK, done);
    if (bytesRead === 0) break;
    const bytes = block.subarray(0, bytesRead);
    const written = target === undefined ? undefined : writeAll(target, bytes, done);
    hash.update(bytes);
    await written;
    done += bytesRead;
    if (done % SYNC_EVERY === 0) await target?.datasync();
  }
  if (done === body.size) return hash.digest('hex');
  throw sourceChanged(body.path, `had ${body.size} bytes and now has ${done}`);
}

async function writeAll(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await target.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function missing(path: string): VarveError {
  return new VarveError('object-missing', `There is no object ${path}`, {
    path,
    remedy: RUN_VERIFY,
  });
}

function truncated(path: string, offset: number, length: number, size: number): VarveError {
  return new VarveError('object-truncated', `${path} ends at byte ${size}, before byte ${offset + length}`, {
    path,
    remedy: RUN_VERIFY,
  });
}
