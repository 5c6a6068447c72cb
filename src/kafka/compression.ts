import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { snappyUncompressor } from 'hysnappy';
import lz4 from 'lz4js';
import { VarveError } from '../errors.ts';

/** The most bytes that one batch of messages may expand to. Brokers refuse batches of more than 1 MB unless told otherwise. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024;

/** The most bytes that all batches of a consumer may expand to at a time, beside the first of each fetch. */
const MAX_EXPANDED_BYTES = 2 * MAX_BATCH_BYTES;

/** A fetch from one broker. */
interface Fetch {
  readonly mostBytes: () => number;
  expandedBytes: number;
}

/** The fetch whose answer is being read. */
const fetches = new AsyncLocalStorage<Fetch>();

/**
 * What a consumer may have expanded at a time, shared by the brokers that it asks: the driver holds the answer of each until it is worked on.
 * The first batch of a fetch is expanded in any case, so that each one leads on.
 */
export class ExpansionBudget {
  readonly #mostBytes: number;
  readonly #brokers = new Set<number>();

  constructor(mostBytes = MAX_EXPANDED_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Count what a broker's answer expands to, from now on: the driver says so where it asks for one, and reads it in the same context. */
  beginFetch(broker: number): void {
    this.#brokers.add(broker);
    fetches.enterWith({ mostBytes: () => this.#mostBytes / this.#brokers.size, expandedBytes: 0 });
  }
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

/** @param decompress fails with {@link Beyond} before it has taken memory for more than `mostBytes` */
function codec(decompress: (bytes: Buffer, mostBytes: number) => Buffer | Promise<Buffer>): Codec {
  return {
    compress: () => Promise.reject(new Error('topics are only read')),
    decompress: async (bytes) => {
      const fetch = fetches.getStore();
      const isFirst = fetch === undefined || fetch.expandedBytes === 0;
      const mostBytes = isFirst ? MAX_BATCH_BYTES : Math.min(MAX_BATCH_BYTES, leftOf(fetch));
      if (mostBytes <= 0) throw askedForAgain();
      try {
        const plain = await decompress(bytes, mostBytes);
        if (fetch !== undefined) fetch.expandedBytes += plain.length;
        return plain;
      } catch (error) {
        if (!(error instanceof Beyond)) throw error;
        throw mostBytes === MAX_BATCH_BYTES ? tooLong() : askedForAgain();
      }
    },
  };
}

function leftOf({ mostBytes, expandedBytes }: Fetch): number {
  return Math.floor(mostBytes() - expandedBytes);
}

/** A batch is longer than there is room for. */
class Beyond extends Error {}

/**
 * Have the driver take what comes behind in the partition for a batch that the answer was too short for: it goes on with what it has read so
 * far, and asks for the rest with the next fetch, in which partitions stand in another order.
 */
function askedForAgain(): Error {
  return Object.assign(new Error('there is no room for it in this fetch'), {
    name: 'KafkaJSPartialMessageError',
  });
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

function tooLong(): VarveError {
  const error = new VarveError('stream-error', 'A batch of messages expands to more than 256 MiB', {
    remedy:
      'Whoever sends to the topic should send smaller batches (`batch.size`). To pass over it, begin behind it by `--from`; `varve drift` needs another `--group` for that.',
  });
  // The driver would ask for the same batch for ever.
  return Object.assign(error, { retriable: false });
}
