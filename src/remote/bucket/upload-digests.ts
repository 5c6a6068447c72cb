import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { asBuffer } from '../../base/as-buffer.ts';
import { crc32c } from '../../base/crc32c.ts';
import type { Upload } from './client.ts';

/**
 * Read what is to be sent to a server that knows no SHA-256, and check that here. Uploads take at most the size of a pack, or of a part.
 * @throws an error of the code `BadDigest`, which the bucket reads as it does a server's refusal
 */
export async function checkedBytes(upload: Upload): Promise<Buffer> {
  const bytes = await bytesOf(upload);
  if (createHash('sha256').update(bytes).digest('hex') !== upload.sha256)
    throw Object.assign(new Error('These are other bytes'), { code: 'BadDigest' });
  return bytes;
}

/** The CRC-32C as Google writes it: its four bytes in big-endian order, in Base64. */
export function googleCrc32c(bytes: Uint8Array): string {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(bytes));
  return crc.toString('base64');
}

/** The MD5, 16 bytes. */
export function md5Bytes(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

async function bytesOf(upload: Upload): Promise<Buffer> {
  const body = upload.open();
  if (!(body instanceof Readable)) return asBuffer(body);
  const bytes = Buffer.allocUnsafe(upload.length);
  let at = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
