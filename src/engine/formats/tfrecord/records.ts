import { createReadStream } from 'node:fs';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { maskedCrc32c } from '../../../base/crc32c.ts';
import { firstBytes, type SourceFile } from '../../source-file.ts';
import { BinaryFault } from '../binary-fault.ts';

/**
 * Files of records as TensorFlow writes them: a length of 64 bits, its masked CRC-32C, the bytes, and their masked CRC-32C, low bytes first.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export const HEAD_BYTES = 12;
export const TAIL_BYTES = 4;

/** The longest record that is read. */
const MAX_RECORD_BYTES = 128 * 1024 * 1024;

/** How much of a file is read, and decompressed, in one turn. */
const PIECE = 1024 * 1024;

/** Some whole records of a file, one behind the other in memory. */
export interface RecordBlock {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Reads a file's records, some at a time, plain or compressed as a whole by gzip or zlib, which TensorFlow tells by no name.
 * @throws BinaryFault where the file is cut or damaged; it is about the record after those that were given
 */
export async function* recordBlocks(file: SourceFile, signal?: AbortSignal): AsyncGenerator<RecordBlock> {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = HEAD_BYTES;
  for await (const piece of streamOf(file)) {
    signal?.throwIfAborted();
    pieces.push(piece);
    held += piece.length;
    if (held < wanted) continue;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const block = wholeRecords(bytes);
    yield block;
    if (block.fault !== undefined) throw new BinaryFault(block.fault);
    const rest = bytes.subarray(block.end);
    pieces = rest.length === 0 ? [] : [rest];
    held = rest.length;
    wanted = block.wanted;
  }
  if (held > 0) throw new BinaryFault('the file ends within it');
}

export interface FoundRecords extends RecordBlock {
  /** Behind the last whole record. */
  readonly end: number;
  /** How many bytes it takes from there to go on. */
  readonly wanted: number;
  /** What is wrong with the record there. Those before it are decoded first, so that it is told of the right one. */
  readonly fault?: string;
}

/** Find the whole records at the beginning of some bytes. */
export function wholeRecords(bytes: Buffer): FoundRecords {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const found = { bytes, starts, ends, end: at, wanted: 0 };
    if (bytes.readUInt32LE(at + 8) !== maskedCrc32c(bytes, at, at + 8))
      return { ...found, fault: 'the checksum of its length does not hold' };
    const length = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
    if (length > MAX_RECORD_BYTES) return { ...found, fault: 'it is longer than 128 MiB' };
    const start = at + HEAD_BYTES;
    const end = start + length;
    if (end + TAIL_BYTES > bytes.length) return { ...found, wanted: end + TAIL_BYTES - at };
    if (bytes.readUInt32LE(end) !== maskedCrc32c(bytes, start, end))
      return { ...found, fault: 'its checksum does not hold' };
    starts.push(start);
    ends.push(end);
    at = end + TAIL_BYTES;
  }
  return { bytes, starts, ends, end: at, wanted: HEAD_BYTES };
}

async function* streamOf(file: SourceFile): AsyncGenerator<Buffer> {
  const source = createReadStream(file.absolutePath, { highWaterMark: PIECE });
  // An error of the source reaches whoever reads the end.
  const stream: Readable = pipeline(source, decompressorFor(file), () => undefined);
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new BinaryFault('the compressed bytes that it lies in are cut or damaged');
  } finally {
    source.destroy();
  }
}

function decompressorFor(file: SourceFile): Transform {
  const start = firstBytes(file.absolutePath, HEAD_BYTES);
  if (isRecordHead(start)) return new PassThrough({ highWaterMark: PIECE });
  if (isGzip(start)) return createGunzip({ chunkSize: PIECE });
  return isZlib(start) ? createInflate({ chunkSize: PIECE }) : new PassThrough({ highWaterMark: PIECE });
}

/** Tells whether bytes begin with a record's head, whose checksum no other format hits upon. */
export function isRecordHead(bytes: Buffer): boolean {
  return bytes.length >= HEAD_BYTES && bytes.readUInt32LE(8) === maskedCrc32c(bytes, 0, 8);
}

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** RFC 1950, section 2.2: deflate, and a head that is a multiple of 31. */
export function isZlib(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 15) === 8 && bytes.readUInt16BE() % 31 === 0;
}
