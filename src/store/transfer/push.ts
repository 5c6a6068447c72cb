import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../base/atomic-write.ts';
import { debug } from '../../base/debug.ts';
import type { Remote } from '../../remote/remote.ts';
import { hexDigestOf } from '../format/digest.ts';
import { writeRef } from '../gc/refs.ts';
import type { Root } from '../gc/roots.ts';
import { Store } from '../store.ts';
import { isAlreadyThere, type TransferOptions, type Transferred, transfer } from './transfer.ts';

export interface PushOptions extends TransferOptions {
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
const MOST_REMEMBERED = 64;
const CONDEMNED = /^condemned\/.*\.json$/;
const INDEX = /^index\/([0-9a-f]{64})\.idx$/;

/**
 * Sends what the remote lacks of the roots. What these files of the remote list cannot change without another name, so a push that
 * found all there is not gone through again while the names are the same: that takes three requests, whatever the size of the data.
 * @param openCache called only where there may be something to send
 * @throws VarveError as transfer
 */
export async function push(
  openCache: () => Promise<Store>,
  remote: Remote,
  roots: readonly Root[],
  { clone, memory, ...options }: PushOptions,
): Promise<Transferred> {
  const { whole: remembered, stores } = memory === undefined ? NOTHING : await recall(memory);
  // Once a clone: it takes requests.
  if (!stores.includes(remote.url)) await remote.claim();
  // First, so that a gc that starts now knows of them.
  await writeRef(remote, clone, roots);
  const isWhole = (state: RemoteState): string => factOf(state, roots, options);
  const isKnown = remembered.length > 0 && remembered.includes(isWhole(await stateOf(remote)));
  debug('cache', isKnown ? 'hit, an earlier push found all there' : 'miss, no earlier push found all there');
  if (isKnown) return { objects: 0, bytes: 0 };
  const cache = await openCache();
  try {
    const there = await Store.open(remote, memory === undefined ? {} : { indexCache: memory });
    const isPartial = roots.some((root) => isAlreadyThere(cache.core, there.core, root));
    const sent = await transfer(cache, there, roots, options);
    const { condemnedLists: condemned, segments } = there.core.catalog;
    const fact = isWhole({ condemned, index: segments.map(({ name }) => name) });
    if (memory !== undefined && !isPartial)
      remember(memory, { whole: [fact, ...remembered], stores: [remote.url, ...stores] });
    return sent;
  } finally {
    await cache.close();
  }
}

/** In the order in which a store reads them: see loadCatalog. */
async function stateOf(remote: Remote): Promise<RemoteState> {
  const condemned: string[] = [];
  for await (const { key } of remote.list('condemned/')) if (CONDEMNED.test(key)) condemned.push(key);
  const index: string[] = [];
  for await (const { key } of remote.list('index/')) index.push(...(INDEX.exec(key)?.slice(1) ?? []));
  return { condemned, index };
}

/** Names the fact that a remote in this state has all that the roots need. */
function factOf(
  state: RemoteState,
  roots: readonly Root[],
  { profilesOnly = false }: TransferOptions,
): string {
  const wanted = roots.map(({ kind, digest, profile, only }) => ({ kind, digest, profile, only }));
  const { condemned, index } = state;
  const fact = { condemned: [...condemned].sort(), index: [...index].sort(), wanted, profilesOnly };
  return hexDigestOf(Buffer.from(JSON.stringify(fact)));
}

/** What this clone knows of remotes. */
interface Memory {
  /** Facts of factOf. */
  readonly whole: readonly string[];
  /** URLs of remotes that are known to carry the marker of a store. */
  readonly stores: readonly string[];
}

const NOTHING: Memory = { whole: [], stores: [] };

async function recall(memory: string): Promise<Memory> {
  try {
    const { version, whole, stores = [] } = JSON.parse(await readFile(recordFile(memory), 'utf8'));
    return version === VERSION && Array.isArray(whole) && Array.isArray(stores) ? { whole, stores } : NOTHING;
  } catch {
    // Not there or not readable: everything is compared once more.
    return NOTHING;
  }
}

function remember(memory: string, known: Memory): void {
  const [whole, stores] = [known.whole, known.stores].map((all) =>
    [...new Set(all)].slice(0, MOST_REMEMBERED),
  );
  const text = `${JSON.stringify({ version: VERSION, whole, stores })}\n`;
  writeAtomically(recordFile(memory), [Buffer.from(text)], false);
}

function recordFile(memory: string): string {
  return join(memory, 'pushed.json');
}
