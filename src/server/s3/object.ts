import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { VarveError } from '../../errors.ts';
import type { ByteRange } from '../../remote/remote.ts';
import type { ServedRepository } from '../repositories.ts';
import { findKey, withBase } from '../versions/keys.ts';
import type { Revision } from '../versions/revisions.ts';
import type { ServedObject } from '../versions/versions.ts';
import { isRangeWanted, judgeConditions } from './conditions.ts';
import { etagOf, sha256Of } from './etag.ts';
import { parseRange } from './range.ts';
import { Refusal } from './refusal.ts';

/** An object that was asked for, and the revision by which. */
export interface FoundObject extends ServedObject {
  readonly revision: Revision;
}

/** What goes out for an object: the head, and which of its bytes. */
export interface ObjectAnswer {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Undefined for the whole. */
  readonly range: ByteRange | undefined;
  /** Bytes of the body. */
  readonly length: number;
}

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** Headers of the answer that a signed request may set. Source: Amazon S3 API reference, GetObject, `response-…`. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'Cache-Control',
  'response-content-disposition': 'Content-Disposition',
  'response-content-encoding': 'Content-Encoding',
  'response-content-language': 'Content-Language',
  'response-content-type': 'Content-Type',
  'response-expires': 'Expires',
};

/** Find what a key names. @throws Refusal `NoSuchKey` */
export async function findObject(
  { revisions, versions }: ServedRepository,
  key: string,
): Promise<FoundObject> {
  const slash = key.indexOf('/');
  const revision = slash < 0 ? undefined : await revisions.resolve(key.slice(0, slash)).catch(unlessUnknown);
  if (revision === undefined) throw noSuchKey();
  const keys = withBase(await versions.keysAt(revision), key.slice(0, slash + 1));
  const object = await findKey(keys, key);
  if (object === undefined) throw noSuchKey();
  return { ...object, revision };
}

function unlessUnknown(error: unknown): undefined {
  if (error instanceof VarveError && error.code === 'revision-unknown') return undefined;
  throw error;
}

function noSuchKey(): Refusal {
  return new Refusal('NoSuchKey', 'The specified key does not exist.');
}

/**
 * Decide what a request gets of an object.
 * @param query decoded
 * @throws Refusal `PreconditionFailed`, `InvalidRange`, `InvalidPartNumber`
 */
