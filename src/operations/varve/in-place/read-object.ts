import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { VarveError } from '../../../errors.ts';
import type { ByteRange } from '../../../remote/remote.ts';
import type { DataSource } from '../../../remote/source/source.ts';
import type { Digest } from '../../../store/format/digest.ts';
import { keyOf, type SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import type { Batch } from '../../../store/writing/batch.ts';

/** Larger objects pass through a file, so that the store can lay them out as it does any file. */
const MAX_IN_MEMORY_BYTES = 128 * 1024;
/** An ETag of this form is the MD5 of the bytes, unless they are encrypted or came in parts. */
const MD5 = /^[0-9a-f]{32}$/;

interface Reading {
  readonly digest: Digest;
  /** Undefined if it says nothing. */
  readonly md5: string | undefined;
  /** Small ones. */
  readonly bytes: Uint8Array | undefined;
}

/** Reads the objects of one source into a batch, each checked before it goes in. */
export class ObjectReader {
  readonly #source: DataSource;
  readonly #batch: Batch;
  readonly #folder: string;
  readonly #onBytes: (count: number) => void;
  #files = 0;

  /** @param folder for objects on their way */
  constructor(source: DataSource, batch: Batch, folder: string, onBytes: (count: number) => void) {
    this.#source = source;
    this.#batch = batch;
    this.#folder = folder;
    this.#onBytes = onBytes;
  }

  /** Take in an object. @throws VarveError as {@link readChecked} */
  async take(file: SourceManifestEntry): Promise<Digest> {
    const path = join(this.#folder, `${this.#files++}`);
    try {
      return await this.#keep(file, await readChecked(this.#source, file, path, this.#onBytes), path);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #keep(file: SourceManifestEntry, { digest, bytes }: Reading, path: string): Promise<Digest> {
    const kept =
      bytes === undefined ? await this.#batch.addFile(path) : await this.#batch.addBytes(bytes, 'data');
    // What lay in a file on its way must be what came.
    if (kept.digest !== digest) throw damaged(this.#source.url, file);
    return digest;
  }
}

/** Read a range of an object on condition that it is still the one that was listed. @throws VarveError `source-changed` */
export async function readRange(
  source: DataSource,
  file: SourceManifestEntry,
  range: ByteRange,
  onBytes: () => void,
): Promise<Uint8Array> {
  const { size, etag, version } = file;
  const object = { key: keyOf(file), size, etag, ...(version === undefined ? {} : { version }) };
  const pieces: Uint8Array[] = [];
  for await (const piece of source.read(object, range)) {
    onBytes();
    pieces.push(piece);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/**
 * Copy an object to `target`, a new file, and keep nothing else of it. @returns its digest
 * @throws VarveError as {@link readChecked}
 */
export async function copyObject(
  source: DataSource,
  file: SourceManifestEntry,
  target: string,
  onBytes: (count: number) => void,
): Promise<Digest> {
  const { digest, bytes } = await readChecked(source, file, target, onBytes);
  if (bytes !== undefined) await writeFile(target, bytes, { flag: 'wx' });
  return digest;
}

/**
 * Read an object on condition that it is still the one that was listed. Its bytes must have the SHA-256 that is known of
 * them. Where none is, and the ETag is not their MD5 either, they are read twice: ETags of encrypted objects look like an MD5
 * and are none, but damage on the way does not strike twice alike.
 * @param path of a file that a large one is written to
 * @throws VarveError `source-changed`, `source-damaged`
 */
async function readChecked(
  source: DataSource,
  file: SourceManifestEntry,
  path: string,
  onBytes: (count: number) => void,
): Promise<Reading> {
  const first = await readOnce(source, file, path, onBytes);
  if (isWhole(first, file)) return first;
  const second = await readOnce(source, file, path, onBytes);
  const isConfirmed = file.digest === undefined && first.digest === second.digest;
  if (isConfirmed || isWhole(second, file)) return second;
  throw damaged(source.url, file);
}

async function readOnce(
  source: DataSource,
  file: SourceManifestEntry,
  path: string,
  onBytes: (count: number) => void,
): Promise<Reading> {
  const sha256 = createHash('sha256');
  const md5 = file.digest === undefined && MD5.test(file.etag) ? createHash('md5') : undefined;
  const passing = passed(source, file, (piece) => {
    sha256.update(piece);
    md5?.update(piece);
    onBytes(piece.length);
  });
  const pieces: Uint8Array[] = [];
  const isSmall = file.size <= MAX_IN_MEMORY_BYTES;
  if (isSmall) for await (const piece of passing) pieces.push(piece);
  else await pipeline(passing, createWriteStream(path));
  return {
    digest: `sha256:${sha256.digest('hex')}`,
    md5: md5?.digest('hex'),
    bytes: isSmall ? Buffer.concat(pieces) : undefined,
  };
}

async function* passed(
  source: DataSource,
  file: SourceManifestEntry,
  look: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source.read({ ...file, key: keyOf(file) })) {
    look(piece);
    yield piece;
  }
}

function isWhole({ digest, md5 }: Reading, file: SourceManifestEntry): boolean {
  return file.digest === undefined ? md5 === undefined || md5 === file.etag : digest === file.digest;
}

function damaged(url: string, file: SourceManifestEntry): VarveError {
  const { digest } = file;
  const place = file.path === '' ? url : `${url}/${keyOf(file)}`;
  const what = digest === undefined ? 'arrived in two different forms' : `does not have its digest ${digest}`;
  return new VarveError('source-damaged', `${place} ${what}, so nothing of it was kept`, {
    path: place,
    remedy:
      'Look for a proxy or a disk that damages what passes through it; where the object itself is damaged, put it back from a copy.',
  });
}
