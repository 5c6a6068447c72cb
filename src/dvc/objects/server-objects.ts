import { statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgain } from '../../base/ask-again.ts';
import { removeQuietly, unfinishedName } from '../../base/files/atomic-write.ts';
import { systemError } from '../../base/files/system-errors.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { BucketRemote } from '../../remote/bucket/bucket.ts';
import type { Remote } from '../../remote/remote.ts';
import { digestOf } from '../../store/format/digest.ts';
import { type ObjectId, objectKey } from '../format/object-id.ts';
import type { DvcContext } from '../tree/context.ts';
import { temporaryFolder } from './object-io.ts';
import type { ObjectRemote } from './object-remote.ts';

/** Requests on their way at once: enough to hide the way to a server, few enough to bound memory to their objects. */
const JOBS = 48;
/** Received objects up to this size are kept in memory until they are checked. */
const MAX_IN_MEMORY_BYTES = 4 * 1024 * 1024;
/** Names on one page of a listing. */
const PAGE = 1000;

/** Objects up to this size go into archives. */
const MAX_ARCHIVED_BYTES = 256 * 1024;
/** An archive takes as much memory, and about as long to unpack as an answer may take to begin. */
const ARCHIVE_BYTES = 8 * 1024 * 1024;
/** Few enough that all connections have work to the end. */
const ARCHIVE_OBJECTS = 250;
/** The fewest objects that are sent as an archive. It holds for the first archive too, for which all others wait. */
const MIN_ARCHIVE_OBJECTS = 16;
const ARCHIVES_AT_ONCE = 6;

interface Sized {
  readonly id: ObjectId;
  readonly size: number;
}

/** A remote on a server; that of a bucket may take many objects in one request. */
type ServerRemote = Remote & Partial<Pick<BucketRemote, 'mayUnpack' | 'unpack'>>;

/** A remote on a server, in DVC's layout. */
export class ServerObjects implements ObjectRemote {
  readonly url: string;
  readonly jobs: number;
  readonly #context: DvcContext;
  readonly #remote: ServerRemote;
  readonly #canList: boolean;

  /** @param canList false of a server that need not say which files it has */
  constructor(context: DvcContext, remote: ServerRemote, jobs: number = JOBS, canList = true) {
    this.#context = context;
    this.#canList = canList;
    this.#remote = remote;
    this.url = remote.url;
    this.jobs = jobs;
  }

