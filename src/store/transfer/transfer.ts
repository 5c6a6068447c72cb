/**
 * Transfer: moving what roots need from one store to another, verified on the way. It may not know which of the two is a cache, nor
 * how either keeps its objects.
 */

import { isChosen } from '../../base/files/path-order.ts';
import type { OnProgress } from '../../progress.ts';
import { objectPurged, objectUnavailable } from '../errors.ts';
import { type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import { readManifest } from '../format/manifest.ts';
import type { Root } from '../gc/roots.ts';
import { blockListsOf } from '../reading/block-lists-of.ts';
import { chunksOf, streamObject } from '../reading/object-reader.ts';
import { recipeNamed } from '../reading/range-reader.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { nearestSource, ObjectCopier, type WantedObject } from './object-copier.ts';

export interface StoreTransferOptions {
  /** Requests at a time, 8 by default. */
  readonly jobs?: number;
  /** Send the profiles of the roots alone, and neither data nor manifests. */
  readonly profilesOnly?: boolean;
  /** Files that the caller does without: they are not sent. */
  readonly skip?: ReadonlySet<Digest> | undefined;
  /** Files that the caller restores by restoreThrough: their recipes are sent, and their chunks must be there. */
  readonly later?: ReadonlySet<Digest> | undefined;
  /** Told of each object that was purged, which is then left out; by default that is an error. */
  readonly onPurged?: (path: string, digest: Digest) => unknown;
  readonly onProgress?: OnProgress;
  /** Aborts between two requests; what has arrived stays. */
  readonly signal?: AbortSignal;
}

/** Objects and bytes that were sent; what was there already does not count. */
export interface TransferTotals {
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Copy what the roots need and `to` lacks, verified on the way. If it is interrupted, what has arrived stays, and the next run does
 * not send it again. Memory is bounded by `jobs` and the size of packs, not by the size of the data.
 * @throws VarveError `object-missing`, `object-purged`, `digest-mismatch`, and what the remotes meet
 */
export async function transfer(
  from: Store,
  to: Store,
  roots: readonly Root[],
  options: StoreTransferOptions = {},
): Promise<TransferTotals> {
  const copier = new ObjectCopier(from.core, to.core, options);
  const isPurged = purgedFrom([from.core, to.core], options.onPurged);
  try {
    const profiles = profilesOf(roots.filter(({ profile, path }) => !isPurged(profile, path)));
    if (options.profilesOnly) await copier.copy(profiles);
    else {
      const isLeftOut: IsLeftOut = (digest, path) =>
        (digest !== undefined && options.skip?.has(digest)) || isPurged(digest, path);
      const here = roots.filter(
        (root) => !isLeftOut(root.digest, root.path) && !isAlreadyThere(from.core, to.core, root),
      );
      // Together, since they lie together: each request more takes a round trip.
      await copier.copy([
        ...profiles,
        ...here.filter(({ kind }) => kind === 'directory').map(manifestOf),
        ...here.flatMap((root) => listIn(from.core, root.blocks && toRaw(root.blocks), root.path)),
      ]);
      await copier.makeReadable();
      const later: LaterFile[] = [];
      const isLater = (digest: Digest): boolean => options.later?.has(digest) === true;
      const note = (file: LaterFile): unknown => later.push(file);
      await copier.copy(filesOf(here, from.core, to.core, { isLeftOut, isLater, note }));
      if (later.length > 0) await copier.makeReadable();
      for (const file of later) await refuseLacking(file, from.core, to.core);
    }
  } catch (error) {
    // The index must name what has arrived, or the next run would send it again.
    await copier.finish().catch(() => undefined);
    throw error;
  }
  await copier.finish();
  return copier.sent;
}

type IsLeftOut = (digest: Digest | undefined, path: string) => boolean;

/** Make the test whether an object was purged from one of the stores. */
function purgedFrom(stores: readonly StoreCore[], onPurged: StoreTransferOptions['onPurged']): IsLeftOut {
  return (digest, path) => {
    const store = digest && stores.find(({ catalog }) => catalog.isPurged(toRaw(digest)));
    if (digest === undefined || store === undefined) return false;
    if (onPurged === undefined) throw objectPurged(digest, store.remote.url, path);
    onPurged(path, digest);
    return true;
  };
}

/**
 * Tell whether `to` has a root that `from` lacks. A clone that fetched a part of the data pushes what it has; the rest is on the
 * remote, where it came from.
 */
export function isAlreadyThere(from: StoreCore, to: StoreCore, { digest }: Root): boolean {
  const raw = toRaw(digest);
  return (
    to.remote.localPath === undefined &&
    from.catalog.find(raw) === undefined &&
    to.catalog.find(raw) !== undefined
  );
}

function manifestOf({ digest, path }: Root): WantedObject {
  return { digest: toRaw(digest), kind: 'meta', path };
}

function profilesOf(roots: readonly Root[]): WantedObject[] {
  return roots.flatMap(({ profile, path }) =>
    profile === undefined ? [] : [{ digest: toRaw(profile), kind: 'meta' as const, path }],
  );
}

/** A file that is not sent yet, and the list that it is made by. */
interface LaterFile {
  readonly digest: RawDigest;
  readonly blocks: RawDigest | undefined;
  readonly path: string;
}

interface FileChoice {
  readonly isLeftOut: IsLeftOut;
  readonly isLater: (digest: Digest) => boolean;
  /** Told of each file that comes later. */
  readonly note: (file: LaterFile) => unknown;
}

/** @throws VarveError `object-missing` if neither store has all chunks of a file, `recipe-damaged` */
async function refuseLacking({ digest, blocks, path }: LaterFile, from: StoreCore, to: StoreCore) {
  if (from.catalog.first(digest)?.at === 'whole') return;
  const location = blocks && recipeNamed(from, digest, blocks);
  if (location === undefined) throw objectUnavailable(digest, [from], path);
  for await (const chunk of chunksOf(to, digest, location)) {
    if (to.catalog.firstInPack(chunk.digest) ?? from.catalog.firstInPack(chunk.digest)) continue;
    throw objectUnavailable(chunk.digest, [from, to], path);
  }
}

async function* filesOf(
  roots: readonly Root[],
  from: StoreCore,
  to: StoreCore,
  choice: FileChoice,
): AsyncGenerator<WantedObject> {
  const seen = new Set<Digest>();
  for (const root of roots) {
    const { digest, path, kind, source } = root;
    if (root.only === undefined && seen.has(digest)) continue;
    seen.add(digest);
    if (kind === 'directory') yield* filesIn(root, from, to, choice);
    else if (!choice.isLater(digest))
      yield { digest: toRaw(digest), kind: source === undefined ? 'data' : 'meta', path };
    else choice.note({ digest: toRaw(digest), blocks: root.blocks && toRaw(root.blocks), path });
  }
}

async function* filesIn(
  root: Root,
  from: StoreCore,
  to: StoreCore,
  { isLeftOut, isLater, note }: FileChoice,
): AsyncGenerator<WantedObject> {
  const { digest, path } = root;
  const raw = toRaw(digest);
  const near = nearestSource(raw, from, to, path);
  const lists = await blockListsOf(near, root);
  const bytes = streamObject(near, raw);
  for await (const entry of readManifest(bytes, `${path} (${digest})`)) {
    if (entry.digest === undefined || !isChosen(entry.path, root.only)) continue;
    const file = `${path}/${entry.path}`;
    if (isLeftOut(entry.digest, file)) continue;
    const object = toRaw(entry.digest);
    if (isLater(entry.digest)) note({ digest: object, blocks: lists.of(object), path: file });
    else yield { digest: object, kind: 'data', path: file };
    yield* listIn(from, lists.of(object), file);
  }
}

/** A recipe or block list, or a list of those, if the store has it: without it, objects are verified as wholes. */
function listIn({ catalog }: StoreCore, digest: RawDigest | undefined, path: string): WantedObject[] {
  return digest === undefined || catalog.first(digest) === undefined ? [] : [{ digest, kind: 'meta', path }];
}
