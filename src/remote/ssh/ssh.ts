/**
 * The client for SFTP, over ssh2. It may not retry, nor know varve's keys: the remote does both for all clients alike.
 */

import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { SFTPWrapper, Stats as SftpStats } from 'ssh2';
import { asBuffer } from '../../base/as-buffer.ts';
import { forEach, inOrder } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { GetRequest, OpenObject } from '../bucket/client.ts';
import { absent, type FileClient, type RemoteFile, type SentFile, stateOf } from '../files/client.ts';
import type { FilePlace } from '../url.ts';
import { type SshOptions, type SshTarget, sshTarget } from './config.ts';
import { connect, lost, type SshConnection, signInTo } from './connection.ts';

/** The SFTP protocol's answers: draft-ietf-secsh-filexfer-02, section 7. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const FAILURE = 4;
const NO_CONNECTION = [6, 7];
const UNSUPPORTED = 8;
/** Requests of one file on their way at once: with {@link BLOCK}, 4 MiB, which fills a line of 100 ms at 40 MiB/s. */
const WINDOW = 32;
/** As much as OpenSSH answers in one message, with room for its head. */
const BLOCK = 128 * 1024;

/** Open a folder at an SSH server. Nothing is contacted yet. @throws VarveError `ssh-config-invalid` */
export function openSsh(place: FilePlace, options: SshOptions = {}): FileClient {
  return new SshFiles(sshTarget(place.host, { ...place, ...options }), place.path);
}

type Session = { readonly connection: SshConnection; readonly root: string };
type Callback<T> = (error: Error | null | undefined, value: T) => void;

class SshFiles implements FileClient {
  readonly bucket: string;
  readonly server: string;
  readonly namedBy = 'the URL, or what ~/.ssh/config says of its host,';
  readonly signIn: string;
  readonly rights = 'the right to read, write and list that folder';
  readonly #target: SshTarget;
  readonly #path: string;
  #session: Promise<Session> | undefined;
  #isClosed = false;

  constructor(target: SshTarget, path: string) {
    this.#target = target;
    this.#path = path;
    this.bucket = path;
    this.server = target.port === 22 ? target.host : `${target.host}:${target.port}`;
    this.signIn = signInTo(target);
  }

