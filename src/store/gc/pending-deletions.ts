import { randomBytes } from 'node:crypto';
import { askAgain } from '../../base/ask-again.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { DIGEST_BYTES, hexDigestOf, rawDigestOf, sameDigest } from '../format/digest.ts';

/** Keys that one gc found nothing to name; a later gc removes those that still nothing names once the grace is over. */
export interface Condemned extends List {
  readonly key: string;
  /** In ms, by the clock of the remote. */
  readonly since: number;
}

interface List {
  readonly keys: readonly string[];
  /** Whether the files were found damaged: what needs them has copies elsewhere, or waits for some. */
  readonly isDamage: boolean;
}

/** What the lists of a store say. */
export interface Lists {
  readonly condemned: readonly Condemned[];
  /** Keys of lists that are damaged: what they condemn is not known. */
  readonly unreadable: readonly string[];
}

const KEY = /^condemned\/[0-9a-f]{32}\.json$/;
/** Lists of version 1 have a random name; from version 2 on, the name is the beginning of the SHA-256 of the bytes. */
const VERSION = 2;
const UNNAMED_VERSION = 1;
const NAME_LENGTH = 32;
const LARGEST = 256 * 1024 * 1024;
const ATTEMPTS = 20;
/** Rewritten by gc, to read the remote's own clock: random bytes and their SHA-256. */
export const CLOCK = 'clock';
const CLOCK_BYTES = 16;

/** @throws VarveError `damaged-condemned` */
export async function readCondemned(remote: Remote): Promise<readonly Condemned[]> {
  const { condemned, unreadable } = await readLists(remote);
  if (unreadable.length > 0) throw damagedLists(unreadable);
  return condemned;
}

/** As readCondemned, for those who only read: damaged lists are named, and the others read. */
export async function readLists(remote: Remote): Promise<Lists> {
  for (let attempt = 1; ; attempt++) {
    try {
      const condemned: Condemned[] = [];
      const unreadable: string[] = [];
      for await (const info of remote.list('condemned/')) {
        if (!KEY.test(info.key)) continue;
        const list = await unlessDamaged(() => readList(remote, info));
        if (list === undefined) unreadable.push(info.key);
        else condemned.push(list);
      }
      return { condemned, unreadable };
    } catch (error) {
      // A gc replaced a list after it was named here; its successor may have come too late to be named.
      if (!(error instanceof VarveError) || error.code !== 'object-missing' || attempt === ATTEMPTS)
        throw error;
    }
  }
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VarveError && error.code === 'damaged-condemned') return undefined;
    throw error;
  }
}

async function readList(remote: Remote, { key, size, modified }: ObjectInfo): Promise<Condemned> {
  if (size > LARGEST) throw damaged('damaged-condemned', key, `it has ${size} bytes`);
  const list = await askAgain(async () => parseCondemned(await remote.read(key), key));
  return { key, ...list, since: modified.getTime() };
}

/** @param isDamage whether the files are damaged, rather than needed by nothing */
export async function writeCondemned(
  remote: Remote,
  keys: readonly string[],
  isDamage = false,
): Promise<void> {
  // The same keys may be condemned again later, which is another list, with a time of its own.
  const nonce = randomBytes(16).toString('hex');
  const list = { version: VERSION, nonce, ...(isDamage && { damaged: true }), keys: [...keys].sort() };
  const bytes = Buffer.from(`${JSON.stringify(list)}\n`);
  const sha256 = hexDigestOf(bytes);
  await remote.write(condemnedKey(sha256), bytes, { sha256 });
}

function condemnedKey(sha256: string): string {
  return `condemned/${sha256.slice(0, NAME_LENGTH)}.json`;
}

/**
 * Puts a list in the place of a damaged one, which condemns whatever of `stored` it may have named: each key of which the damaged
 * text still has one half. Of those, some may be sound; a gc pardons what is needed.
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
  if (keys.length > 0) await writeCondemned(remote, keys);
  await remote.remove([key]);
}

export function damagedLists(keys: readonly string[]): VarveError {
  return new VarveError(
    'damaged-condemned',
    `${keys.join(', ')} cannot be read, so nobody can tell what a gc may remove`,
    {
      path: keys[0]!,
      remedy:
        'Run `varve verify` where this lies in the cache, `varve verify --remote NAME` where it lies on a remote: it replaces the list.',
    },
  );
}

/** What time it is at the remote, in ms: clocks of clones may be wrong by more than a grace period. */
export async function probeClock(remote: Remote): Promise<number> {
  const random = randomBytes(CLOCK_BYTES);
  const bytes = Buffer.concat([random, rawDigestOf(random)]);
  await remote.write(CLOCK, bytes, { sha256: hexDigestOf(bytes), overwrite: true });
  return (await remote.head(CLOCK))?.modified.getTime() ?? Date.now();
}

/** @throws VarveError `damaged-clock` where the bytes do not have their checksum; earlier versions wrote none */
export function checkClock(bytes: Uint8Array): void {
  const [random, digest] = [bytes.subarray(0, CLOCK_BYTES), bytes.subarray(CLOCK_BYTES)];
  if (digest.length === 0 && random.length === CLOCK_BYTES) return;
  if (digest.length !== DIGEST_BYTES || !sameDigest(digest, rawDigestOf(random)))
    throw damaged('damaged-clock', CLOCK, 'its bytes do not have their checksum');
}

/**
 * @param where the key of the list
 * @throws VarveError `damaged-condemned`
 */
export function parseCondemned(bytes: Uint8Array, where: string): List {
  const fail = (what = 'it is not a list of keys'): never => {
    throw damaged('damaged-condemned', where, what);
  };
  let value: { version?: unknown; keys?: unknown; damaged?: unknown };
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof value;
  } catch {
    return fail();
  }
  const isKnown = value?.version === VERSION || value?.version === UNNAMED_VERSION;
  if (!isKnown || !Array.isArray(value.keys)) return fail();
  if (value.version === VERSION && condemnedKey(hexDigestOf(bytes)) !== where)
    fail('its bytes do not match its name');
  const keys = value.keys as unknown[];
  if (!keys.every((key) => typeof key === 'string' && /^(packs|objects)\//.test(key) && isStoreKey(key)))
    fail();
  // Lists of version 1 do not tell why.
  return { keys: keys as string[], isDamage: value.damaged === true || value.version === UNNAMED_VERSION };
}
