import { createHash } from 'node:crypto';
import { chmod, copyFile, type FileHandle, mkdir, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { cloned } from '../../base/files/clone.ts';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { Body, FileBody, Remote } from '../../remote/remote.ts';
import { objectDamaged, objectMissing } from '../errors.ts';
import { type RawDigest, sameDigest, toDigest } from '../format/digest.ts';
import type { WholeObjectLocation } from '../index/catalog.ts';

/** No more bytes of a copy than this are not yet on disk. */
const SYNC_EVERY = 64 * 1024 * 1024;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

/** A file outside the store that is to hold an object too. It is there, and empty. */
export interface SecondFile {
  /** Absolute path. */
  readonly file: string;
  /** Who may read and write it, less what the umask of the process takes away. */
  readonly mode: number;
}

interface Watch {
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal | undefined;
  /** Filled with what comes from a store that is not local. */
  readonly into?: SecondFile | undefined;
}

/**
 * Hand a whole object of one store to `use`, which writes it to another and verifies it. The body is the object's own file if
 * `source` is local, else a temporary file on the disk where `target` keeps its files.
 */
export async function withWholeObjectBody(
  source: Remote,
  digest: RawDigest,
  location: WholeObjectLocation,
  target: Remote,
  watch: Watch,
  use: (body: Body) => Promise<void>,
): Promise<void> {
  const { key, size } = location;
  const local = source.localPath?.(key);
  if (local !== undefined) {
    const found = await source.head(key);
    if (found === undefined) throw objectMissing(toDigest(digest), source.url);
    if (found.size !== size) throw objectDamaged(digest, `${source.url}: ${key}`);
    await use({ path: local, size });
    watch.onBytes(size);
    return;
  }
  const folder = temporaryFolder(target);
  await target.claim();
  await mkdir(folder, { recursive: true });
  const path = join(folder, unfinishedName());
  const unfinished = removeAtExit(path);
  try {
    await askAgain(() => download(source, digest, location, path, watch));
    await use({ path, size, ...(target.localPath && { given: true }) });
  } finally {
    removeQuietly(path);
    unfinished.isFinished();
  }
}

/**
 * A copy of a file that is made while the file is read, on the disk of a local store, which then takes it over: the bytes are read once.
 * Where the file system has copies that share their blocks, it is one from the beginning, and it is what is to be read.
 */
export class WholeObjectCopy {
  readonly body: FileBody;
  readonly #file: FileHandle;
  readonly #isClone: boolean;
  readonly #unfinished: ReturnType<typeof removeAtExit>;
  #written = 0;
  #isLeft = false;

  /** @returns undefined if the store is not local, or has no room for it: then the file is read again to be stored */
  static async begin(target: Remote, source: string, size: number): Promise<WholeObjectCopy | undefined> {
    if (target.localPath === undefined) return undefined;
    const folder = temporaryFolder(target);
    await target.claim();
    const path = join(folder, unfinishedName());
    const unfinished = removeAtExit(path);
    const isClone = await cloned(source, path);
    const file = await open(path, isClone ? 'r+' : 'wx').catch((error: unknown) => {
      removeQuietly(path);
      unfinished.isFinished();
      throw systemError(error, 'write', path, 'store');
    });
    return new WholeObjectCopy({ path, size, given: true }, file, isClone, unfinished);
  }

  private constructor(
    body: FileBody,
    file: FileHandle,
    isClone: boolean,
    unfinished: ReturnType<typeof removeAtExit>,
  ) {
    this.body = body;
    this.#file = file;
    this.#isClone = isClone;
    this.#unfinished = unfinished;
  }

  /** The file to read: that of the copy, if it shares its blocks with the source. */
  readable(source: FileHandle): FileHandle {
    return this.#isClone ? this.#file : source;
  }

  /** Whether all bytes are there: a disk that is full leaves it without some. */
  get isWhole(): boolean {
    return !this.#isLeft;
  }

  /** Write what follows the bytes before, which may still be on their way. What was written goes to disk on the way too: much at the end could not be interrupted. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isClone || this.#isLeft) return;
    const before = this.#written;
    this.#written += bytes.length;
    try {
      await writeAt(this.#file, bytes, before);
      if (Math.floor(before / SYNC_EVERY) !== Math.floor(this.#written / SYNC_EVERY))
        await this.#file.datasync();
    } catch (error) {
      if (!NO_ROOM.has(systemCode(error) ?? '')) throw error;
      // The store may have the object already.
      this.#isLeft = true;
      await this.#file.truncate(0);
    }
  }

  /** Close it, and remove what no store took over. */
  async close(): Promise<void> {
    await this.#file.close();
    removeQuietly(this.body.path);
    this.#unfinished.isFinished();
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Choose a folder in which what killed processes leave is cleared: FolderRemote does so in its `tmp`, systems in theirs. */
function temporaryFolder(target: Remote): string {
  const local = target.localPath?.('index');
  return local === undefined ? tmpdir() : join(dirname(local), 'tmp');
}

/** @throws VarveError `digest-mismatch`, after `onBytes` has taken back what it was told */
async function download(
  source: Remote,
  digest: RawDigest,
  { key }: WholeObjectLocation,
  path: string,
  { onBytes, signal, into }: Watch,
): Promise<void> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let second: FileHandle | undefined;
  let done = 0;
  try {
    const isShared = into !== undefined && (await sharesBlocks(path, into));
    if (into !== undefined && !isShared) second = await open(into.file, 'r+');
    await second?.truncate();
    for await (const bytes of source.stream(key)) {
      signal?.throwIfAborted();
      const written = Promise.all([file.writeFile(bytes), second?.writeFile(bytes)]);
      hash.update(bytes);
      await written;
      done += bytes.length;
      onBytes(bytes.length);
    }
    if (sameDigest(hash.digest(), digest)) {
      if (isShared) await cloneOver(path, into);
      return;
    }
    onBytes(-done);
    throw objectDamaged(digest, `${source.url}: ${key}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw systemError(error, 'write', path, 'store');
  } finally {
    await file.close();
    await second?.close();
  }
}

/** Tell whether a copy of `path`, which is empty yet, can share its blocks: then it is made once they are there. */
async function sharesBlocks(path: string, { file, mode }: SecondFile): Promise<boolean> {
  removeQuietly(file);
  if (await cloned(path, file, mode)) return true;
  await (await open(file, 'wx', mode)).close();
  return false;
}

async function cloneOver(path: string, { file, mode }: SecondFile): Promise<void> {
  removeQuietly(file);
  if (await cloned(path, file, mode)) return;
  await copyFile(path, file);
  await chmod(file, mode & ~process.umask());
}
