import type { ServedRepository } from '../repositories.ts';
import { type KeySequence, type ListedKey, listKeys } from '../versions/keys.ts';
import type { PinnedRevision, ServedObject } from '../versions/versions.ts';
import { etagOf } from './etag.ts';
import { Refusal } from './refusal.ts';
import { type XmlElement, xmlDocument, xmlElement } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_TOKEN_LENGTH = 16_384;

/** What a listing asks for, of either version of the call. */
export interface ListQuery {
  readonly version: 1 | 2;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Whether keys come percent-encoded, since XML cannot hold every character. */
  readonly isEncoded: boolean;
  /** Where the listing begins: `marker`, or `start-after`. */
  readonly after: string;
  /** As it came. */
  readonly token: string | undefined;
  readonly hasOwner: boolean;
}

/** Read the parameters of ListObjects and ListObjectsV2. @throws Refusal `InvalidArgument` */
export function parseListQuery(query: ReadonlyMap<string, string>): ListQuery {
  const version = query.get('list-type') === '2' ? 2 : 1;
  const encoding = query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url')
    throw new Refusal('InvalidArgument', 'Invalid Encoding Method specified in Request: it can be url');
  const maxKeys = query.get('max-keys') ?? '';
  if (!/^\d{0,10}$/.test(maxKeys))
    throw new Refusal('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return {
    version,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: maxKeys === '' ? MAX_KEYS : Math.min(Number(maxKeys), MAX_KEYS),
    isEncoded: encoding === 'url',
    after: query.get(version === 1 ? 'marker' : 'start-after') ?? '',
    token: version === 2 ? query.get('continuation-token') : undefined,
    hasOwner: version === 1 || query.get('fetch-owner') === 'true',
  };
}

/** Where a page ended, and the version that it was of. */
interface ListPosition {
  readonly after: string;
  readonly pinned: PinnedRevision | undefined;
}

interface Page {
  readonly listed: readonly ListedKey<ServedObject>[];
  readonly isTruncated: boolean;
}

/** Answer ListObjects or ListObjectsV2. */
export async function listingOf({ bucket, versions }: ServedRepository, query: ListQuery): Promise<string> {
  const start: ListPosition = query.token
    ? decodeToken(query.token)
    : { after: query.after, pinned: undefined };
  const keys = await versions.keys(query.prefix, start.pinned);
  const page = await pageOf(keys.sequence, query, start.after);
  const last = page.listed.at(-1);
  const end = last && ('key' in last ? last.key : last.commonPrefix);
  return xmlDocument(
    xmlElement(
      'ListBucketResult',
      fieldsOf(bucket, query, page, page.isTruncated ? nextOf(end!) : undefined),
    ),
  );

  function nextOf(after: string): ListPosition {
    const name = after.slice(0, Math.max(0, after.indexOf('/')));
    const commit = keys.commitOf(name);
    return { after, pinned: commit === undefined ? undefined : { name, commit } };
  }
}

async function pageOf(
  keys: KeySequence<ServedObject>,
  { prefix, delimiter, maxKeys }: ListQuery,
  after: string,
): Promise<Page> {
  const listed: ListedKey<ServedObject>[] = [];
  if (maxKeys === 0) return { listed, isTruncated: false };
  for await (const one of listKeys(keys, { prefix, delimiter, after })) {
    if (listed.length === maxKeys) return { listed, isTruncated: true };
    listed.push(one);
  }
  return { listed, isTruncated: false };
}

function fieldsOf(
  bucket: string,
  query: ListQuery,
  { listed, isTruncated }: Page,
  next: ListPosition | undefined,
): (XmlElement | undefined)[] {
  const { version, prefix, delimiter, maxKeys, after, token } = query;
  const shown = query.isEncoded ? encodedKey : (key: string) => key;
  const optional = (name: string, value: string | undefined): XmlElement | undefined =>
    value === undefined ? undefined : xmlElement(name, value);
  return [
    xmlElement('Name', bucket),
    xmlElement('Prefix', shown(prefix)),
    version === 1 ? xmlElement('Marker', shown(after)) : optional('StartAfter', shown(after) || undefined),
    optional('ContinuationToken', token),
    version === 1
      ? optional('NextMarker', next && delimiter !== '' ? shown(next.after) : undefined)
      : optional('NextContinuationToken', next && encodeToken(next)),
    version === 2 ? xmlElement('KeyCount', listed.length) : undefined,
    xmlElement('MaxKeys', maxKeys),
    optional('Delimiter', shown(delimiter) || undefined),
    optional('EncodingType', query.isEncoded ? 'url' : undefined),
    xmlElement('IsTruncated', isTruncated),
    ...listed.map((one) =>
      'key' in one
        ? xmlElement('Contents', contentsOf(shown(one.key), one.object, query.hasOwner))
        : xmlElement('CommonPrefixes', [xmlElement('Prefix', shown(one.commonPrefix))]),
    ),
  ];
}

function contentsOf(key: string, { file, time }: ServedObject, hasOwner: boolean): XmlElement[] {
  return [
    xmlElement('Key', key),
    xmlElement('LastModified', new Date(time * 1000).toISOString()),
    xmlElement('ETag', etagOf(file)),
    xmlElement('Size', file.size),
    xmlElement('StorageClass', 'STANDARD'),
    ...(hasOwner ? [OWNER] : []),
  ];
}

/** Everything belongs to whoever runs the server. */
export const OWNER = xmlElement('Owner', [xmlElement('ID', 'varve'), xmlElement('DisplayName', 'varve')]);

function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

/** A token is no secret: whoever may list may name any commit and any key themselves. */
function encodeToken({ after, pinned }: ListPosition): string {
  return Buffer.from(JSON.stringify([after, pinned?.name, pinned?.commit])).toString('base64url');
}

function decodeToken(token: string): ListPosition {
  try {
    if (token.length > MAX_TOKEN_LENGTH) throw new RangeError('too long');
    const [after, name, commit] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    const isPinned =
      typeof name === 'string' && typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit);
    if (typeof after !== 'string' || !(isPinned || name === null || name === undefined))
      throw new TypeError('no token');
    return { after, pinned: isPinned ? { name, commit } : undefined };
  } catch {
    throw new Refusal('InvalidArgument', 'The continuation token provided is incorrect');
  }
}
