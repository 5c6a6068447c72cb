import type { FastifyReply, FastifyRequest } from 'fastify';
import { dataHeaders } from '../answer-headers.ts';
import { imageTypeOf } from '../catalog/image-type.ts';
import { MAX_IMAGE_BYTES } from '../catalog/preview.ts';
import { openBody, sendBody } from '../data-body.ts';
import { logFailure } from '../error-answers.ts';
import { findKey } from '../versions/keys.ts';
import { nothingInDataset } from './page-error.ts';
import type { ViewRequest } from './view.ts';

/** Letters that stand for themselves in an extended parameter. Source: RFC 8187, §3.2.1. */
const NOT_PLAIN = /['()*]/g;

/**
 * Send the bytes of a file. What anybody put into a dataset is no page: an image is one by its bytes and of few types, all else is saved
 * as it is, and a browser runs nothing of either.
 */
export async function sendBytes(
  { place, path, query }: ViewRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const object = await findKey(await place.repository.versions.keysAt(place.revision), path);
  if (object === undefined) throw nothingInDataset(path, place.at);
  const { size } = object.file;
  const body = await openBody(request.raw.socket, object, undefined);
  try {
    const isShown = !query.has('save') && size <= MAX_IMAGE_BYTES;
    const { value } = body.first;
    const type = isShown && value !== undefined ? imageTypeOf(Buffer.from(value)) : undefined;
    const name = path.slice(path.lastIndexOf('/') + 1);
    reply.headers({
      ...dataHeaders(place.revision.isFixed),
      'Content-Type': type ?? 'application/octet-stream',
      'Content-Length': size,
      ...(type === undefined && { 'Content-Disposition': attachment(name) }),
    });
    if (request.method === 'HEAD') return reply.send();
    const headers = reply.getHeaders() as Record<string, string>;
    reply.hijack();
    const failure = await sendBody(
      reply.raw,
      { status: 200, headers, length: size },
      body,
      request.isAllowed,
    );
    if (failure !== undefined) logFailure(request, failure, 500);
    return reply;
  } finally {
    await body.close();
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
