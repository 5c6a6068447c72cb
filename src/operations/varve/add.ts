import { posix } from 'node:path';
import { isChosen, joinStreams } from '../../base/path-order.ts';
import { VarveError } from '../../errors.ts';
import { type Digest, toRaw } from '../../store/format/digest.ts';
import { encodeManifest, type ManifestEntry } from '../../store/format/manifest.ts';
import { MANY_FILES } from '../../store/restoring/file-groups.ts';
import type { Store } from '../../store/store.ts';
import type { Batch } from '../../store/writing/batch.ts';
import { SmallFileReaders } from '../../store/writing/small-file-readers.ts';
import { ignoreDataset } from '../../workspace/git/gitignore.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import { compareWithRecord, manifestEntry, pathOfFile } from '../../workspace/tree/data-state.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { contentOf, readRecordOf } from '../../workspace/tree/read-record.ts';
import { dataKind, type ScannedFile, scannedFile } from '../../workspace/tree/scan.ts';
import {
  type RecordedFile,
  readStatCache,
  type StatCache,
  writeStatCache,
} from '../../workspace/tree/stat-cache.ts';
import type { AddedDataset, AddResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import type { Profiler } from '../statistics/profiler.ts';
import { takeIn } from './add-files.ts';
import { rootOf, snapshotFiles } from './datasets/select.ts';
import {
  datasetPath,
  type PointedStatistics,
  pointTo,
  replaceablePointer,
  statisticsOf,
} from './datasets/write-pointer.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { claimInCache, openCache } from './stores/stores.ts';

/** A snapshot whose pointer can be written into the working tree once the store has everything. */
interface Snapshot {
  readonly dataset: string;
  readonly before: Pointer | undefined;
  readonly pointer: Pointer;
  readonly files: readonly RecordedFile[];
  readonly only: readonly string[] | undefined;
  readonly readAtMs: number;
}

/**
 * Makes a snapshot of each path and points to it. All of them or none: pointers and .gitignore lines are written after the
 * store holds every byte.
 */
export async function add(
  context: WorkingContext,
  paths: readonly string[],
  profiler: Profiler | undefined,
): Promise<AddResult> {
  const { repository } = context;
  const datasets = [...new Set(paths.map((path) => datasetToAdd(context, path)))];
  refuseOverlap(datasets);
  return closing(await openCache(context), async (cache) => {
    const batch = cache.batch();
    const snapshots: Snapshot[] = [];
    try {
      for (const dataset of datasets) {
        snapshots.push(await takeSnapshot(context, cache, batch, dataset, profiler));
      }
      context.signal?.throwIfAborted();
      await claimInCache(
        context,
        snapshots.map(({ dataset, pointer }) => rootOf({ path: dataset, pointer })),
      );
      await batch.commit();
    } catch (error) {
      await batch.abort();
      throw error;
    }
    return { datasets: snapshots.map((snapshot) => record(repository, snapshot)) };
  });
}

/** @throws VarveError for every path that cannot become a dataset */
function datasetToAdd(context: WorkingContext, path: string): string {
  const dataset = datasetPath(context, path);
  if (dataKind(context.repository.root, dataset) !== undefined) return dataset;
  throw new VarveError('path-missing', `There is nothing at ${path}`, {
    path,
    remedy:
      'Check the spelling of the path; a dataset that is not checked out comes back by `varve checkout`.',
  });
}

function refuseOverlap(datasets: readonly string[]): void {
  for (const outer of datasets) {
    const inner = datasets.find((other) => other.startsWith(`${outer}/`));
    if (inner === undefined) continue;
    throw new VarveError('dataset-nested', `${inner} lies within ${outer}`, {
      path: inner,
      remedy: 'Datasets cannot hold one another: add either the whole or the parts.',
    });
  }
}

async function takeSnapshot(
  context: WorkingContext,
  cache: Store,
  batch: Batch,
  dataset: string,
  profiler: Profiler | undefined,
): Promise<Snapshot> {
  const { repository } = context;
  const { root } = repository;
  const kind = dataKind(root, dataset)!;
  const before = replaceablePointer(root, dataset);
  const statCache = readStatCache(repository, dataset);
  const readAtMs = fileClock(repository);
  const { files, taken } = await readFiles(context, batch, dataset, statCache);
  const only = kind === 'directory' && before?.kind === 'directory' ? statCache?.only : undefined;
  if (only !== undefined) refuseAbsentInPlace(repository, dataset, statCache!.snapshot);
  const facts = await factsOf(repository, cache, batch, dataset, { kind, files, only, statCache });
  const unchanged =
    before !== undefined && before.kind === kind && contentOf(repository, before.digest) === facts.digest;
  const profile =
    unchanged && before.profile !== undefined
      ? statisticsOf(before)
      : await profileOf(batch, profiler, { root, dataset, kind, files, only, previous: before?.profile });
  for (const file of taken) checkUnchanged(root, dataset, file);
  // What lies in a bucket stays there as long as nobody changes it here: it gains statistics.
  const pointer: Pointer =
    unchanged && isInPlace(before)
      ? { ...before, ...profile }
      : { path: posix.basename(dataset), kind, ...facts, ...profile };
  return { dataset, before, pointer, files, only, readAtMs };
}

/** Reads what is not known yet into the batch. Sorted as the manifest is. */
async function readFiles(
  context: WorkingContext,
  batch: Batch,
  dataset: string,
  record: StatCache | undefined,
): Promise<{ files: RecordedFile[]; taken: ScannedFile[] }> {
  const files: { file: ScannedFile; digest: Digest | undefined }[] = [];
  const pending: { file: ScannedFile; digest: Digest | undefined }[] = [];
  let readers: SmallFileReaders | undefined;
  try {
    for (const { found, recordedAt, same } of compareWithRecord(context.repository.root, dataset, record)) {
      if (found === undefined) continue;
      const known = same ? record!.digest(recordedAt!) : undefined;
      const digest = known !== undefined && batch.relyOn(toRaw(known)) ? known : undefined;
      const file = { file: found, digest };
      files.push(file);
      if (digest === undefined && !found.path.endsWith('/')) pending.push(file);
      // They get ready while the rest is looked for.
      if (pending.length === MANY_FILES) readers ??= new SmallFileReaders();
    }
    await takeIn(context, batch, dataset, pending, readers);
  } finally {
    await readers?.close();
  }
  return { files, taken: pending.map(({ file }) => file) };
}

/**
 * Collects what the pointer says of the data itself. Parts that are not checked out stay as the version before has them.
 */
async function factsOf(
  repository: Repository,
  cache: Store,
  batch: Batch,
  dataset: string,
  data: {
    readonly kind: Pointer['kind'];
    readonly files: readonly RecordedFile[];
    readonly only: readonly string[] | undefined;
    readonly statCache: StatCache | undefined;
  },
): Promise<Pick<Pointer, 'digest' | 'bytes' | 'files' | 'executable'>> {
  const { kind, files, only, statCache } = data;
  if (kind === 'file') {
    const { file, digest } = files[0]!;
    return { digest: digest!, bytes: file.size, files: 1, ...(file.executable ? { executable: true } : {}) };
  }
  const entries =
    only === undefined
      ? entriesOf(files)
      : await withAbsent(repository, cache, dataset, { files, only, statCache });
  const total = { bytes: 0, files: 0 };
  const { digest } = await batch.addBytes(encodeManifest(counted(entries, total)), 'meta');
  return { digest, ...total };
}

function* entriesOf(files: readonly RecordedFile[]): Generator<ManifestEntry> {
  for (const file of files) yield manifestEntry(file);
}

/** Adds up what passes; folders that are empty are no files. */
function* counted(
  entries: Iterable<ManifestEntry>,
  total: { bytes: number; files: number },
): Generator<ManifestEntry> {
  for (const entry of entries) {
    if (entry.digest !== undefined) total.files += 1;
    total.bytes += entry.size;
    yield entry;
  }
}

function withAbsent(
  repository: Repository,
  cache: Store,
  dataset: string,
  data: {
    readonly files: readonly RecordedFile[];
    readonly only: readonly string[];
    readonly statCache: StatCache | undefined;
  },
): Promise<ManifestEntry[]> {
  const { files, only, statCache } = data;
  const whole = { path: '', kind: 'directory' as const, digest: statCache!.snapshot, bytes: 0, files: 0 };
  return withAbsentParts(entriesOf(files), snapshotFiles(repository, cache, dataset, whole), only);
}

async function withAbsentParts(
  entries: Iterable<ManifestEntry>,
  before: AsyncIterable<ManifestEntry>,
  only: readonly string[],
): Promise<ManifestEntry[]> {
  const merged: ManifestEntry[] = [];
  for await (const [here, then] of joinStreams(entries, before)) {
    const entry = here ?? (isChosen(then!.path, only) ? undefined : then);
    if (entry !== undefined) merged.push(entry);
  }
  return merged;
}

async function profileOf(
  batch: Batch,
  profiler: Profiler | undefined,
  data: {
    readonly root: string;
    readonly dataset: string;
    readonly kind: Pointer['kind'];
    readonly files: readonly RecordedFile[];
    readonly only: readonly string[] | undefined;
    readonly previous: Digest | undefined;
  },
): Promise<PointedStatistics> {
  // Statistics of a part would pass for those of the whole.
  if (profiler === undefined || data.only !== undefined) return {};
  const { root, dataset, kind, previous } = data;
  const files = data.files.flatMap(({ file, digest }) =>
    digest === undefined ? [] : [{ path: file.path, content: digest, size: file.size }],
  );
  const profile = await profiler({
    path: dataset,
    absolutePath: `${root}/${dataset}`,
    kind,
    files,
    previous,
  });
  if (profile === undefined) return {};
  const { digest } = await batch.addBytes(profile.bytes, 'meta');
  return { ...(profile.rows !== undefined && { rows: profile.rows }), profile: digest };
}

/** Checks that the bytes and the statistics were read from one state of the data. */
function checkUnchanged(root: string, dataset: string, before: ScannedFile): void {
  const path = pathOfFile(dataset, before.path);
  const now = scannedFile(root, path, before.path);
  if (now.size === before.size && now.modifiedMs === before.modifiedMs && now.inode === before.inode) return;
  throw new VarveError('source-changed', `${path} changed while it was being added`, {
    path,
    remedy: 'Wait until whatever writes it is done, then run `varve add` again. Nothing was recorded.',
  });
}

function record(repository: WorkingContext['repository'], snapshot: Snapshot): AddedDataset {
  const { dataset, before, pointer, files, only, readAtMs } = snapshot;
  ignoreDataset(repository.root, dataset);
  const added = pointTo(repository, dataset, before, pointer);
  writeStatCache(repository, dataset, { digest: pointer.digest, only }, files, readAtMs);
  return added;
}

/** Of what lies in a bucket and was never read there is nothing that a copy could take over. */
function refuseAbsentInPlace(repository: Repository, dataset: string, snapshot: Digest): void {
  if (readRecordOf(repository, snapshot) === undefined) return;
  throw new VarveError('data-not-read', `${dataset} is here in part only, and the rest lies in a bucket`, {
    path: dataset,
    remedy: `Run \`varve pull ${dataset}\` for all of it, then add it: that makes a copy.`,
  });
}
