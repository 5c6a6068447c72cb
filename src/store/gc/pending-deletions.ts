import { randomBytes } from 'node:crypto';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { hexDigestOf } from '../format/digest.ts';

/** Keys that one gc found nothing to name; a later gc removes those that still nothing names once the grace is over. */
export interface Condemned {
  readonly key: string;
  readonly keys: readonly string[];
  /** In ms, by the clock of the remote. */
  readonly since: number;
}

const KEY = /^condemned\/[0-9a-f]{32}\.json$/;
const LARGEST = 256 * 1024 * 1024;
const ATTEMPTS = 20;

/** @throws VarveError `damaged-condemned` */
export async function readCondemned(remote: Remote): Promise<Condemned[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const lists: Condemned[] = [];
      for await (const info of remote.list('condemned/')) {
        if (KEY.test(info.key)) lists.push(await readList(remote, info));
      }
      return lists;
    } catch (error) {
      // A gc replaced a list after it was named here; its successor may have come too late to be named.
      if (!(error instanceof VarveError) || error.code !== 'object-missing' || attempt === ATTEMPTS)
        throw error;
    }
  }
}

async function readList(remote: Remote, { key, size, modified }: ObjectInfo): Promise<Condemned> {
  if (size > LARGEST) throw damaged('damaged-condemned', key, `it has ${size} bytes`);
  return { key, keys: parseCondemned(await remote.read(key), key), since: modified.getTime() };
}

export async function writeCondemned(remote: Remote, keys: readonly string[]): Promise<void> {
  const key = `condemned/${randomBytes(16).toString('hex')}.json`;
  const bytes = Buffer.from(`${JSON.stringify({ version: 1, keys: [...keys].sort() })}\n`);
  await remote.write(key, bytes, { sha256: hexDigestOf(bytes) });
}

/** What time it is at the remote, in ms: clocks of clones may be wrong by more than a grace period. */
export async function probeClock(remote: Remote): Promise<number> {
  const bytes = randomBytes(16);
  await remote.write('clock', bytes, { sha256: hexDigestOf(bytes), overwrite: true });
  return (await remote.head('clock'))?.modified.getTime() ?? Date.now();
}

export function parseCondemned(bytes: Uint8Array, where: string): string[] {
  const fail = (): never => {
    throw damaged('damaged-condemned', where, 'it is not a list of keys');
  };
  let value: { version?: unknown; keys?: unknown };
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof value;
  } catch {
    return fail();
  }
  if (value?.version !== 1 || !Array.isArray(value.keys)) return fail();
  const keys = value.keys as unknown[];
  if (!keys.every((key) => typeof key === 'string' && /^(packs|objects)\//.test(key) && isStoreKey(key)))
    fail();
  return keys as string[];
}
