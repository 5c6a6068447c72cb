import { type FileHandle, open } from 'node:fs/promises';
import { VarveError } from '../../errors.ts';
import { compressionOf, type SourceFile, shownPath } from '../source-file.ts';
import { formatOf } from './format.ts';
import { readThrough } from './text/lines.ts';

/**
 * DuckDB takes a compressed text that was cut for a shorter one, and looks at no checksum of gzip's. So what is compressed is
 * looked at whole: gzip is decompressed to nothing; of zstd, whose checksums DuckDB does look at, the heads of its blocks
 * are followed to the end (RFC 8878).
 * @throws VarveError `table-unreadable` if the file is cut or damaged
 */
export async function assertWhole(file: SourceFile, signal?: AbortSignal): Promise<void> {
  const compression = compressionOf(file);
  try {
    if (compression === 'gzip') await readThrough(file, isDelimited(file), signal);
    if (compression === 'zstd' && (await followFrames(file.absolutePath)) > SUSPICIOUS)
      await readThrough(file, isDelimited(file), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VarveError) throw error;
    const said = (error as Error).message.replace(
      'incorrect header check',
      'it is not gzip, as its name says',
    );
    throw new VarveError('table-unreadable', `${shownPath(file)}: ${said}`, {
      remedy: 'The file was cut or damaged on its way: copy it again.',
      path: shownPath(file),
      cause: error,
    });
  }
}

/** Text that shrinks to a hundredth is mostly one byte again and again, in lines that have no end. */
const SUSPICIOUS = 100;

function isDelimited({ path }: SourceFile): boolean {
  const format = formatOf(path);
  return format === 'csv' || format === 'tsv';
}

/** The most bytes of a block of zstd, decompressed. */
const BLOCK_BYTES = 128 * 1024;

/** How many times as large the text is, at most. */
async function followFrames(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw new Error('it is empty, not zstd');
    const count = { blocks: 0 };
    for (let at = 0; at < size; ) at = await endOfFrame(file, at, size, count);
    return (count.blocks * BLOCK_BYTES) / size;
  } finally {
    await file.close();
  }
}

/** The bytes of a dictionary's id, by the low two bits of the first byte of a frame's head. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];

async function endOfFrame(
  file: FileHandle,
  start: number,
  size: number,
  count: { blocks: number },
): Promise<number> {
  const magic = (await bytesAt(file, start, 4)).readUInt32LE();
  if (magic >>> 4 === 0x184d2a5)
    return within(start + 8 + (await bytesAt(file, start + 4, 4)).readUInt32LE(), size);
  if (magic !== 0xfd2fb528) throw new Error('it is not zstd, as its name says');
  const head = (await bytesAt(file, start + 4, 1)).readUInt8();
  const single = (head & 32) > 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][head >> 6] as number;
  let at = start + 5 + (single ? 0 : 1) + (DICTIONARY_ID_BYTES[head & 3] as number) + sizeBytes;
  for (let last = false; !last; ) {
    const block = (await bytesAt(file, at, 3)).readUIntLE(0, 3);
    last = (block & 1) === 1;
    count.blocks++;
    const repeated = ((block >> 1) & 3) === 1;
    at = within(at + 3 + (repeated ? 1 : block >> 3), size);
  }
  return within(at + ((head & 4) > 0 ? 4 : 0), size);
}

function within(end: number, size: number): number {
  if (end > size) throw new Error('it ends within a block of zstd');
  return end;
}

async function bytesAt(file: FileHandle, position: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, position);
  if (bytesRead < count) throw new Error('it ends within a frame of zstd');
  return buffer;
}