export function answerFor(
  object: FoundObject,
  headers: IncomingHttpHeaders,
  query: ReadonlyMap<string, string>,
): ObjectAnswer {
  const { file, time } = object;
  const state = { etag: etagOf(file), time };
  const head = headOf(object, state.etag);
  const verdict = judgeConditions(headers, state);
  if (verdict === 'failed')
    throw new Refusal('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  if (verdict === 'unmodified') return { status: 304, headers: head, range: undefined, length: 0 };
  const overridden = { ...head, 'Content-Type': 'application/octet-stream', ...overridesIn(query) };
  const range = rangeOf(headers, query, file.size, isRangeWanted(headers, state));
  if (range === undefined) {
    const sha256 =
      headers['x-amz-checksum-mode']?.toString().toUpperCase() === 'ENABLED' ? sha256Of(file) : undefined;
    const checksum =
      sha256 === undefined ? {} : { 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-type': 'FULL_OBJECT' };
    const length = { 'Content-Length': file.size };
    return { status: 200, headers: { ...overridden, ...checksum, ...length }, range, length: file.size };
  }
  const { offset, length } = range;
  const shown = {
    'Content-Length': length,
    'Content-Range': `bytes ${offset}-${offset + length - 1}/${file.size}`,
  };
  return { status: 206, headers: { ...overridden, ...shown }, range, length };
}

/** What is said of an object with every answer. What anybody put into a dataset is no page of this server: browsers are to run nothing of it. */
function headOf({ time, dataset, revision }: FoundObject, etag: string): Record<string, string> {
  return {
    ETag: etag,
    'Last-Modified': new Date(time * 1000).toUTCString(),
    'Accept-Ranges': 'bytes',
    'Cache-Control': revision.isFixed ? `private, max-age=${YEAR_SECONDS}, immutable` : 'private, no-cache',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'x-amz-meta-varve-commit': dataset.commit!,
  };
}

function overridesIn(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [name, header] of Object.entries(OVERRIDES)) {
    const value = query.get(name);
    if (value === undefined) continue;
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new Refusal('InvalidArgument', `${name} cannot be a header`);
    overrides[header] = value;
  }
  return overrides;
}

function rangeOf(
  headers: IncomingHttpHeaders,
  query: ReadonlyMap<string, string>,
  size: number,
  isWanted: boolean,
): ByteRange | undefined {
  const part = query.get('partNumber');
  // Every object is one part here.
  if (part !== undefined && part !== '1')
    throw new Refusal('InvalidPartNumber', 'The requested partnumber is not satisfiable');
  if (!isWanted) return undefined;
  const range = parseRange(headers.range, size);
  if (range !== 'unsatisfiable') return range;
  throw new Refusal('InvalidRange', 'The requested range is not satisfiable', {
    'Content-Range': `bytes */${size}`,
  });
}

/** Memory for the pieces that are on their way to clients, all together. */
const MAX_PIECES_BYTES = 48 * 1024 * 1024;
const MAX_PIECE_BYTES = 512 * 1024;
/** One is sent, one held back until it is verified, and one read. */
const PIECES_AT_A_TIME = 3;
const MIN_PIECE_BYTES = 64 * 1024;
let sending = 0;

/** The size of the pieces in which an answer is sent: the more answers run, the smaller, so that memory stays bounded. */
function pieceBytes(): number {
  const share = MAX_PIECES_BYTES / (PIECES_AT_A_TIME * Math.max(1, sending));
  return Math.max(MIN_PIECE_BYTES, Math.min(MAX_PIECE_BYTES, 2 ** Math.floor(Math.log2(share))));
}

/** The body of an answer, the first piece of which is read, and so verified. Close it. */
export interface OpenBody {
  readonly first: IteratorResult<Uint8Array>;
  readonly rest: AsyncIterator<Uint8Array>;
  close(): Promise<void>;
}

/** Open the body of an answer, so that what keeps it from being read can still be said in place of it. */
export async function openBody(
  { dataset, file }: FoundObject,
  { range, length }: ObjectAnswer,
): Promise<OpenBody> {
  sending += 1;
  const rest = dataset.read(file, range, pieceBytes())[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    sending -= 1;
    await rest.return?.(undefined);
  };
  try {
    const first = length === 0 ? ({ done: true, value: undefined } as const) : await rest.next();
    return { first, rest, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Send an answer. Where a piece cannot be read, the connection is cut, so that no client takes a part for the whole.
 * @returns what failed when the head was out
 */
export async function sendBody(
  response: ServerResponse,
  { status, headers, length }: ObjectAnswer,
  { first, rest }: OpenBody,
): Promise<unknown> {
  response.writeHead(status, headers);
  let left = length;
  try {
    for (let piece = first; !piece.done; piece = await rest.next()) {
      left -= piece.value.length;
      if (!(await written(response, piece.value))) return undefined;
    }
    if (left !== 0) throw new Error(`${left} bytes fewer were there than the list of files says`);
  } catch (error) {
    response.destroy();
    return error;
  }
  response.end();
  return undefined;
}

/** Write a piece, and wait until there is room for another; false where the client has gone. */
function written(response: ServerResponse, piece: Uint8Array): Promise<boolean> | boolean {
  if (response.destroyed || response.socket === null || response.socket.destroyed) return false;
  if (response.write(piece)) return true;
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve(!response.destroyed);
    };
    response.once('drain', settle).once('close', settle);
  });
}
