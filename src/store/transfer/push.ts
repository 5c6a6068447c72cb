import { debug } from '../../base/debug.ts';
import type { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { DELETION_LIST_KEY, INDEX_KEY } from '../../remote/store-layout.ts';
import { hexDigestOf } from '../format/digest.ts';
import { type CloneRecord, writeCloneRecord } from '../gc/clones.ts';
import { writeRef } from '../gc/refs.ts';
import type { Root } from '../gc/roots.ts';
import { Store } from '../store.ts';
import { unknownRoots } from './lacking.ts';
import { isAlreadyThere, type StoreTransferOptions, type TransferTotals, transfer } from './transfer.ts';
import { isLacking, type LackingRoot, transferEach } from './transfer-each.ts';

/** What a clone remembers of its pushes, so that one with nothing to send need not compare anything. It may forget. */
export interface CompletedPushes {
  /** Fingerprints of earlier pushes, as {@link fingerprintOf} takes them, after which the remote had everything. */
  readonly fingerprints: ReadonlySet<string>;
  /** URLs of remotes that are known to carry the marker of a store. */
  readonly stores: ReadonlySet<string>;
  /** Remember a push after which the remote at `url` had everything. */
  add(url: string, fingerprint: string): void;
}

export interface PushOptions extends StoreTransferOptions {
  /** Id of the clone that pushes. Its roots are recorded on the remote, so that no gc removes what they need. */
  readonly clone: string;
  /** What people know this clone by. */
  readonly cloneRecord?: CloneRecord;
  /**
   * All versions that the clone can come back to. Called if the remote knew this clone once, and forgot it: those that the remote has are
   * then recorded anew, so that no gc removes them.
   */
  readonly everyRoot?: () => Promise<readonly Root[]>;
  /** Versions that are not to be sent, and of which the caller wants to know whether the remote names them. */
  readonly others?: readonly Root[];
  /** Folder that keeps the index of the remote between runs. */
  readonly indexCache?: string;
  readonly completed?: CompletedPushes | undefined;
  /** Whether the roots that are whole are sent where others are not, which is an error otherwise. */
  readonly goesOn?: boolean;
}

export interface PushTotals extends TransferTotals {
  /** Those of the other versions that the index of the remote does not name; absent if there are none. */
  readonly unknown?: readonly Root[];
  /** Roots of which something is neither here nor there; absent if there are none. */
  readonly lacking?: readonly LackingRoot[];
}

const NOTHING: PushTotals = { objects: 0, bytes: 0 };

/** Names of the files that say what a remote holds. None of them ever changes under its name. */
interface RemoteState {
  /** Keys of the lists of pending deletions. */
  readonly deletionLists: readonly string[];
  /** SHA-256 of the index files, in hex. */
  readonly indexes: readonly string[];
}

/**
 * Send what the remote lacks of the roots. If an earlier push of the same roots was complete and the remote still has the same index
 * files and lists of pending deletions, nothing is missing: that takes four requests, whatever the size of the data.
 * @param openCache opens the store that is pushed from; called only if there may be something to send
 * @throws VarveError as {@link transfer}
 */
export async function pushToRemote(
  openCache: () => Promise<Store>,
  remote: Remote,
  roots: readonly Root[],
  { clone, cloneRecord, everyRoot, others = [], indexCache, completed, ...options }: PushOptions,
): Promise<PushTotals> {
  // Writes the marker of a store. A clone does that once, since it takes requests.
  if (!completed?.stores.has(remote.url)) await remote.claim();
  // The ref comes first, so that a gc that starts now knows of the roots.
  const [record] = await Promise.all([
    cloneRecord && writeCloneRecord(remote, clone, cloneRecord),
    writeRef(remote, clone, roots),
  ]);
  // A remote that knew this clone, and has no record of it now, may have dropped its refs too.
  const isForgotten = record === 'written' && completed?.stores.has(remote.url) === true;
  const isComplete = completed !== undefined && (await wasCompleted(completed, remote, roots, options));
  debug(
    'cache',
    isComplete ? 'hit, an earlier push found all there' : 'miss, no earlier push found all there',
  );
  if (isComplete && !isForgotten && others.length === 0) return NOTHING;
  const remoteStore = await Store.open(remote, indexCache === undefined ? {} : { indexCache });
  if (isForgotten && everyRoot !== undefined)
    await writeRef(remote, clone, knownRoots(remoteStore, await everyRoot()));
  const sent = isComplete ? NOTHING : await send(openCache, remoteStore, roots, { ...options, completed });
  const unknown = unknownRoots(remoteStore, others);
  return { ...sent, ...(unknown.length > 0 && { unknown }) };
}

async function send(
  openCache: () => Promise<Store>,
  remoteStore: Store,
  roots: readonly Root[],
  { completed, goesOn, ...options }: Pick<PushOptions, 'completed' | 'goesOn'> & StoreTransferOptions,
): Promise<PushTotals> {
  const cache = await openCache();
  try {
    // A clone that lacks some of the data cannot tell whether the remote has all of it.
    const isPartial = roots.some((root) => isAlreadyThere(cache.core, remoteStore.core, root));
    const { lacking, ...sent } = goesOn
      ? await transferEach(cache, remoteStore, roots, options, isNowhere)
      : { ...(await transfer(cache, remoteStore, roots, options)), lacking: [] };
    if (!isPartial && lacking.length === 0)
      completed?.add(remoteStore.core.remote.url, fingerprintOf(stateOf(remoteStore), roots, options));
    return { ...sent, ...(lacking.length > 0 && { lacking }) };
  } finally {
    await cache.close();
  }
}

/** What was purged is not to be sent again: whoever wants that is told. */
function isNowhere(error: unknown): error is VarveError {
  return isLacking(error) && error.code !== 'object-purged';
}

function knownRoots(remoteStore: Store, roots: readonly Root[]): Root[] {
  const unknown = new Set(unknownRoots(remoteStore, roots));
  return roots.filter((root) => !unknown.has(root));
}

async function wasCompleted(
  { fingerprints }: CompletedPushes,
  remote: Remote,
  roots: readonly Root[],
  options: StoreTransferOptions,
): Promise<boolean> {
  if (fingerprints.size === 0) return false;
  return fingerprints.has(fingerprintOf(await listState(remote), roots, options));
}

/** List the names in the order in which a store reads these files: see loadCatalog. */
async function listState(remote: Remote): Promise<RemoteState> {
  const deletionLists: string[] = [];
  for await (const { key } of remote.list('condemned/'))
    if (DELETION_LIST_KEY.test(key)) deletionLists.push(key);
  const indexes: string[] = [];
  for await (const { key } of remote.list('index/')) indexes.push(...(INDEX_KEY.exec(key)?.slice(1) ?? []));
  return { deletionLists, indexes };
}

function stateOf({ core }: Store): RemoteState {
  const { deletionLists, segments } = core.catalog;
  return { deletionLists, indexes: segments.map(({ name }) => name) };
}

/**
 * SHA-256 over the names of the remote's index files and lists of pending deletions, and over what was to be pushed. Those files are
 * immutable and named by their content, so an equal fingerprint after a complete push proves that nothing is missing.
 */
function fingerprintOf(
  { deletionLists, indexes }: RemoteState,
  roots: readonly Root[],
  { profilesOnly = false }: StoreTransferOptions,
): string {
  const wanted = roots.map(({ kind, digest, profile, blocks, only }) => ({
    kind,
    digest,
    profile,
    blocks,
    only,
  }));
  // The names of the fields are part of the fingerprints that clones keep.
  const hashed = {
    condemned: [...deletionLists].sort(),
    index: [...indexes].sort(),
    wanted,
    profilesOnly,
  };
  return hexDigestOf(Buffer.from(JSON.stringify(hashed)));
}
