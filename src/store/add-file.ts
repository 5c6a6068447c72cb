import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { VarveError } from '../errors.ts';
import { errnoOf, fileError } from '../remote/file-errors.ts';
import { putRecipe } from './add-stream.ts';
import type { BlobSink } from './blob-sink.ts';
import type { Block, CutBlock } from './block-cutter.ts';
import { DATA_CHUNKS } from './chunker.ts';
import { inOrder } from './concurrency.ts';
import { cutterFor } from './cutters.ts';
import { DIGEST_BYTES, type Digest, type RawDigest, rawDigestOf, toDigest } from './digest.ts';
import { layoutOf, SMALLEST_CHUNKED } from './layout.ts';
import { RecipeBuilder } from './recipe.ts';

export interface AddFileOptions {
  /** Called with the count of bytes read since the last call. */
  readonly onBytes?: (count: number) => void;
}

const HEADROOM = DATA_CHUNKS.maximum;
const BLOCK = 4 * 1024 * 1024;
/** Blocks of one file in memory: one is read while another is cut and a third is packed. */
const BLOCKS = 3;
/** Never through a link, and never waiting for the other end of a named pipe; both flags are absent on Windows. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Takes in a file in one reading. @throws VarveError `source-changed`, `not-a-file`, `symlink-refused` and what reading meets */
export async function addFile(
  sink: BlobSink,
  path: string,
  options: AddFileOptions,
): Promise<{ digest: Digest; size: number }> {
  const small = readSmall(path);
  if (small !== undefined) {
    const digest = rawDigestOf(small);
    await sink.putBlob(digest, small, 'data');
    options.onBytes?.(small.length);
    return { digest: toDigest(digest), size: small.length };
  }
  const file = await open(path, FLAGS).catch((error: unknown) => {
    throw sourceError(error, path);
  });
  try {
    return await addLarge(sink, file, path, options.onBytes ?? (() => undefined));
  } catch (error) {
    throw sourceError(error, path);
  } finally {
    await file.close();
  }
}

/** Small files are read into this one after another: a fresh buffer for each costs more than the reading. */
const scratch = Buffer.allocUnsafeSlow(SMALLEST_CHUNKED + 1);

/**
 * The bytes of a small file until the next is read, undefined where it is large. Synchronous: five trips to the thread pool
 * take several times longer than reading a few KiB.
 */
function readSmall(path: string): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, FLAGS);
    const before = fstatSync(file);
    if (!before.isFile()) throw notAFile(path);
    if (before.size > SMALLEST_CHUNKED) return undefined;
    let length = 0;
    for (let read = -1; read !== 0 && length < before.size; length += read) {
      read = readSync(file, scratch, length, before.size + 1 - length, null);
    }
    assertUnchanged(before, fstatSync(file), length, path);
    return scratch.subarray(0, length);
  } catch (error) {
    throw sourceError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function addLarge(sink: BlobSink, file: FileHandle, path: string, onBytes: (count: number) => void) {
  const before = await file.stat();
  const { size } = before;
  const head = Buffer.alloc(16);
  await file.read(head, 0, head.length, 0);
  const layout = layoutOf(size, head);
  const assertSame = async (length: number): Promise<void> =>
    assertUnchanged(before, await file.stat(), length, path);
  if (layout === 'chunks') return addChunked(sink, file, size, assertSame, onBytes);
  if (layout === 'whole') return addWhole(sink, file, path, size, assertSame, onBytes);
  const bytes = await file.readFile();
  await assertSame(bytes.length);
  const digest = rawDigestOf(bytes);
  await sink.putBlob(digest, bytes, 'data');
  onBytes(size);
  return { digest: toDigest(digest), size };
}

/** Read twice: to learn its name, and to write it under that name; the writer checks that both saw the same. */
async function addWhole(
  sink: BlobSink,
  file: FileHandle,
  path: string,
  size: number,
  assertSame: (length: number) => Promise<void>,
  onBytes: (count: number) => void,
): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const block of readBlocks(file)) {
    hash.update(bytesOf(block));
    length += block.end - block.start;
    onBytes(block.end - block.start);
  }
  await assertSame(length);
  const digest = hash.digest();
  await sink.putWhole(digest, { path, size });
  await assertSame(size);
  return { digest: toDigest(digest), size };
}

async function addChunked(
  sink: BlobSink,
  file: FileHandle,
  size: number,
  assertSame: (length: number) => Promise<void>,
  onBytes: (count: number) => void,
): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  const recipe = new RecipeBuilder();
  const cutter = cutterFor(size);
  try {
    const cut = async (block: Block): Promise<{ block: Block; cut: CutBlock }> => {
      const cutting = cutter.cut(block);
      hash.update(bytesOf(block));
      return { block, cut: await cutting };
    };
    for await (const done of inOrder(readBlocks(file), BLOCKS, cut)) {
      await putChunks(sink, done.block, done.cut, recipe);
      onBytes(done.block.end - done.block.start);
    }
  } finally {
    await cutter.close();
  }
  await assertSame(recipe.size);
  const digest: RawDigest = hash.digest();
  await putRecipe(sink, digest, recipe);
  return { digest: toDigest(digest), size };
}

async function putChunks(sink: BlobSink, block: Block, cut: CutBlock, recipe: RecipeBuilder): Promise<void> {
  let at = cut.start;
  for (const [ordinal, length] of cut.lengths.entries()) {
    const digest = cut.digests.subarray(ordinal * DIGEST_BYTES, (ordinal + 1) * DIGEST_BYTES);
    recipe.add(digest, length);
    await sink.putBlob(digest, block.buffer.subarray(at, at + length), 'data');
    at += length;
  }
}

/** The file from its beginning, in full blocks but for the last. A block's buffer is used again BLOCKS blocks later. */
async function* readBlocks(file: FileHandle): AsyncGenerator<Block> {
  const buffers = Array.from(
    { length: BLOCKS },
    () => new Uint8Array(new SharedArrayBuffer(HEADROOM + BLOCK)),
  );
  let position = 0;
  for (let turn = 0; ; turn++) {
    const buffer = buffers[turn % BLOCKS]!;
    let end = HEADROOM;
    while (end < buffer.length) {
      const { bytesRead } = await file.read(buffer, end, buffer.length - end, position);
      if (bytesRead === 0) break;
      end += bytesRead;
      position += bytesRead;
    }
    const isLast = end < buffer.length;
    yield { buffer, start: HEADROOM, end, isLast };
    if (isLast) return;
  }
}

function bytesOf(block: Block): Uint8Array {
  return block.buffer.subarray(block.start, block.end);
}

function assertUnchanged(before: Stats, after: Stats, length: number, path: string): void {
  if (before.size === after.size && before.mtimeMs === after.mtimeMs && after.size === length) return;
  throw new VarveError('source-changed', `${path} was changed while it was being read`, {
    path,
    remedy: 'Run the command again when nothing writes to this file.',
  });
}

function sourceError(error: unknown, path: string): VarveError {
  if (errnoOf(error) !== 'ELOOP') return fileError(error, 'read', path);
  return new VarveError('symlink-refused', `${path} is a symbolic link`, {
    path,
    remedy: 'Put the file itself there, or name it in .varveignore: a snapshot holds no links.',
    cause: error,
  });
}

function notAFile(path: string): VarveError {
  return new VarveError('not-a-file', `${path} is not a regular file`, {
    path,
    remedy: 'Name it in .varveignore: a snapshot holds files and folders only.',
  });
}
