import { randomBytes } from 'node:crypto';
import { isValidKey } from '../remote/key.ts';
import type { ObjectInfo, Remote } from '../remote/remote.ts';
import { hexDigestOf } from './digest.ts';
import { damaged } from './errors.ts';

/** Keys that one gc found nothing to name; a later gc removes those that still nothing names once the grace is over. */
export interface Condemned {
  readonly key: string;
  readonly keys: readonly string[];
  /** In ms, by the clock of the remote. */
  readonly since: number;
}

const KEY = /^condemned\/[0-9a-f]{32}\.json$/;
const LARGEST = 256 * 1024 * 1024;

/** @throws VarveError `damaged-condemned` */
export async function readCondemned(remote: Remote): Promise<Condemned[]> {
  const found: ObjectInfo[] = [];
  for await (const info of remote.list('condemned/')) {
    if (KEY.test(info.key)) found.push(info);
  }
  const lists: Condemned[] = [];
  for (const { key, size, modified } of found) {
    if (size > LARGEST) throw damaged('damaged-condemned', key, `it has ${size} bytes`);
    lists.push({ key, keys: parseCondemned(await remote.read(key), key), since: modified.getTime() });
  }
  return lists;
}

/** @returns the key of the list */
export async function writeCondemned(remote: Remote, keys: readonly string[]): Promise<string> {
  const key = `condemned/${randomBytes(16).toString('hex')}.json`;
  const bytes = Buffer.from(`${JSON.stringify({ version: 1, keys: [...keys].sort() })}\n`);
  await remote.write(key, bytes, { sha256: hexDigestOf(bytes) });
  return key;
}

/** What time it is at the remote, in ms: clocks of clones may be wrong by more than a grace period. */
export async function probeClock(remote: Remote): Promise<number> {
  const key = await writeCondemned(remote, []);
  const info = await remote.head(key);
  await remote.remove([key]);
  return info?.modified.getTime() ?? Date.now();
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
  if (!keys.every((key) => typeof key === 'string' && /^(packs|objects)\//.test(key) && isValidKey(key)))
    fail();
  return keys as string[];
}
