import { createHash } from 'node:crypto';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import { encodeManifest } from '../../store/format/manifest.ts';
import { leftBehind, type UnfinishedWithin } from '../../workspace/checkout/unfinished-files.ts';
import { unignored } from '../../workspace/git/gitignore.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import {
  compareWithRecord,
  type FileChange,
  type FileState,
  hashFound,
  manifestEntry,
} from '../../workspace/tree/data-state.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { isSameContent } from '../../workspace/tree/read-record.ts';
import { dataKind } from '../../workspace/tree/scan.ts';
import {
  type RecordedFile,
  readStatCache,
  type StatCache,
  writeStatCache,
} from '../../workspace/tree/stat-cache.ts';
import type { DatasetState, DatasetStatus, StatusResult } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemsField } from '../datasets/each.ts';
import { type SelectedDataset, selectPaths, withPointer } from './datasets/select.ts';
import { dataLeftBehind } from './moved-pointers.ts';
import { untrackedData } from './other-branches.ts';

/** Look at names, sizes and times; read only the files that look changed. */
export async function status(context: WorkingContext, paths: readonly string[]): Promise<StatusResult> {
  const { root } = context.repository;
  const within: UnfinishedWithin[] = [];
  const { done, problems } = await eachDataset(selectPaths(context, paths), async (selected) => {
    const found: string[] = [];
    const status = await datasetStatus(context, withPointer(root, selected), found);
    within.push({ dataset: selected.path, found });
    return status;
  });
  const unfinished = leftBehind(root, within);
  const dataAt = dataOfMissing(context, done);
  const moved = new Set(dataAt.values());
  const withoutPointer =
    paths.length > 0 ? [] : untrackedData(context.repository).filter((path) => !moved.has(path));
  const isHere = ({ state }: DatasetStatus): boolean => state !== 'missing';
  const notIgnored = unignored(
    root,
    done.filter(isHere).map(({ path }) => path),
  );
  return {
    datasets: done.map((one) => ({
      ...one,
      ...(dataAt.has(one.path) && { dataAt: dataAt.get(one.path)! }),
    })),
    ...(unfinished.length > 0 && { unfinished }),
    ...(withoutPointer.length > 0 && { withoutPointer }),
    ...(notIgnored.length > 0 && { notIgnored }),
    ...problemsField(problems),
  };
}

/** Find the data of datasets whose pointer was moved, by dataset. */
function dataOfMissing({ repository }: WorkingContext, done: readonly DatasetStatus[]): Map<string, string> {
  const missing = done.filter(({ state }) => state === 'missing');
  return dataLeftBehind(
    repository,
    missing.map(({ path }) => withPointer(repository.root, { path })),
  );
}

/**
 * What the data of a dataset is to its pointer. `dataset.only` plays no part: what is there is what was checked out.
 *
 * | what lies there                                                      | state       |
 * | -------------------------------------------------------------------- | ----------- |
 * | nothing                                                              | `missing`   |
 * | changes since the record, and not all that the pointer names         | `modified`  |
 * | data of which nothing is recorded, and not what the pointer names    | `modified`  |
 * | what the pointer names, or the chosen parts of it                    | `unchanged` |
 * | another snapshot, as it was recorded                                 | `outdated`  |
 * @param unfinished as that of scanDataset
 */
export async function datasetStatus(
  context: WorkingContext,
  { path, pointer }: SelectedDataset,
  unfinished?: string[],
): Promise<DatasetStatus> {
  const { kind, digest } = pointer;
  const missing: DatasetStatus = { path, kind, state: 'missing', digest, dataDigest: null, changes: [] };
  if (dataKind(context.repository.root, path) === undefined) return missing;
  const found = await lookAt(context, path, pointer, unfinished);
  // Git may keep files of its own in the folder of a dataset that was never checked out.
  if (found.isEmpty && !found.isRecorded && !found.isPointed) return missing;
  const state = stateOf(found);
  const { changes, only, isMoved } = found;
  return {
    path,
    kind,
    state,
    digest,
    dataDigest: found.isPointed ? digest : found.snapshot,
    changes: state === 'modified' ? changes : [],
    ...(state === 'modified' && isMoved && { pointerMoved: true }),
    ...(only === undefined ? {} : { only }),
  };
}

/** The facts about a dataset's data from which its state follows. */
interface Found {
  readonly isRecorded: boolean;
  /** Whether no file of the dataset lies there. */
  readonly isEmpty: boolean;
  /** Since the record. */
  readonly changes: readonly FileChange[];
  /** Whether the files, as they lie there or as they are recorded, are those that the pointer names. */
  readonly isPointed: boolean;
  /** Of the files that lie there. */
  readonly snapshot: Digest;
  /** Whether the pointer names another snapshot than the recorded one. */
  readonly isMoved: boolean;
  /** The parts that were checked out, if that is not all. */
  readonly only: readonly string[] | undefined;
}

