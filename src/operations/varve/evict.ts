import { isChosen, joinStreams } from '../../base/files/path-order.ts';
import type { Digest } from '../../store/format/digest.ts';
import { readManifest } from '../../store/format/manifest.ts';
import { type Evicted, evict } from '../../store/gc/evict.ts';
import { writeRef } from '../../store/gc/refs.ts';
import type { Root } from '../../store/gc/roots.ts';
import type { Store } from '../../store/store.ts';
import { cloneId } from '../../workspace/clone-id.ts';
import { readConfig } from '../../workspace/config.ts';
import { worktreeRoots } from '../../workspace/git/pointers.ts';
import { repositoryAt } from '../../workspace/repository.ts';
import { compareWithRecord, type FileState, hashFound } from '../../workspace/tree/data-state.ts';
import { readStatCache, type StatCache } from '../../workspace/tree/stat-cache.ts';
import { isTrusted } from '../../workspace/trust/consent.ts';
import { fingerprint } from '../../workspace/trust/request.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { type SelectedDataset, selectDatasets, snapshotFiles } from './datasets/select.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { keepRequest } from './stores/requests.ts';
import { isCacheShared, type OpenRemoteStore } from './stores/stores.ts';

/** Whether the cache is to keep nothing but what no remote has. One that clones share keeps all: others may reach other remotes. */
export function keepsUnpushedOnly(context: WorkingContext): boolean {
  return readConfig(context.repository).cacheKeep === 'unpushed' && !isCacheShared(context);
}

/**
 * Drop from the cache what a remote has of these versions, if the settings say so and this machine agreed to it. What a pointer of a working
 * tree names and does not lie there unchanged stays: it is wanted here next.
 * @returns undefined if nothing is to be dropped for this remote
 */
export async function evictPushed(
  context: WorkingContext,
  cache: Store,
  { name, store }: Pick<OpenRemoteStore, 'name' | 'store'>,
  roots: readonly Root[],
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<Evicted | undefined> {
  if (!keepsUnpushedOnly(context) || !mayDropFor(context, name)) return undefined;
  const wanted = await wantedHere(context, cache);
  const pushed: Root[] = [];
  const objects = new Set<Digest>();
  for (const root of roots) {
    const digests = await digestsOn(cache, store, root);
    if (digests === undefined) continue;
    pushed.push(root);
    for (const digest of digests) if (!wanted.has(digest)) objects.add(digest);
  }
  if (objects.size === 0) return { objects: 0, bytes: 0 };
  // From now on no gc of another clone removes there what is removed here.
  if (!dryRun) await writeRef(store.core.remote, cloneId(context.repository), pushed);
  return evict(cache, store, objects, { dryRun, ...watching(context) });
}

/** Whether this machine agreed that what the remote has need not be kept here; says so if it did not. */
export function mayDropFor({ repository, onWarning }: WorkingContext, name: string): boolean {
  const request = keepRequest(repository, readConfig(repository), name);
  if (request !== undefined && isTrusted(repository.root, request)) return true;
  onWarning?.(
    request === undefined
      ? `The cache keeps what ${name} has, although \`keep: unpushed\` is set: that remote is a folder of this repository, and no place elsewhere.`
      : `The cache keeps what ${name} has, although \`keep: unpushed\` is set: this machine did not agree to that. If you know that ${name} lasts, run \`varve trust ${fingerprint(request)}\`.`,
  );
  return false;
}

/**
 * List the files of a version, if all of them are on the remote by its index; undefined if not, and for data in place, of which a remote has the list alone.
 */
async function digestsOn(
  cache: Store,
  remote: Store,
  { path, kind, digest, source }: Root,
): Promise<Digest[] | undefined> {
  if (source !== undefined || !remote.has(digest)) return undefined;
  if (kind === 'file') return [digest];
  if (!cache.has(digest)) return undefined;
  const digests: Digest[] = [];
  for await (const entry of readManifest(cache.readStream(digest), `of ${path}, ${digest}`)) {
    if (entry.digest === undefined) continue;
    if (!remote.has(entry.digest)) return undefined;
    digests.push(entry.digest);
  }
  return digests;
}

/** Find what the pointers of this clone's working trees name, and does not lie there unchanged. */
async function wantedHere(context: WorkingContext, cache: Store): Promise<Set<Digest>> {
  const wanted = new Set<Digest>();
  for (const root of worktreeRoots(context.repository.root)) {
    const within = { repository: repositoryAt(root), cwd: root };
    for (const dataset of selectDatasets(within, [])) {
      const record = readStatCache(within.repository, dataset.path);
      for await (const { digest, state } of filesOf(within, cache, dataset, record)) {
        const { found, recordedAt } = state ?? {};
        // Nothing is lost if it changed unseen: the remote has what is dropped.
        const looksSame =
          found !== undefined && recordedAt !== undefined && record!.resembles(recordedAt, found);
        if (!looksSame || record!.digest(recordedAt) !== digest) wanted.add(digest);
      }
    }
  }
  return wanted;
}

/** Files of versions, by what lies at their paths. */
interface FilesByPlace {
  /** They lie in place as the versions have them, so that nobody need bring them. */
  readonly inPlace: ReadonlySet<Digest>;
  /** Something else lies in the place of one, that somebody edited. */
  readonly edited: ReadonlySet<Digest>;
}

/**
 * Look at what lies in place of these versions. What looks changed is read, if it has the right size. Of a folder whose manifest is not in
 * the cache nothing is known.
 */
export async function filesByPlace(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
): Promise<FilesByPlace> {
  const { repository, signal } = context;
  const inPlace = new Set<Digest>();
  const edited = new Set<Digest>();
  const wanted = new Set<Digest>();
  for (const dataset of datasets) {
    const record = readStatCache(repository, dataset.path);
    for await (const { digest, size, state } of filesOf(context, cache, dataset, record)) {
      const { found, same, recordedAt } = state ?? {};
      const here = same
        ? record!.digest(recordedAt!)
        : found?.size === size && (await hashFound(repository.root, dataset.path, found, { signal }));
      (here === digest ? inPlace : wanted).add(digest);
      if (here !== digest && found !== undefined && !same) edited.add(digest);
    }
  }
  for (const digest of wanted) inPlace.delete(digest);
  return { inPlace, edited };
}

/** The files of a version, each with what lies at its path. */
async function* filesOf(
  { repository }: WorkingContext,
  cache: Store,
  { path, pointer, only }: SelectedDataset,
  record: StatCache | undefined,
): AsyncGenerator<{ readonly digest: Digest; readonly size: number; readonly state: FileState | undefined }> {
  if (isInPlace(pointer) || (pointer.kind === 'directory' && !cache.has(pointer.digest))) return;
  const states = compareWithRecord(repository.root, path, record);
  for await (const [state, entry] of joinStreams(states, snapshotFiles(repository, cache, path, pointer))) {
    if (entry?.digest === undefined || !isChosen(entry.path, only)) continue;
    yield { digest: entry.digest, size: entry.size, state };
  }
}
