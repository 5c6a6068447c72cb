import { createHash } from 'node:crypto';
import type { ReadableFile } from '../../operations/backend/version-reader.ts';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/**
 * The ETag of a file, in its quotation marks: the SHA-256 of the bytes, in 64 hexadecimal digits, which no client takes for an MD5. Of a file in
 * place that nobody has read yet, of its path and size.
 */
export function etagOf({ path, size, digest }: ReadableFile): string {
  const known = DIGEST.exec(digest ?? '')?.[1];
  return `"${known ?? `${createHash('sha256').update(`${size} ${path}`).digest('hex').slice(0, 32)}-unread`}"`;
}

/** The SHA-256 of the bytes as S3's headers have it, in base64; undefined where nobody knows it. */
export function sha256Of({ digest }: ReadableFile): string | undefined {
  const known = DIGEST.exec(digest ?? '')?.[1];
  return known && Buffer.from(known, 'hex').toString('base64');
}
