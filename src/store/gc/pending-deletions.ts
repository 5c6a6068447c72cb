import { randomBytes } from 'node:crypto';
import { askAgain } from '../../base/ask-again.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { DELETION_LIST_KEY, isStoreKey } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { DIGEST_BYTES, hexDigestOf, rawDigestOf, sameDigest } from '../format/digest.ts';

/**
 * Files that one gc found unneeded, and that a later gc removes once the grace is over if they are unneeded still. On disk such a list
 * is called `condemned`; Duplicacy calls the files fossils (https://github.com/gilbertchen/duplicacy/wiki/Lock-Free-Deduplication).
 */
export interface PendingDeletions extends DeletionList {
  readonly key: string;
  /** In ms, by the clock of the remote. */
  readonly since: number;
}

interface DeletionList {
  readonly keys: readonly string[];
  /** Whether the files are damaged, rather than unneeded: what needs them has copies elsewhere, or waits for some. */
  readonly isDamage: boolean;
}

/** The lists of pending deletions of a store. */
export interface PendingDeletionLists {
  readonly pending: readonly PendingDeletions[];
  /** Keys of lists that are damaged: nobody can tell which files they name. */
  readonly unreadable: readonly string[];
}

/** Lists of version 1 have a random name; from version 2 on, the name is the beginning of the SHA-256 of the bytes. */
const VERSION = 2;
const UNNAMED_VERSION = 1;
const NAME_LENGTH = 32;
const MAX_LIST_BYTES = 256 * 1024 * 1024;
const MAX_ATTEMPTS = 20;
/** Key of the file that gc writes anew to read the remote's own clock: random bytes and their SHA-256. */
export const CLOCK = 'clock';
const CLOCK_BYTES = 16;

/** Read all lists. @throws VarveError `pending-deletions-damaged` if one is damaged */
export async function readPendingDeletions(remote: Remote): Promise<readonly PendingDeletions[]> {
  const { pending, unreadable } = await readPendingDeletionLists(remote);
  if (unreadable.length > 0) throw deletionListsUnreadable(unreadable);
  return pending;
}

/** Read all lists that can be read, and name the others, for callers that only read objects. */
export async function readPendingDeletionLists(remote: Remote): Promise<PendingDeletionLists> {
  for (let attempt = 1; ; attempt++) {
    try {
      const pending: PendingDeletions[] = [];
      const unreadable: string[] = [];
      for await (const info of remote.list('condemned/')) {
        if (!DELETION_LIST_KEY.test(info.key)) continue;
        const list = await unlessDamaged(() => readList(remote, info));
        if (list === undefined) unreadable.push(info.key);
        else pending.push(list);
      }
      return { pending, unreadable };
    } catch (error) {
      // A gc replaced a list after it was named here; its successor may have come too late to be named.
      if (!(error instanceof VarveError) || error.code !== 'object-missing' || attempt === MAX_ATTEMPTS)
        throw error;
    }
  }
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VarveError && error.code === 'pending-deletions-damaged') return undefined;
    throw error;
  }
}

async function readList(remote: Remote, { key, size, modified }: ObjectInfo): Promise<PendingDeletions> {
  if (size > MAX_LIST_BYTES) throw damaged('pending-deletions-damaged', key, `it has ${size} bytes`);
  const list = await askAgain(async () => parsePendingDeletions(await remote.read(key), key));
  return { key, ...list, since: modified.getTime() };
}

/** Write a list. @param isDamage whether the files are damaged, rather than unneeded */
export async function writePendingDeletions(
  remote: Remote,
  keys: readonly string[],
  isDamage = false,
): Promise<void> {
  // The same keys may be listed again later, which is another list, with a time of its own.
  const nonce = randomBytes(16).toString('hex');
  const list = { version: VERSION, nonce, ...(isDamage && { damaged: true }), keys: [...keys].sort() };
  const bytes = Buffer.from(`${JSON.stringify(list)}\n`);
  const sha256 = hexDigestOf(bytes);
  await remote.write(deletionListKey(sha256), bytes, { sha256 });
}

function deletionListKey(sha256: string): string {
  return `condemned/${sha256.slice(0, NAME_LENGTH)}.json`;
}

/**
 * Replace a damaged list by one of whatever it may have named: each key of `stored` of which the damaged text still has one half. Some
 * of those may be needed; the next gc takes what is needed off the list.
 * @param stored keys of all packs and whole objects
 */
export async function replaceDamagedList(
  remote: Remote,
  key: string,
  stored: readonly string[],
): Promise<void> {
  const text = Buffer.from(await remote.read(key)).toString('latin1');
  const keys = stored.filter((one) => {
    const middle = one.length >> 1;
    return text.includes(one.slice(0, middle)) || text.includes(one.slice(middle));
  });
  if (keys.length > 0) await writePendingDeletions(remote, keys);
  await remote.remove([key]);
}

/** @param keys of the damaged lists, one at least */
export function deletionListsUnreadable(keys: readonly string[]): VarveError {
  return new VarveError(
    'pending-deletions-damaged',
    `${keys.join(', ')} cannot be read, so nobody can tell what a gc may remove`,
    {
      path: keys[0]!,
      remedy:
        'Run `varve verify` where this lies in the cache, `varve verify --remote NAME` where it lies on a remote: it replaces the list.',
    },
  );
}

/** Ask the remote for its time, in ms: clocks of clones may be wrong by more than the grace. */
export async function probeClock(remote: Remote): Promise<number> {
  const random = randomBytes(CLOCK_BYTES);
  const bytes = Buffer.concat([random, rawDigestOf(random)]);
  await remote.write(CLOCK, bytes, { sha256: hexDigestOf(bytes), overwrite: true });
  return (await remote.head(CLOCK))?.modified.getTime() ?? Date.now();
}

/** Check the clock file. Earlier versions wrote no checksum. @throws VarveError `clock-damaged` */
export function checkClock(bytes: Uint8Array): void {
  const [random, digest] = [bytes.subarray(0, CLOCK_BYTES), bytes.subarray(CLOCK_BYTES)];
  if (digest.length === 0 && random.length === CLOCK_BYTES) return;
  if (digest.length !== DIGEST_BYTES || !sameDigest(digest, rawDigestOf(random)))
    throw damaged('clock-damaged', CLOCK, 'its bytes do not have their checksum');
}

/**
 * Parse a list that may come from anyone.
 * @param where the key of the list
 * @throws VarveError `pending-deletions-damaged`
 */
export function parsePendingDeletions(bytes: Uint8Array, where: string): DeletionList {
  const fail = (what = 'it is not a list of keys'): never => {
    throw damaged('pending-deletions-damaged', where, what);
  };
  let value: { version?: unknown; keys?: unknown; damaged?: unknown };
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof value;
  } catch {
    return fail();
  }
  const isKnown = value?.version === VERSION || value?.version === UNNAMED_VERSION;
  if (!isKnown || !Array.isArray(value.keys)) return fail();
  if (value.version === VERSION && deletionListKey(hexDigestOf(bytes)) !== where)
    fail('its bytes do not match its name');
  const keys = value.keys as unknown[];
  if (!keys.every((key) => typeof key === 'string' && /^(packs|objects)\//.test(key) && isStoreKey(key)))
    fail();
  // Lists of version 1 do not tell why.
  return { keys: keys as string[], isDamage: value.damaged === true || value.version === UNNAMED_VERSION };
}
