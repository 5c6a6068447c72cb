import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32c } from '../../base/crc32c.ts';
import type { Upload } from './client.ts';

/** The content of an upload in memory: at most the size of a pack, or of a part, so that it can be checked before it is sent. */
export interface CheckedUpload {
  readonly bytes: Buffer;
  /** Base64 of its four bytes in big-endian order, as Google writes it. */
  readonly crc32c: string;
  /** Base64. */
  readonly md5: string;
}

/**
 * Read what is to be sent to a server that knows no SHA-256, and check that here.
 * @throws an error of the code `BadDigest`, which the bucket reads as it does a server's refusal
 */
export async function checkedUpload(upload: Upload): Promise<CheckedUpload> {
  const bytes = await bytesOf(upload);
  if (createHash('sha256').update(bytes).digest('hex') !== upload.sha256)
    throw Object.assign(new Error('These are other bytes'), { code: 'BadDigest' });
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(bytes));
  return {
    bytes,
    crc32c: crc.toString('base64'),
    md5: createHash('md5').update(bytes).digest('base64'),
  };
}

async function bytesOf(upload: Upload): Promise<Buffer> {
  const body = upload.open();
  if (!(body instanceof Readable)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const bytes = Buffer.allocUnsafe(upload.length);
  let at = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
