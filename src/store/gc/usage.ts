import { groupBy } from '../../base/group-by.ts';
import type { OnProgress } from '../../progress.ts';
import { isStoreKey } from '../../remote/store-layout.ts';
import type { RawDigest } from '../format/digest.ts';
import { packKey } from '../format/pack.ts';
import { DigestSet } from '../index/digest-set.ts';
import type { Store } from '../store.ts';
import type { StoreCore } from '../store-core.ts';
import { hasExpired, listClones, readCloneNames, type StoredClone } from './clones.ts';
import { type Need, visitRoot } from './reachable.ts';
import { type Ref, readRef } from './refs.ts';
import type { Root } from './roots.ts';
import { readTableRecords } from './table-records.ts';

/** Files of a store and the bytes in them. */
export interface StoredAmount {
  readonly files: number;
  readonly bytes: number;
}

/** What the versions of a dataset take up in a store. */
export interface RootsUsage {
  readonly path: string;
  readonly versions: number;
  /** Of all versions, each object once. */
  readonly bytes: number;
  /** The part of `bytes` that no other dataset needs: what would become unneeded with it. */
  readonly ownBytes: number;
  /** Objects of some version that the store lacks. */
  readonly missing: number;
}

/** What a clone has recorded to need. */
export interface StoredCloneUsage extends Pick<StoredClone, 'clone' | 'firstSeen' | 'lastSeen'> {
  /** `user@host:folder`; undefined if it left no name. */
  readonly name: string | undefined;
  /** Whether it was not seen for so long that it holds nothing any more. */
  readonly hasExpired: boolean;
  readonly snapshots: number;
  /** What it needs beyond all datasets that were measured. */
  readonly bytes: number;
}

export interface StoreUsage {
  /** Everything that lies in the store. */
  readonly stored: StoredAmount;
  /** Files with data of which nothing is needed: a gc frees them after its time of grace. */
  readonly unneeded: StoredAmount;
  readonly datasets: readonly RootsUsage[];
  readonly clones: readonly StoredCloneUsage[];
}

/** What was met of the objects that something needs. */
interface Seen {
  readonly all: DigestSet;
  readonly shared: DigestSet;
  /** Keys of packs and whole objects that hold something needed. */
  readonly keys: Set<string>;
}

/**
 * Measure what roots take up in a store, and what clones have recorded. Changes nothing. Reads every manifest and recipe, and lists the
 * store; memory grows by about 64 bytes an object.
 * @param roots all that this clone can still come back to
 * @param cloneExpiryMs as of a gc
 * @throws VarveError `manifest-damaged`, `recipe-damaged`, `ref-damaged`
 */
export async function measureUsage(
  store: Store,
  roots: readonly Root[],
  cloneExpiryMs: number,
  onProgress: OnProgress = () => undefined,
): Promise<StoreUsage> {
  const { core } = store;
  const seen: Seen = { all: new DigestSet(), shared: new DigestSet(), keys: new Set() };
  const byPath = groupBy(roots, ({ path }) => path);
  const measured: { path: string; versions: number; bytes: number; missing: number }[] = [];
  for (const [path, versions] of byPath) {
    measured.push({ path, versions: versionsIn(versions), ...(await visitAll(core, versions, seen)) });
    onProgress({ phase: 'measure', unit: 'objects', done: seen.all.size });
  }
  const datasets: RootsUsage[] = [];
  for (const one of measured) {
    const sharedBytes = await bytesIn(core, byPath.get(one.path)!, seen.shared);
    datasets.push({ ...one, ownBytes: one.bytes - sharedBytes });
  }
  const clones = await measureClones(core, seen, cloneExpiryMs);
  for (const { keys } of await readTableRecords(core.remote)) for (const key of keys) seen.keys.add(key);
  return { ...(await listStored(core, seen.keys)), datasets, clones };
}

function versionsIn(roots: readonly Root[]): number {
  return new Set(roots.map(({ digest }) => digest)).size;
}

/** Visit what the roots of one dataset need, and note what others have needed before. */
async function visitAll(
  core: StoreCore,
  roots: readonly Root[],
  { all, shared, keys }: Seen,
): Promise<{ readonly bytes: number; readonly missing: number }> {
  let bytes = 0;
  let missing = 0;
  await visitEach(core, roots, (need) => {
    if (need.location === undefined) missing += 1;
    else bytes += bytesOf(need);
    noteKey(need, keys);
    if (!all.add(need.digest)) shared.add(need.digest);
  });
  return { bytes, missing };
}

async function bytesIn(core: StoreCore, roots: readonly Root[], wanted: DigestSet): Promise<number> {
  let bytes = 0;
  await visitEach(core, roots, (need) => {
    if (wanted.has(need.digest)) bytes += bytesOf(need);
  });
  return bytes;
}

/** Visit each object that some of the roots need, once. */
async function visitEach(
  core: StoreCore,
  roots: readonly Root[],
  visit: (need: Need) => void,
): Promise<void> {
  const visited = new DigestSet();
  const isKnown = (digest: RawDigest): boolean => visited.has(digest);
  for (const root of roots) {
    await visitRoot(core, root, (need) => visited.add(need.digest) && visit(need), isKnown);
  }
}

async function measureClones(
  core: StoreCore,
  { all, keys }: Seen,
  cloneExpiryMs: number,
): Promise<StoredCloneUsage[]> {
  const clones = await listClones(core.remote);
  const names = await readCloneNames(core.remote, clones);
  const measured: StoredCloneUsage[] = [];
  for (const stored of clones) {
    const { clone, firstSeen, lastSeen } = stored;
    const isOver = hasExpired(stored, cloneExpiryMs, Date.now());
    const roots = isOver ? [] : await rootsOf(core, stored.refs);
    let bytes = 0;
    await visitEach(core, roots, (need) => {
      noteKey(need, keys);
      if (!all.has(need.digest)) bytes += bytesOf(need);
    });
    const facts = { clone, name: names.get(clone), firstSeen, lastSeen, hasExpired: isOver };
    measured.push({ ...facts, snapshots: versionsIn(roots), bytes });
  }
  return measured;
}

async function rootsOf(core: StoreCore, refs: readonly Ref[]): Promise<Root[]> {
  const roots: Root[] = [];
  for (const { key } of refs) roots.push(...(await readRef(core.remote, key)));
  return roots;
}

async function listStored(
  { remote }: StoreCore,
  needed: ReadonlySet<string>,
): Promise<Pick<StoreUsage, 'stored' | 'unneeded'>> {
  const stored = { files: 0, bytes: 0 };
  const unneeded = { files: 0, bytes: 0 };
  for await (const { key, size } of remote.list('')) {
    // What has another name is not varve's.
    if (!isStoreKey(key)) continue;
    const holdsData = key.startsWith('packs/') || key.startsWith('objects/');
    for (const amount of holdsData && !needed.has(key) ? [stored, unneeded] : [stored]) {
      amount.files += 1;
      amount.bytes += size;
    }
  }
  return { stored, unneeded };
}

/** Tell how many bytes a need takes up. An object that is cut into chunks takes none: its chunks are needs of their own. */
function bytesOf({ location }: Need): number {
  if (location === undefined || location.at === 'recipe') return 0;
  return location.at === 'pack' ? location.length : location.size;
}

function noteKey({ location }: Need, keys: Set<string>): void {
  if (location?.at === 'pack') keys.add(packKey(location.pack));
  else if (location?.at === 'whole') keys.add(location.key);
}
