import { askAgain } from '../../base/ask-again.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { isStoreKey, PURGE_LIST_KEY } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { type Digest, hexDigestOf, parseDigest } from '../format/digest.ts';

/**
 * What a purge removed from a store. Of the objects, nothing is sent there any more, and nothing misses them. The keys are there for a
 * purge that was cut off, and for people who have to remove old versions of these files from a bucket.
 */
export interface PurgeList {
  readonly objects: readonly Digest[];
  /** Keys of the packs and whole objects that held their bytes. */
  readonly keys: readonly string[];
}

const VERSION = 1;
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** Write a list. @returns its key */
export async function writePurgeList(remote: Remote, { objects, keys }: PurgeList): Promise<string> {
  const list = { version: VERSION, objects: [...objects].sort(), keys: [...keys].sort() };
  const bytes = Buffer.from(`${JSON.stringify(list)}\n`);
  const sha256 = hexDigestOf(bytes);
  const key = `purged/${sha256}.json`;
  await remote.write(key, bytes, { sha256 });
  return key;
}

/** Read what purges removed. A damaged list says nothing; `verify` names it. */
export async function readPurgeLists(remote: Remote): Promise<PurgeList> {
  const objects = new Set<Digest>();
  const keys = new Set<string>();
  for await (const info of remote.list('purged/')) {
    const list = PURGE_LIST_KEY.test(info.key) ? await readList(remote, info) : undefined;
    for (const digest of list?.objects ?? []) objects.add(digest);
    for (const key of list?.keys ?? []) keys.add(key);
  }
  return { objects: [...objects], keys: [...keys] };
}

async function readList(remote: Remote, { key, size }: ObjectInfo): Promise<PurgeList | undefined> {
  if (size > MAX_LIST_BYTES) return undefined;
  try {
    return await askAgain(async () => parsePurgeList(await remote.read(key), key));
  } catch (error) {
    const isUnreadable =
      error instanceof VarveError &&
      /^(purge-list-damaged|object-missing|object-truncated)$/.test(error.code);
    if (!isUnreadable) throw error;
    return undefined;
  }
}

/** @throws VarveError `purge-list-damaged` */
export function parsePurgeList(bytes: Uint8Array, key: string): PurgeList {
  if (hexDigestOf(bytes) !== PURGE_LIST_KEY.exec(key)?.[1])
    throw damaged('purge-list-damaged', key, 'its bytes do not match its name');
  try {
    const { version, objects, keys } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<
      string,
      unknown
    >;
    if (version === VERSION && Array.isArray(objects) && Array.isArray(keys) && keys.every(holdsData))
      return { objects: objects.map((digest) => parseDigest(digest, key)), keys };
  } catch {
    // Said below, whatever it was.
  }
  throw damaged('purge-list-damaged', key, 'it is not a list of objects and keys');
}

function holdsData(key: unknown): key is string {
  return typeof key === 'string' && /^(packs|objects)\//.test(key) && isStoreKey(key);
}