  async stat(path: string): Promise<RemoteFile | undefined> {
    return this.#run(path, async (sftp, full) => {
      try {
        return factsOf('', await call<SftpStats>((done) => sftp.lstat(full, done)));
      } catch (error) {
        if (statusOf(error) === NO_SUCH_FILE) return undefined;
        throw error;
      }
    });
  }

  list(folder: string): Promise<RemoteFile[]> {
    return this.#run(folder, async (sftp, full) => {
      try {
        const entries = await call<{ filename: string; attrs: SftpStats }[]>((done) =>
          sftp.readdir(full, done as never),
        );
        return entries.map(({ filename, attrs }) => factsOf(filename, attrs));
      } catch (error) {
        if (statusOf(error) === NO_SUCH_FILE) return [];
        throw error;
      }
    });
  }

  get(path: string, { offset = 0, length, etag }: GetRequest): Promise<OpenObject> {
    return this.#run(path, async (sftp, full, _, connection) => {
      const handle = await call<Buffer>((done) => sftp.open(full, 'r', done));
      try {
        const stats = await call<SftpStats>((done) => sftp.fstat(handle, done));
        const found = factsOf('', stats);
        if (found.kind !== 'file') throw absent(path);
        const state = stateOf(found);
        if (etag !== undefined && etag !== state)
          throw Object.assign(new Error('It was replaced'), { code: 'PreconditionFailed' });
        const announced = Math.max(0, Math.min(length ?? found.size - offset, found.size - offset));
        const body = Readable.from(readBlocks(connection, handle, offset, announced), { objectMode: false });
        return { body, length: announced, size: found.size, etag: state };
      } catch (error) {
        sftp.close(handle, () => undefined);
        throw error;
      }
    });
  }

  create(path: string, upload: SentFile): Promise<void> {
    return this.#run(path, async (sftp, full) => {
      const handle = await call<Buffer>((done) => sftp.open(full, 'w', done));
      try {
        await writeBlocks(sftp, handle, upload.open());
        await call<void>((done) => sftp.ext_openssh_fsync(handle, done as never)).catch(ifUnsupported);
      } finally {
        await call<void>((done) => sftp.close(handle, done as never));
      }
    });
  }

  rename(from: string, to: string, overwrite: boolean): Promise<boolean> {
    return this.#run(from, async (sftp, full, root) => {
      const target = posix.join(root, to);
      if (overwrite) {
        await call<void>((done) => sftp.ext_openssh_rename(full, target, done as never)).catch((error) => {
          ifUnsupported(error);
          return renameOver(sftp, full, target);
        });
        return true;
      }
      const isDone = await linked(sftp, full, target);
      if (isDone) await call<void>((done) => sftp.unlink(full, done as never)).catch(() => undefined);
      return isDone;
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.#run(path, (sftp, full) => makeFolders(sftp, full));
  }

  remove(path: string): Promise<void> {
    return this.#run(path, async (sftp, full) => {
      try {
        await call<void>((done) => sftp.unlink(full, done as never));
      } catch (error) {
        if (statusOf(error) === NO_SUCH_FILE) return;
        // A folder is no object.
        const found = await call<SftpStats>((done) => sftp.lstat(full, done)).catch(() => undefined);
        if (found?.isDirectory()) return;
        throw error;
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    void this.#session?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  async #run<T>(
    path: string,
    request: (sftp: SFTPWrapper, full: string, root: string, connection: SshConnection) => Promise<T>,
  ): Promise<T> {
    const { connection, root } = await this.#connected();
    try {
      const full = posix.join(root, path);
      return await connection.answered(request(connection.sftp, full, root, connection));
    } catch (error) {
      throw connection.isOpen ? asFault(error, path) : inPlaceOf(error);
    }
  }

  /** The connection that there is, or the next one, which all share that find it lost. */
  async #connected(): Promise<Session> {
    if (this.#isClosed) throw lost();
    this.#session ??= this.#open();
    const current = this.#session;
    const session = await current.catch((error: unknown) => {
      if (this.#session === current) this.#session = undefined;
      throw error;
    });
    if (session.connection.isOpen) return session;
    if (this.#session === current) this.#session = undefined;
    return this.#connected();
  }

  async #open(): Promise<Session> {
    const connection = await connect(this.#target);
    if (!this.#path.startsWith('~')) return { connection, root: this.#path };
    const home = await call<string>((done) => connection.sftp.realpath('.', done as never));
    return { connection, root: posix.join(home, this.#path.slice(1)) };
  }
}

/** Read `length` bytes of an open file, many blocks at once but in their order, and close it. */
async function* readBlocks(
  connection: SshConnection,
  handle: Buffer,
  from: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const { sftp } = connection;
  try {
    yield* inOrder(blockRanges(from, length), WINDOW, ({ at, size }) =>
      connection.answered(readBlock(sftp, handle, at, size)),
    );
  } catch (error) {
    throw connection.isOpen ? asFault(error, '') : inPlaceOf(error);
  } finally {
    sftp.close(handle, () => undefined);
  }
}

function* blockRanges(
  from: number,
  length: number,
): Generator<{ readonly at: number; readonly size: number }> {
  for (let asked = 0; asked < length; asked += BLOCK)
    yield { at: from + asked, size: Math.min(BLOCK, length - asked) };
}

/** A server may answer with less than was asked for, and says that the file has ended where it has. */
async function readBlock(sftp: SFTPWrapper, handle: Buffer, at: number, size: number): Promise<Buffer> {
  const block = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size; ) {
    const count = await new Promise<number>((resolve, reject) => {
      sftp.read(handle, block, done, size - done, at + done, (error, bytesRead) =>
        error ? reject(error) : resolve(bytesRead),
      );
    });
    if (count === 0) throw Object.assign(new Error('The file ended early'), { code: 'BodyTruncated' });
    done += count;
  }
  return block;
}

async function writeBlocks(sftp: SFTPWrapper, handle: Buffer, body: Uint8Array | Readable): Promise<void> {
  try {
    await forEach(blocksOf(body), WINDOW, ({ block, at }) =>
      call<void>((done) => sftp.write(handle, block, 0, block.length, at, done as never)),
    );
  } finally {
    if (body instanceof Readable) body.destroy();
  }
}

async function* blocksOf(
  body: Uint8Array | Readable,
): AsyncGenerator<{ readonly block: Buffer; readonly at: number }> {
  const pieces = body instanceof Uint8Array ? [body] : (body as AsyncIterable<Uint8Array>);
  let at = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length; start += BLOCK) {
      const part = piece.subarray(start, start + BLOCK);
      yield { block: asBuffer(part), at };
      at += part.length;
    }
  }
}

/** Give a file its name by a link, which a server refuses if the name is taken, at whatever instant. */
async function linked(sftp: SFTPWrapper, from: string, to: string): Promise<boolean> {
  try {
    await call<void>((done) => sftp.ext_openssh_hardlink(from, to, done as never));
    return true;
  } catch (error) {
    if (await isThere(sftp, to)) return false;
    if (statusOf(error) === NO_SUCH_FILE || statusOf(error) === PERMISSION_DENIED) throw error;
    if (!isUnsupported(error) && statusOf(error) !== FAILURE) throw error;
  }
  // A server without hard links. By the protocol, a rename fails if the name is taken; not every server keeps to it.
  await call<void>((done) => sftp.rename(from, to, done as never));
  return true;
}

async function isThere(sftp: SFTPWrapper, path: string): Promise<boolean> {
  return call<SftpStats>((done) => sftp.lstat(path, done)).then(
    () => true,
    (error: unknown) => {
      if (statusOf(error) === NO_SUCH_FILE) return false;
      throw error;
    },
  );
}

/** Of a server that only renames to a free name. A reader may then find no file for a moment. */
async function renameOver(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  await call<void>((done) => sftp.unlink(to, done as never)).catch((error: unknown) => {
    if (statusOf(error) !== NO_SUCH_FILE) throw error;
  });
  await call<void>((done) => sftp.rename(from, to, done as never));
}

async function makeFolders(sftp: SFTPWrapper, path: string): Promise<void> {
  try {
    await call<void>((done) => sftp.mkdir(path, done as never));
  } catch (error) {
    const found = await call<SftpStats>((done) => sftp.stat(path, done)).catch(() => undefined);
    if (found?.isDirectory()) return;
    if (found !== undefined) throw Object.assign(new Error(`${path} is a file`), { code: 'NotADirectory' });
    if (statusOf(error) !== NO_SUCH_FILE || posix.dirname(path) === path) throw error;
    await makeFolders(sftp, posix.dirname(path));
    await makeFolders(sftp, path);
  }
}

function call<T>(request: (done: Callback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    request((error, value) => (error ? reject(error) : resolve(value)));
  });
}

function factsOf(name: string, stats: SftpStats): RemoteFile {
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'folder'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return { name, kind, size: stats.size, modified: new Date(stats.mtime * 1000) };
}

function statusOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** An extension that the server does not announce is refused before anything is sent. */
function isUnsupported(error: unknown): boolean {
  return statusOf(error) === UNSUPPORTED || /does not support this extended request/.test(String(error));
}

function ifUnsupported(error: unknown): void {
  if (!isUnsupported(error)) throw error;
}

/** What a request failed with when the connection went: what varve itself found out stands. */
function inPlaceOf(error: unknown): unknown {
  return error instanceof VarveError ? error : lost();
}

/** An answer of the protocol in the codes that all remotes share. */
function asFault(error: unknown, path: string): unknown {
  const status = statusOf(error);
  const message = (error as Error).message;
  const fault = (code: string): Error => Object.assign(new Error(message), { code });
  if (status === NO_SUCH_FILE) return absent(path);
  if (status === PERMISSION_DENIED) return fault('AccessDenied');
  if (status !== undefined && NO_CONNECTION.includes(status)) return lost();
  if (status === FAILURE) return fault('SftpFailure');
  if (/No response from server|Not connected|Channel closed|not writable/i.test(message ?? '')) return lost();
  return status === undefined ? error : fault(`SftpStatus${status}`);
}
