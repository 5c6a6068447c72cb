import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { READ_FLAGS } from '../../base/files/plain-file.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import type { Block, CutBlock } from '../chunking/block-cutter.ts';
import { DATA_CHUNKS, FIXED_BLOCKS } from '../chunking/chunker.ts';
import { cutterFor, type FileCutter } from '../chunking/file-cutters.ts';
import { type Layout, layoutOf, MAX_SMALL_FILE_BYTES } from '../chunking/file-layout.ts';
import { isCutByContent } from '../chunking/parquet-pages.ts';
import { type Digest, digestAt, type RawDigest, rawDigestOf, toDigest } from '../format/digest.ts';
import { RecipeBuilder } from '../format/recipe.ts';
import { addStream, putRecipe } from './add-stream.ts';
import type { BlobSink } from './blob-sink.ts';
import type { ReadGroup, SmallFileReaders } from './small-file-readers.ts';
import { assertUnchanged, type FileToRead, readSmallFile, sourceError } from './small-files.ts';

export interface AddedFile {
  readonly digest: Digest;
  readonly size: number;
  /** What the blocks of a large file are verified by: its recipe or block list. */
  readonly blocks?: Digest;
}

export interface AddFileOptions {
  /** Called with the count of bytes read since the last call. */
  readonly onBytes?: (count: number) => void;
  /** Stops between two blocks of a large file; what is thrown is then its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes before a block, for the end of the one before, which may be half a chunk. */
const HEADROOM = Math.max(DATA_CHUNKS.maximum, FIXED_BLOCKS.maximum);
const BLOCK = 4 * 1024 * 1024;
/** Blocks of one file in memory: one is read while another is cut and a third is packed. */
const BLOCKS = 3;

/**
 * Take in a file. It is read once, unless it becomes a whole object of a store that is not local.
 * @throws VarveError `source-changed`, `file-expected`, `symlink-refused`, and what reading meets
 */
export async function addFile(sink: BlobSink, path: string, options: AddFileOptions): Promise<AddedFile> {
  const small = readSmall(path);
  if (small !== undefined) {
    const digest = rawDigestOf(small);
    await sink.putBlob(digest, small, 'data');
    options.onBytes?.(small.length);
    return { digest: toDigest(digest), size: small.length };
  }
  const file = await open(path, READ_FLAGS).catch((error: unknown) => {
    throw sourceError(error, path);
  });
  try {
    return await addLarge(sink, file, path, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw sourceError(error, path);
  } finally {
    await file.close();
  }
}

/**
 * Take in files, each no larger than MAX_SMALL_FILE_BYTES when it was last seen, and yield their digests and sizes in their order, some at a time.
 * @param readers threads that read the files; without them, this thread does
 * @throws VarveError as {@link addFile}
 */
export async function* addSmallFiles(
  sink: BlobSink,
  files: Iterable<FileToRead>,
  readers: SmallFileReaders | undefined,
): AsyncGenerator<readonly AddedFile[]> {
  if (readers === undefined) {
    for (const { path } of files) yield [await addFile(sink, path, {})];
    return;
  }
  for await (const group of readers.read(files)) yield await addRead(sink, group);
}

async function addRead(sink: BlobSink, { files, bytes, lengths, digests }: ReadGroup): Promise<AddedFile[]> {
  const added: AddedFile[] = [];
  let at = 0;
  for (const [ordinal, { path }] of files.entries()) {
    const size = lengths[ordinal]!;
    // A file that the thread could not read is read again here, which says what is wrong.
    if (size < 0) {
      added.push(await addFile(sink, path, {}));
      continue;
    }
    const digest = digestAt(digests, ordinal);
    await sink.putBlob(digest, bytes.subarray(at, at + size), 'data');
    at += size;
    added.push({ digest: toDigest(digest), size });
  }
  return added;
}

/** Small files are read into this buffer one after another: a fresh buffer for each costs more than the reading. */
const scratch = Buffer.allocUnsafeSlow(MAX_SMALL_FILE_BYTES + 1);

/** Read a small file; undefined if it is large. The bytes are valid until the next call. */
function readSmall(path: string): Uint8Array | undefined {
  const length = readSmallFile(path, scratch);
  return length === undefined ? undefined : scratch.subarray(0, length);
}

async function addLarge(sink: BlobSink, file: FileHandle, path: string, options: AddFileOptions) {
  const before = await file.stat();
  const { size } = before;
  const head = Buffer.alloc(16);
  await file.read(head, 0, head.length, 0);
  const layout = await layoutOfFile(file, size, head);
  const assertSame = async (length: number): Promise<void> =>
    assertUnchanged(before, await file.stat(), length, path);
  if (layout === 'chunks') return addChunked(sink, file, size, assertSame, options);
  if (layout === 'whole') return addWholeObject(sink, file, path, size, assertSame, options);
  const bytes = await file.readFile();
  await assertSame(bytes.length);
  const digest = rawDigestOf(bytes);
  await sink.putBlob(digest, bytes, 'data');
  options.onBytes?.(size);
  return { digest: toDigest(digest), size };
}

/** Parquet is left whole, to be read in place, unless its pages were cut by content, which is done for the sake of chunks. */
async function layoutOfFile(file: FileHandle, size: number, head: Buffer): Promise<Layout> {
  const layout = layoutOf(size, head);
  if (layout !== 'whole' || head.toString('latin1', 0, 4) !== 'PAR1') return layout;
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  return (await isCutByContent(read, size)) ? 'chunks' : layout;
}

/** Learn the digest of a file, and write it under that name: of a local store, at once, else by another reading, which the writer compares. */
async function addWholeObject(
  sink: BlobSink,
  file: FileHandle,
  path: string,
  size: number,
  assertSame: (length: number) => Promise<void>,
  options: AddFileOptions,
): Promise<AddedFile> {
  const list = new RecipeBuilder('blocks');
  const copy = await sink.beginCopy(path, size);
  try {
    const readable = copy?.readable(file) ?? file;
    const digest = await hashAndCut(readable, cutterFor(size, 'blocks'), options, {
      write: async (bytes) => copy?.write(bytes),
      use: async (_, cut) => listChunks(cut, list),
    });
    await assertSame(list.size);
    await sink.putWholeObject(digest, copy?.isWhole ? copy.body : { path, size }, options.signal);
    await assertSame(size);
    const { digest: blocks } = await addStream(sink, [list.finish(digest)], 'meta');
    return { digest: toDigest(digest), size, blocks: toDigest(blocks) };
  } finally {
    await copy?.close();
  }
}

async function addChunked(
  sink: BlobSink,
  file: FileHandle,
  size: number,
  assertSame: (length: number) => Promise<void>,
  options: AddFileOptions,
): Promise<AddedFile> {
  const recipe = new RecipeBuilder();
  const digest = await hashAndCut(file, cutterFor(size, 'chunks'), options, {
    use: (block, cut) => putChunks(sink, block, cut, recipe),
  });
  await assertSame(recipe.size);
  const blocks = await putRecipe(sink, digest, recipe);
  return { digest: toDigest(digest), size, blocks: toDigest(blocks) };
}

interface BlockUse {
  /** Given the bytes of each block, which stay as they are until this resolves. */
  readonly write?: (bytes: Uint8Array) => Promise<void>;
  /** Given each block once it is cut, in order. */
  readonly use: (block: Block, cut: CutBlock) => Promise<void>;
}

/** Read a file to its end: cut and hash its pieces, and hash the whole meanwhile. @returns the SHA-256 of the whole */
async function hashAndCut(
  file: FileHandle,
  cutter: FileCutter,
  { onBytes, signal }: AddFileOptions,
  { write, use }: BlockUse,
): Promise<RawDigest> {
  const hash = createHash('sha256');
  try {
    const cut = async (block: Block): Promise<{ block: Block; cut: CutBlock }> => {
      const bytes = bytesOf(block);
      const working = Promise.all([cutter.cut(block), write?.(bytes)]);
      hash.update(bytes);
      const [done] = await working;
      return { block, cut: done };
    };
    for await (const done of inOrder(readBlocks(file, signal), BLOCKS, cut)) {
      await use(done.block, done.cut);
      onBytes?.(done.block.end - done.block.start);
    }
  } finally {
    await cutter.close();
  }
  return hash.digest();
}

function listChunks({ lengths, digests }: CutBlock, list: RecipeBuilder): void {
  for (const [ordinal, length] of lengths.entries()) list.add(digestAt(digests, ordinal), length);
}

async function putChunks(sink: BlobSink, block: Block, cut: CutBlock, recipe: RecipeBuilder): Promise<void> {
  listChunks(cut, recipe);
  let at = cut.start;
  for (const [ordinal, length] of cut.lengths.entries()) {
    const digest = digestAt(cut.digests, ordinal);
    await sink.putBlob(digest, block.buffer.subarray(at, at + length), 'data');
    at += length;
  }
}

/** Read the file from its beginning, in full blocks but for the last. A block's buffer is used again BLOCKS blocks later. */
async function* readBlocks(file: FileHandle, signal: AbortSignal | undefined): AsyncGenerator<Block> {
  const buffers = Array.from(
    { length: BLOCKS },
    () => new Uint8Array(new SharedArrayBuffer(HEADROOM + BLOCK)),
  );
  let position = 0;
  for (let turn = 0; ; turn++) {
    signal?.throwIfAborted();
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
