import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { snappyUncompressor } from 'hysnappy';
import lz4 from 'lz4js';
import { Beyond, expanded } from './fetch-budget.ts';

/** How batches of messages are expanded; nothing is written to a topic. */
interface Codec {
  compress(): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

export const DECOMPRESSORS: Readonly<Record<'gzip' | 'snappy' | 'lz4' | 'zstd', Codec>> = {
  gzip: codec(ungzip),
  snappy: codec(unsnap),
  lz4: codec(unlz4),
  zstd: codec(unzstd),
};

/** @param decompress fails with {@link Beyond} before it has taken memory for more than `mostBytes` */
function codec(decompress: (bytes: Buffer, mostBytes: number) => Buffer | Promise<Buffer>): Codec {
  return {
    compress: () => Promise.reject(new Error('topics are only read')),
    decompress: (bytes) => expanded((mostBytes) => decompress(bytes, mostBytes)),
  };
}

const unzip = promisify(zlib.unzip) as (bytes: Buffer, options: object) => Promise<Buffer>;

/** In another thread, as the driver itself does, which knows no bound. */
async function ungzip(bytes: Buffer, mostBytes: number): Promise<Buffer> {
  return unzip(bytes, { maxOutputLength: mostBytes }).catch(ofLength);
}

/** The frame says how long it is, or how long at most. */
function unlz4(bytes: Buffer, mostBytes: number): Buffer {
  // The package's types say that this gives nothing.
  const length = lz4.decompressBound(bytes) as unknown as number;
  if (length > mostBytes) throw new Beyond();
  return Buffer.from(lz4.decompress(bytes, length));
}

/** Source: https://github.com/xerial/snappy-java, SnappyOutputStream: a magic word, two versions, then blocks, each behind its length. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEAD_BYTES = 16;
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** Java's clients write blocks in a stream of their own, others the plain format. */
function unsnap(bytes: Buffer, mostBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return unsnapBlock(bytes, mostBytes);
  const blocks: Buffer[] = [];
  let left = mostBytes;
  for (let at = XERIAL_HEAD_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const block = unsnapBlock(bytes.subarray(at + 4, at + 4 + length), left);
    left -= block.length;
    blocks.push(block);
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function unsnapBlock(block: Buffer, mostBytes: number): Buffer {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0;
    length += (byte & 127) * 2 ** (7 * at);
    if (byte < 128) break;
  }
  if (length > mostBytes) throw new Beyond();
  uncompress ??= snappyUncompressor();
  const { buffer, byteOffset } = uncompress(block, length);
  // The next block is expanded into the same memory.
  return Buffer.from(Buffer.from(buffer, byteOffset, length));
}

/** Node's own is several times as fast, and is there since 22.15. */
function unzstd(bytes: Buffer, mostBytes: number): Buffer {
  if ('zstdDecompressSync' in zlib) {
    const decompress = zlib.zstdDecompressSync as (bytes: Buffer, options: object) => Buffer;
    try {
      return decompress(bytes, { maxOutputLength: mostBytes });
    } catch (error) {
      return ofLength(error);
    }
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const frames = new Decompress((piece) => {
    length += piece.length;
    if (length > mostBytes) throw new Beyond();
    pieces.push(piece);
  });
  frames.push(bytes, true);
  return Buffer.concat(pieces);
}

/** Pass on what zlib failed with, where it was not the length. */
function ofLength(error: unknown): never {
  throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new Beyond() : error;
}
