import { createCipheriv } from 'node:crypto';
import { comparePaths, isChosen } from '../../src/base/files/path-order.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import type { Body, ByteRange, ObjectInfo, Remote } from '../../src/remote/remote.ts';
import { digestOf, toRaw } from '../../src/store/format/digest.ts';
import { encodeManifest, type ManifestEntry, readManifest } from '../../src/store/format/manifest.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import type { Store } from '../../src/store/store.ts';

/** Pseudo-random bytes that are the same in every run. */
export function seededBytes(seed: number, length: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Adds files that exist in memory only, as a directory. */
export async function addFolder(
  store: Store,
  path: string,
  files: ReadonlyMap<string, Buffer>,
): Promise<Root> {
  const batch = store.batch();
  const entries: ManifestEntry[] = [];
  for (const name of [...files.keys()].sort(comparePaths)) {
    const bytes = files.get(name)!;
    if (bytes.subarray(0, 4).toString() === 'PAR1') {
      const digest = digestOf(bytes);
      await batch.putWholeObject(toRaw(digest), bytes);
      entries.push({ path: name, size: bytes.length, digest });
    } else entries.push({ path: name, ...(await batch.addBytes(bytes, 'data')) });
  }
  const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
  await batch.commit();
  return { path, kind: 'directory', digest };
}

export async function readFolder(store: Store, root: Root): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { path, digest, size } of readManifest(store.readStream(root.digest), root.path)) {
    if (isChosen(path, root.only)) files.set(path, Buffer.from(await store.readBytes(digest!, size)));
  }
  return files;
}

/** A real folder behind a count of requests; `isFar` hides that its files are local, as S3's are not. */
export class CountingRemote implements Remote {
  readonly url: string;
  readonly #folder: FolderRemote;
  readonly localPath?: (key: string) => string;
  counts = { list: 0, head: 0, read: 0, stream: 0, write: 0, remove: 0 };
  readBytes = 0;

  constructor(root: string, options: { isFar?: boolean } = {}) {
    this.#folder = new FolderRemote(root);
    this.url = this.#folder.url;
    if (!options.isFar) this.localPath = (key) => this.#folder.localPath(key);
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.counts = { list: 0, head: 0, read: 0, stream: 0, write: 0, remove: 0 };
    this.readBytes = 0;
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    this.counts.list += 1;
    return this.#folder.list(prefix);
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    this.counts.head += 1;
    return this.#folder.head(key);
  }

  async read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array> {
    this.counts.read += 1;
    const bytes = await this.#folder.read(key, range, memory);
    this.readBytes += bytes.length;
    return bytes;
  }

  stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    this.counts.stream += 1;
    return this.#folder.stream(key, range);
  }

  write(key: string, body: Body, options: { sha256: string; overwrite?: boolean }) {
    this.counts.write += 1;
    return this.#folder.write(key, body, options);
  }

  remove(keys: readonly string[]): Promise<void> {
    this.counts.remove += 1;
    return this.#folder.remove(keys);
  }

  claim(): Promise<void> {
    return this.#folder.claim();
  }

  async close(): Promise<void> {}
}

/** Fails unless the store gives back exactly these files. */
export async function expectFolder(
  store: Store,
  root: Root,
  files: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const read = await readFolder(store, root);
  if (read.size !== files.size) throw new Error(`${read.size} files instead of ${files.size}`);
  for (const [path, bytes] of files) {
    if (!read.get(path)?.equals(bytes)) throw new Error(`${path} differs`);
  }
}

/** The files of one of many versions of a small dataset: neighbours share most of their bytes. */
export function versionOf(version: number): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at < 30; at++)
    files.set(`f${at}`, seededBytes(at % 3 === 0 ? version * 100 + at : at, 4000));
  const large = seededBytes(777, 400_000);
  seededBytes(version, 5000).copy(large, (version * 31_337) % 390_000);
  files.set('large.bin', large);
  files.set('t.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(version, 200_000)]));
  return files;
}
