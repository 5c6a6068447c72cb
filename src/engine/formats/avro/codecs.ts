import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { snappyUncompressor } from 'hysnappy';
import { BinaryFault } from '../binary-fault.ts';

/** The most bytes of a block, as it lies in the file and expanded. Writers close one after some kilobytes, or one record. */
export const MAX_BLOCK_BYTES = 128 * 1024 * 1024;

/** From a block as it lies in the file to its records. */
export type BlockCodec = (block: Buffer) => Buffer;

/** @throws BinaryFault where a codec is none that varve has */
export function codecOf(name: string): BlockCodec {
  const codec = CODECS[name];
  if (codec !== undefined) return codec;
  throw new BinaryFault(`it is compressed by ${JSON.stringify(name)}, which varve does not read`);
}

const CODECS: Readonly<Record<string, BlockCodec>> = {
  null: (block) => block,
  deflate: bounded((block) => zlib.inflateRawSync(block, { maxOutputLength: MAX_BLOCK_BYTES })),
  snappy: bounded(unsnap),
  zstandard: bounded(unzstd),
};

/** Says what is wrong with a block in words of its own. */
function bounded(decompress: BlockCodec): BlockCodec {
  return (block) => {
    try {
      return decompress(block);
    } catch (error) {
      if (error instanceof BinaryFault) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong();
      throw new BinaryFault('the compressed bytes of its block are damaged');
    }
  };
}

function tooLong(): BinaryFault {
  return new BinaryFault('its block expands to more than 128 MiB');
}

let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** A block is followed by the CRC-32 of its records, high bytes first. The length that they expand to stands at its start. */
function unsnap(block: Buffer): Buffer {
  const content = block.subarray(0, -4);
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = content[at] ?? 0;
    length += (byte & 127) * 2 ** (7 * at);
    if (byte < 128) break;
  }
  if (length > MAX_BLOCK_BYTES) throw tooLong();
  uncompress ??= snappyUncompressor();
  const { buffer, byteOffset } = uncompress(content, length);
  const records = Buffer.from(buffer, byteOffset, length);
  if (zlib.crc32(records) !== block.readUInt32BE(block.length - 4))
    throw new BinaryFault('the checksum of its block does not hold');
  return records;
}

/** Node's own is several times as fast, and is there since 22.15. */
function unzstd(block: Buffer): Buffer {
  if ('zstdDecompressSync' in zlib) {
    const decompress = zlib.zstdDecompressSync as (bytes: Buffer, options: object) => Buffer;
    return decompress(block, { maxOutputLength: MAX_BLOCK_BYTES });
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const frames = new Decompress((piece) => {
    length += piece.length;
    if (length > MAX_BLOCK_BYTES) throw tooLong();
    pieces.push(piece);
  });
  frames.push(block, true);
  return Buffer.concat(pieces);
}