  /** Ask for each object, or list all if that is fewer requests: DVC's digests spread evenly, so `00` tells how many there are. */
  async present(ids: readonly ObjectId[]): Promise<ReadonlySet<ObjectId>> {
    const found = new Set<ObjectId>();
    for (const hash of ['md5', 'md5-dos2unix'] as const) {
      const group = ids.filter((id) => id.hash === hash);
      const prefix = hash === 'md5' ? 'files/md5/' : '';
      const keys = this.#canList && group.length > 64 ? await this.#listing(prefix, group.length) : undefined;
      if (keys !== undefined) {
        for (const id of group) if (keys.has(objectKey(id))) found.add(id);
        continue;
      }
      await forEach(group, this.jobs, async (id) => {
        if ((await this.#remote.head(objectKey(id))) !== undefined) found.add(id);
      });
    }
    return found;
  }

  /** Send the objects; small ones go many in one request, as an archive, if the server unpacks those. */
  async upload(ids: readonly ObjectId[], jobs: number, onSent: (bytes: number) => void): Promise<void> {
    const { archives, single } = planUpload(this.#context.repository.config.cacheDir, ids);
    const left: Sized[][] = [];
    const send = async (archive: Sized[]) => {
      this.#context.signal?.throwIfAborted();
      if (!(await this.#uploadArchive(archive))) left.push(archive);
      else for (const { size } of archive) onSent(size);
    };
    // The first one shows whether the server unpacks.
    if (archives.length > 0) await send(archives[0]!);
    await forEach(archives.slice(1), Math.min(jobs, ARCHIVES_AT_ONCE), send);
    await forEach([...left.flat(), ...single], jobs, async ({ id }) => {
      this.#context.signal?.throwIfAborted();
      onSent(await this.#uploadOne(id));
    });
  }

  async #uploadArchive(archive: readonly Sized[]): Promise<boolean> {
    const root = this.#context.repository.config.cacheDir;
    if (!this.#remote.mayUnpack) return false;
    const job = { kind: 'pack', root, ids: archive.map(({ id }) => id) } as const;
    const { id, bytes, sha256 } = await this.#context.pool.run(job);
    return (await this.#remote.unpack?.(bytes!, sha256!, objectKey(id))) ?? false;
  }

  async #uploadOne(id: ObjectId): Promise<number> {
    const root = this.#context.repository.config.cacheDir;
    const key = objectKey(id);
    const { bytes, sha256, facts } = await this.#context.pool.run({ kind: 'load', root, id });
    const body = bytes ?? { path: join(root, key), size: facts.size };
    // What lies there under this name has this MD5, or is damage: writing over either is right, and saves a request.
    await this.#remote.write(key, body, { sha256: sha256!, overwrite: true });
    return facts.size;
  }

  download(id: ObjectId): Promise<number> {
    const { cacheDir: root, shared } = this.#context.repository.config;
    return askAgain(async () => {
      const from = await this.#receive(objectKey(id));
      return (await this.#context.pool.run({ kind: 'save', root, id, from, shared })).facts.size;
    });
  }

  check(id: ObjectId): Promise<number> {
    return askAgain(async () => {
      const from = await this.#receive(objectKey(id));
      return (await this.#context.pool.run({ kind: 'check', id, from })).facts.size;
    });
  }

  async readNote(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#remote.read(key);
    } catch (error) {
      if (error instanceof VarveError && error.code === 'object-missing') return undefined;
      throw error;
    }
  }

  async writeNote(key: string, bytes: Uint8Array): Promise<void> {
    await this.#remote.write(key, bytes, {
      sha256: digestOf(bytes).slice('sha256:'.length),
      overwrite: true,
    });
  }

  close(): Promise<void> {
    return this.#remote.close();
  }

  async #listing(prefix: string, wanted: number): Promise<ReadonlySet<string> | undefined> {
    const sample = await this.#keys([`${prefix}00/`]);
    const pages = (sample.size * 256) / PAGE;
    if (pages > wanted) return undefined;
    // Small enough to come on a few pages: one walk. Else sixteen side by side.
    const digits = [...'0123456789abcdef'];
    if (pages > 16)
      return this.#keys(digits.flatMap((first) => digits.map((second) => `${prefix}${first}${second}/`)));
    return this.#keys(prefix === '' ? digits : [prefix]);
  }

  async #keys(prefixes: readonly string[]): Promise<Set<string>> {
    const keys = new Set<string>();
    await forEach(prefixes, this.jobs, async (prefix) => {
      for await (const { key } of this.#remote.list(prefix)) keys.add(key);
    });
    return keys;
  }

  /** Receive an object into memory, or into a temporary file if it is large. */
  async #receive(key: string): Promise<Uint8Array | { readonly temporary: string }> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    const stream = this.#remote.stream(key)[Symbol.asyncIterator]();
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      pieces.push(next.value);
      size += next.value.length;
      if (size > MAX_IN_MEMORY_BYTES) return { temporary: await this.#spill(pieces, stream) };
    }
    // Copied, so that it can be given away to a worker whole.
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  async #spill(pieces: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): Promise<string> {
    const folder = temporaryFolder(this.#context.repository.config.cacheDir);
    const path = join(folder, unfinishedName());
    try {
      await mkdir(folder, { recursive: true });
      const file = await open(path, 'wx', 0o600);
      try {
        for (const piece of pieces) await file.writeFile(piece);
        for (let next = await rest.next(); !next.done; next = await rest.next()) {
          this.#context.signal?.throwIfAborted();
          await file.writeFile(next.value);
        }
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      removeQuietly(path);
      throw systemError(error, 'write', path, 'store');
    }
  }
}

/**
 * Decide which objects go together, and which alone: the large ones, and small ones if they are too few to be worth an
 * archive.
 */
function planUpload(root: string, ids: readonly ObjectId[]): { archives: Sized[][]; single: Sized[] } {
  const archives: Sized[][] = [];
  const single: Sized[] = [];
  let open: Sized[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length < MIN_ARCHIVE_OBJECTS) single.push(...open);
    else archives.push(open);
    open = [];
    bytes = 0;
  };
  for (const id of ids) {
    // What went away meanwhile is told of when it is read.
    const size = statSync(join(root, objectKey(id)), { throwIfNoEntry: false })?.size ?? 0;
    if (size > MAX_ARCHIVED_BYTES) {
      single.push({ id, size });
      continue;
    }
    const most = archives.length === 0 ? MIN_ARCHIVE_OBJECTS : ARCHIVE_OBJECTS;
    if (open.length === most || bytes + size > ARCHIVE_BYTES) close();
    open.push({ id, size });
    bytes += size;
  }
  close();
  return { archives, single };
}
