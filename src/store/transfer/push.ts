import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debug } from '../../base/debug.ts';
import { renameOver } from '../../base/rename.ts';
import type { Remote } from '../../remote/remote.ts';
import { hexDigestOf } from '../format/digest.ts';
import { writeRef } from '../gc/refs.ts';
import type { Root } from '../gc/roots.ts';
import { Store } from '../store.ts';
import { isAlreadyThere, type StoreTransferOptions, type TransferTotals, transfer } from './transfer.ts';

export interface PushOptions extends StoreTransferOptions {
  /** The clone that pushes: its roots are recorded, so that no gc removes what they need. */
  readonly clone: string;
  /** Folder in which the clone keeps what it knows of remotes. */
  readonly memory?: string;
}

/** The names of all files that say what a remote holds; none of them ever changes. */
interface RemoteState {
  readonly condemned: readonly string[];
  readonly index: readonly string[];
}

const VERSION = 1;
/** Pushes that are remembered: of a few datasets by themselves, to a few remotes. */
const MAX_REMEMBERED = 64;
const PENDING = /^condemned\/.*\.json$/;
const INDEX = /^index\/([0-9a-f]{64})\.idx$/;

/**
 * Sends what the remote lacks of the roots. What these files of the remote list cannot change without another name, so a push that
 * found all there is not gone through again while the names are the same: that takes three requests, whatever the size of the data.
 * @param openCache called only where there may be something to send
 * @throws VarveError as transfer
 */
export async function pushRoots(
  openCache: () => Promise<Store>,
  remote: Remote,
  roots: readonly Root[],
  { clone, memory, ...options }: PushOptions,
): Promise<TransferTotals> {
  // First, so that a gc that starts now knows of them.
  await writeRef(remote, clone, roots);
  const remembered = memory === undefined ? [] : await recall(memory);
  const isWhole = (state: RemoteState): string => factOf(state, roots, options);
  const isKnown = remembered.length > 0 && remembered.includes(isWhole(await stateOf(remote)));
  debug('cache', isKnown ? 'hit, an earlier push found all there' : 'miss, no earlier push found all there');
  if (isKnown) return { objects: 0, bytes: 0 };
  const cache = await openCache();
  try {
    const there = await Store.open(remote, memory === undefined ? {} : { indexCache: memory });
    const isPartial = roots.some((root) => isAlreadyThere(cache.core, there.core, root));
    const sent = await transfer(cache, there, roots, options);
    const { pendingDeletionLists: condemned, segments } = there.core.catalog;
    const fact = isWhole({ condemned, index: segments.map(({ name }) => name) });
    if (memory !== undefined && !isPartial) await remember(memory, [fact, ...remembered]);
    return sent;
  } finally {
    await cache.close();
  }
}

/** In the order in which a store reads them: see loadCatalog. */
async function stateOf(remote: Remote): Promise<RemoteState> {
  const pending: string[] = [];
  for await (const { key } of remote.list('condemned/')) if (PENDING.test(key)) pending.push(key);
  const index: string[] = [];
  for await (const { key } of remote.list('index/')) index.push(...(INDEX.exec(key)?.slice(1) ?? []));
  return { condemned: pending, index };
}

/** Names the fact that a remote in this state has all that the roots need. */
function factOf(
  state: RemoteState,
  roots: readonly Root[],
  { profilesOnly = false }: StoreTransferOptions,
): string {
  const wanted = roots.map(({ kind, digest, profile, only }) => ({ kind, digest, profile, only }));
  const { condemned, index } = state;
  const fact = { condemned: [...condemned].sort(), index: [...index].sort(), wanted, profilesOnly };
  return hexDigestOf(Buffer.from(JSON.stringify(fact)));
}

async function recall(memory: string): Promise<string[]> {
  try {
    const { version, whole } = JSON.parse(await readFile(recordFile(memory), 'utf8'));
    return version === VERSION && Array.isArray(whole) ? whole : [];
  } catch {
    // Not there or not readable: everything is compared once more.
    return [];
  }
}

async function remember(memory: string, facts: readonly string[]): Promise<void> {
  const whole = [...new Set(facts)].slice(0, MAX_REMEMBERED);
  await mkdir(memory, { recursive: true });
  const temporary = `${recordFile(memory)}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify({ version: VERSION, whole })}\n`);
  await renameOver(temporary, recordFile(memory));
}

function recordFile(memory: string): string {
  return join(memory, 'pushed.json');
}
