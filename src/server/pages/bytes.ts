import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { imageTypeOf } from '../catalog/image-type.ts';
import { MAX_IMAGE_BYTES } from '../catalog/preview.ts';
import { findKey } from '../versions/keys.ts';
import { nothingInDataset } from './page-error.ts';
import type { ViewRequest } from './view.ts';

const PIECE_BYTES = 256 * 1024;
const YEAR_SECONDS = 31_536_000;
/** Letters that stand for themselves in an extended parameter. Source: RFC 8187, §3.2.1. */
const NOT_PLAIN = /['()*]/g;

/**
 * Send the bytes of a file. What anybody put into a dataset is no page: an image is one by its bytes and of few types, all else is saved
 * as it is, and a browser runs nothing of either.
 */
export async function sendBytes(
  { place, path, query }: ViewRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const object = await findKey(await place.repository.versions.keysAt(place.revision), path);
  if (object === undefined) throw nothingInDataset(path, place.at);
  const { dataset, file } = object;
  const pieces = dataset.read(file, undefined, PIECE_BYTES)[Symbol.asyncIterator]();
  // Read, and so verified, before the head goes out.
  const first = file.size === 0 ? undefined : await pieces.next();
  const isShown = !query.has('save') && file.size <= MAX_IMAGE_BYTES;
  const type = isShown && first?.value !== undefined ? imageTypeOf(Buffer.from(first.value)) : undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return reply
    .headers({
      'Content-Type': type ?? 'application/octet-stream',
      'Content-Length': file.size,
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'Cache-Control': place.revision.isFixed
        ? `private, max-age=${YEAR_SECONDS}, immutable`
        : 'private, no-cache',
      ...(type === undefined && { 'Content-Disposition': attachment(name) }),
    })
    .send(Readable.from(following(first, pieces)));
}

async function* following(
  first: IteratorResult<Uint8Array> | undefined,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let piece = first; piece !== undefined && !piece.done; piece = await rest.next()) yield piece.value;
  } finally {
    await rest.return?.(undefined);
  }
}

/** Source: RFC 6266, §4.3. */
function attachment(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll(
    NOT_PLAIN,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
