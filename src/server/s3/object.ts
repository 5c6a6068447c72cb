import type { IncomingHttpHeaders } from 'node:http';
import { VarveError } from '../../errors.ts';
import type { ByteRange } from '../../remote/remote.ts';
import { dataHeaders } from '../answer-headers.ts';
import type { DataHead } from '../data-body.ts';
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
export interface ObjectAnswer extends DataHead {
  readonly status: 200 | 206 | 304;
  /** Undefined for the whole. */
  readonly range: ByteRange | undefined;
}

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

/** What is said of an object with every answer. */
function headOf({ time, dataset, revision }: FoundObject, etag: string): Record<string, string> {
  return {
    ETag: etag,
    'Last-Modified': new Date(time * 1000).toUTCString(),
    'Accept-Ranges': 'bytes',
    ...dataHeaders(revision.isFixed),
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