function stateOf({ isRecorded, changes, isPointed, only }: Found): DatasetState {
  const isWhole = isPointed && only === undefined;
  if (changes.length > 0 && !isWhole) return 'modified';
  if (!isRecorded && !isPointed) return 'modified';
  return isPointed ? 'unchanged' : 'outdated';
}

/** Read the files that look changed, and remember what it read unless that is in no snapshot. */
async function lookAt(
  context: WorkingContext,
  path: string,
  pointer: Pointer,
  unfinished: string[] | undefined,
): Promise<Found> {
  const { repository } = context;
  const record = readStatCache(repository, path);
  const states = compareWithRecord(repository.root, path, record, unfinished);
  const suspects = [...states].filter(({ same }) => !same);
  const only = record?.only;
  const isMoved = record !== undefined && !isSameContent(repository, record.snapshot, pointer.digest);
  if (record !== undefined && suspects.length === 0)
    return {
      isRecorded: true,
      isEmpty: record.paths.length === 0,
      changes: [],
      isPointed: !isMoved && hasModeOf(pointer, record.paths.length > 0 && record.executable(0)),
      snapshot: record.snapshot,
      isMoved,
      only,
    };

  const readAtMs = fileClock(repository);
  const read = await readSuspects(context, path, suspects);
  const changes = record === undefined ? [] : suspects.flatMap((suspect) => changeOf(record, suspect, read));
  const files = knownFiles(repository.root, path, record, read);
  const snapshot = record !== undefined && changes.length === 0 ? record.snapshot : snapshotOf(files);
  const isPointed =
    isSameContent(repository, snapshot, pointer.digest) &&
    hasModeOf(pointer, files[0]?.file.executable ?? false);
  const found = {
    isRecorded: record !== undefined,
    isEmpty: files.length === 0,
    changes,
    isPointed,
    snapshot,
    isMoved,
    only,
  };
  if (stateOf(found) !== 'modified')
    remember(repository, path, { digest: isPointed ? pointer.digest : snapshot, only }, files, readAtMs);
  return found;
}

/** The digest of a single file says nothing of its mode; a manifest names those of its files. */
function hasModeOf({ kind, source, executable }: Pointer, isExecutable: boolean): boolean {
  return kind === 'directory' || source !== undefined || (executable ?? false) === isExecutable;
}

/** Digests by path of the files that look changed. */
async function readSuspects(
  context: WorkingContext,
  dataset: string,
  suspects: readonly FileState[],
): Promise<Map<string, Digest>> {
  const { onProgress, signal } = context;
  const total = suspects.reduce((sum, { found }) => sum + (found?.size ?? 0), 0);
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    onProgress?.({ phase: `read ${dataset}`, unit: 'bytes', done, total });
  };
  const read = new Map<string, Digest>();
  for (const { found } of suspects) {
    if (found === undefined) continue;
    const digest = await hashFound(context.repository.root, dataset, found, { onBytes, signal });
    if (digest !== undefined) read.set(found.path, digest);
  }
  return read;
}

function changeOf(record: StatCache, suspect: FileState, read: ReadonlyMap<string, Digest>): FileChange[] {
  const { path, found, recordedAt } = suspect;
  if (found === undefined) return [{ path, change: 'removed' }];
  if (recordedAt === undefined) return [{ path, change: 'added' }];
  const same =
    read.get(path) === record.digest(recordedAt) && found.executable === record.executable(recordedAt);
  return same ? [] : [{ path, change: 'modified' }];
}

function knownFiles(
  root: string,
  dataset: string,
  record: StatCache | undefined,
  read: ReadonlyMap<string, Digest>,
): RecordedFile[] {
  const files: RecordedFile[] = [];
  for (const { path, found, recordedAt, same } of compareWithRecord(root, dataset, record)) {
    if (found === undefined) continue;
    const digest = same ? record!.digest(recordedAt!) : read.get(path);
    // What came after the first look is met by the next one.
    if (digest !== undefined || path.endsWith('/')) files.push({ file: found, digest });
  }
  return files;
}

function snapshotOf(files: readonly RecordedFile[]): Digest {
  const [first] = files;
  if (first?.file.path === '') return first.digest!;
  const hash = createHash('sha256');
  for (const piece of encodeManifest(files.map(manifestEntry))) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

/** So that the next look need not read these files again. Where nothing can be written, it will. */
function remember(
  repository: Repository,
  dataset: string,
  snapshot: { readonly digest: Digest; readonly only: readonly string[] | undefined },
  files: readonly RecordedFile[],
  readAtMs: number,
): void {
  try {
    writeStatCache(repository, dataset, snapshot, files, readAtMs);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
  }
}
