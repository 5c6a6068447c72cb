import { askAgain } from '../../base/ask-again.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import type { ObjectInfo, Remote } from '../../remote/remote.ts';
import { CLONE_KEY } from '../../remote/store-layout.ts';
import { damaged } from '../errors.ts';
import { hexDigestOf } from '../format/digest.ts';
import { listRefs, type Ref } from './refs.ts';

/** What people know a clone by. It is what the clone says of itself, so it may be anything: show it neutral. */
export interface CloneRecord {
  readonly user: string;
  readonly host: string;
  /** Name of the folder of its working tree, without those above. */
  readonly folder: string;
}

/** A clone that a store knows, by the refs and records that it wrote there. */
export interface StoredClone {
  readonly clone: string;
  /** By the clock of the store, as `lastSeen`. */
  readonly firstSeen: Date;
  /** When it last pushed, or ran a gc there. */
  readonly lastSeen: Date;
  readonly refs: readonly Ref[];
  /** The records, the latest first. */
  readonly records: readonly ObjectInfo[];
}

const VERSION = 1;
const MAX_TEXT = 255;
const MAX_RECORD_BYTES = 8192;
const JOBS = 8;

/** Record what people know a clone by. @returns 'exists' if the store knows it already */
export async function writeCloneRecord(
  remote: Remote,
  clone: string,
  record: CloneRecord,
): Promise<'written' | 'exists'> {
  const [user, host, folder] = [record.user, record.host, record.folder].map((text) =>
    text.slice(0, MAX_TEXT),
  );
  const bytes = Buffer.from(`${JSON.stringify({ version: VERSION, user, host, folder })}\n`);
  const sha256 = hexDigestOf(bytes);
  return remote.write(`clones/${clone}/${sha256}.json`, bytes, { sha256 });
}

/** List the clones that have written to a store, the one that was seen last first. No file is read. */
export async function listClones(remote: Remote): Promise<StoredClone[]> {
  const refs = new Map<string, Ref[]>();
  for (const ref of await listRefs(remote)) refs.set(ref.clone, [...(refs.get(ref.clone) ?? []), ref]);
  const records = new Map<string, ObjectInfo[]>();
  for await (const info of remote.list('clones/')) {
    const clone = CLONE_KEY.exec(info.key)?.[1];
    if (clone !== undefined) records.set(clone, [...(records.get(clone) ?? []), info]);
  }
  const clones = [...new Set([...refs.keys(), ...records.keys()])].map((clone) =>
    storedClone(clone, refs.get(clone) ?? [], records.get(clone) ?? []),
  );
  return clones.sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime() || (a.clone < b.clone ? -1 : 1));
}

function storedClone(clone: string, refs: readonly Ref[], records: readonly ObjectInfo[]): StoredClone {
  const times = [...refs, ...records].map(({ modified }) => modified.getTime()).sort((a, b) => a - b);
  return {
    clone,
    firstSeen: new Date(times[0]!),
    lastSeen: new Date(times.at(-1)!),
    refs,
    records: [...records].sort((a, b) => b.modified.getTime() - a.modified.getTime()),
  };
}

/**
 * Whether a clone holds nothing any more: it was not seen for `expiryMs`.
 * @param expiryMs in ms; Infinity for a store whose clones never expire
 * @param now in ms, by the clock of the store
 */
export function hasExpired(
  { lastSeen }: Pick<StoredClone, 'lastSeen'>,
  expiryMs: number,
  now: number,
): boolean {
  return lastSeen.getTime() <= now - expiryMs;
}

/**
 * Read what people know clones by: `user@host:folder` by id. One that has no record, as earlier versions of varve wrote none, or whose
 * record is damaged, is left out: a name decides nothing, so it stops nothing.
 */
export async function readCloneNames(
  remote: Remote,
  clones: readonly StoredClone[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  await forEach(clones, JOBS, async ({ clone, records }) => {
    const [latest] = records;
    const record = latest && (await readRecord(remote, latest));
    if (record !== undefined) names.set(clone, `${record.user}@${record.host}:${record.folder}`);
  });
  return names;
}

async function readRecord(remote: Remote, { key, size }: ObjectInfo): Promise<CloneRecord | undefined> {
  if (size > MAX_RECORD_BYTES) return undefined;
  try {
    return await askAgain(async () => parseCloneRecord(await remote.read(key), key));
  } catch (error) {
    if (
      error instanceof VarveError &&
      /^(clone-record-damaged|object-missing|object-truncated)$/.test(error.code)
    )
      return undefined;
    throw error;
  }
}

/** @throws VarveError `clone-record-damaged` */
export function parseCloneRecord(bytes: Uint8Array, key: string): CloneRecord {
  if (hexDigestOf(bytes) !== CLONE_KEY.exec(key)?.[2])
    throw damaged('clone-record-damaged', key, 'its bytes do not match its name');
  let value: Readonly<Record<string, unknown>> | null = null;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // Said below.
  }
  const { version, user, host, folder } = value ?? {};
  if (
    bytes.length <= MAX_RECORD_BYTES &&
    version === VERSION &&
    isText(user) &&
    isText(host) &&
    isText(folder)
  )
    return { user, host, folder };
  throw damaged('clone-record-damaged', key, 'it does not say what a clone is known by');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

/**
 * Remove all that clones recorded. The records go first: a clone that comes back finds its own gone, and records anew all that its
 * commits need.
 */
export async function dropClones(remote: Remote, clones: readonly StoredClone[]): Promise<void> {
  const records = clones.flatMap((clone) => clone.records.map(({ key }) => key));
  if (records.length > 0) await remote.remove(records);
  const refs = clones.flatMap((clone) => clone.refs.map(({ key }) => key));
  if (refs.length > 0) await remote.remove(refs);
}
