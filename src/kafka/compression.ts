import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { snappyUncompressor } from 'hysnappy';
import lz4 from 'lz4js';
import { VarveError } from '../errors.ts';

/** The most bytes that one batch of messages may expand to. Brokers refuse batches of more than 1 MB unless told otherwise. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024;

/** The most bytes that all batches of one fetch may expand to. */
const MAX_FETCH_BYTES = 4 * MAX_BATCH_BYTES;
/** What the fetch may still expand to whose answer is being read. */
const fetches = new AsyncLocalStorage<{ left: number }>();

/** Count what the batches of a fetch expand to, from now on: the driver calls this where it asks for one, and reads its answer in the same context. */
export function beginFetch(): void {
  fetches.enterWith({ left: MAX_FETCH_BYTES });
}

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

function codec(decompress: (bytes: Buffer) => Buffer | Promise<Buffer>): Codec {
  return {
    compress: () => Promise.reject(new Error('topics are only read')),
    decompress: async (bytes) => {
      const fetch = fetches.getStore();
      const plain = await decompress(bytes);
      if (fetch === undefined) return plain;
      fetch.left -= plain.length;
      if (fetch.left < 0) throw tooLong('The batches of one fetch expand to more than 1 GiB');
      return plain;
    },
  };
}

const unzip = promisify(zlib.unzip) as (bytes: Buffer, options: object) => Promise<Buffer>;

/** In another thread, as the driver itself does, which knows no bound. */
async function ungzip(bytes: Buffer): Promise<Buffer> {
  return unzip(bytes, { maxOutputLength: MAX_BATCH_BYTES }).catch(ofLength);
}

/** @throws VarveError `stream-error` where the frame says that it is longer than may be */
function unlz4(bytes: Buffer): Buffer {
  // The package's types say that this gives nothing.
  const length = lz4.decompressBound(bytes) as unknown as number;
  if (length > MAX_BATCH_BYTES) throw tooLong();
  return Buffer.from(lz4.decompress(bytes, length));
}

/** Source: https://github.com/xerial/snappy-java, SnappyOutputStream: a magic word, two versions, then blocks, each behind its length. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEAD_BYTES = 16;
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** Java's clients write blocks in a stream of their own, others the plain format. */
function unsnap(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return unsnapBlock(bytes, MAX_BATCH_BYTES);
  const blocks: Buffer[] = [];
  let left = MAX_BATCH_BYTES;
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
  if (length > mostBytes) throw tooLong();
  uncompress ??= snappyUncompressor();
  const { buffer, byteOffset } = uncompress(block, length);
  // The next block is expanded into the same memory.
  return Buffer.from(Buffer.from(buffer, byteOffset, length));
}

/** Node's own is several times as fast, and is there since 22.15. */
function unzstd(bytes: Buffer): Buffer {
  if ('zstdDecompressSync' in zlib) {
    const decompress = zlib.zstdDecompressSync as (bytes: Buffer, options: object) => Buffer;
    try {
      return decompress(bytes, { maxOutputLength: MAX_BATCH_BYTES });
    } catch (error) {
      return ofLength(error);
    }
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const frames = new Decompress((piece) => {
    length += piece.length;
    if (length > MAX_BATCH_BYTES) throw tooLong();
    pieces.push(piece);
  });
  frames.push(bytes, true);
  return Buffer.concat(pieces);
}

/** Pass on what zlib failed with, in words where it was the length. */
function ofLength(error: unknown): never {
  throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong() : error;
}

function tooLong(problem = 'A batch of messages expands to more than 256 MiB'): VarveError {
  const error = new VarveError('stream-error', problem, {
    remedy:
      'Whoever sends to the topic should send smaller batches (`batch.size`). To pass over it, begin behind it by `--from`; `varve drift` needs another `--group` for that.',
  });
  // The driver would ask for the same batch for ever.
  return Object.assign(error, { retriable: false });
}
