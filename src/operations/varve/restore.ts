import { isChosen } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import type { Store } from '../../store/store.ts';
import { shellWord } from '../../wording/quote.ts';
import { applyCheckout } from '../../workspace/checkout/apply.ts';
import { checkCollisions, nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { type CheckoutPlan, planCheckout } from '../../workspace/checkout/plan.ts';
import { removeUnfinished } from '../../workspace/checkout/unfinished-files.ts';
import { readConfig } from '../../workspace/config.ts';
import { isCommitted } from '../../workspace/git/committed.ts';
import {
  formatPointer,
  type Pointer,
  pointerPath,
  readPointer,
  writePointer,
} from '../../workspace/pointer.ts';
import { compareWithRecord, hashFound, isEntry, pathOfFile } from '../../workspace/tree/data-state.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { dataKind, scannedFile } from '../../workspace/tree/scan.ts';
import {
  type RecordedFile,
  readStatCache,
  type StatCache,
  unseenFile,
  writeStatCache,
} from '../../workspace/tree/stat-cache.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { CheckedOutDataset, CheckoutResult, RestoreVersionsOptions } from '../backend/results.ts';
import type { VersionPart } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { selected } from './bring.ts';
import { checkoutFrom } from './checkout.ts';
import { datasetAtPath, refuseNested, type SelectedDataset, snapshotFiles } from './datasets/select.ts';
import { replaceablePointer } from './datasets/write-pointer.ts';
import { bringSmallFiles, type DirectSource, restoreAll } from './direct.ts';
import { openCache } from './stores/stores.ts';
import { refuseTouched } from './tracked-files.ts';

/** Implements Backend.restore. */
export async function restore(
  context: WorkingContext,
  versions: readonly VersionPart[],
  options: RestoreVersionsOptions,
): Promise<CheckoutResult> {
  const { force, isPointed } = options;
  const { root } = context.repository;
  const part = isPointed ? versions.find((one) => one.part !== undefined) : undefined;
  if (part !== undefined) throw onlyWhole(part);
  for (const { version } of versions) {
    if (!isPointed) refuseAbsent(root, version.path);
    else if (!force) refuseUncommitted(root, version.path);
  }
  const datasets = versions.map((version) => selected(context, version));
  return closing(await openCache(context), async (cache) => {
    const sources: Source[] = [];
    try {
      for (const dataset of datasets) sources.push(await bringSmallFiles(context, cache, dataset, true));
      if (isPointed) return await checkoutAndPoint(context, cache, datasets, sources, options);
      const restorations: Restoration[] = [];
      for (const [index, dataset] of datasets.entries())
        restorations.push(await planRestoration(context, cache, dataset, versions[index]!, force));
      const results: CheckedOutDataset[] = [];
      for (const [index, one] of restorations.entries())
        results.push(await carryOut(context, cache, sources[index], one));
      return { datasets: results };
    } finally {
      await Promise.all(sources.map((source) => source?.store.close()));
    }
  });
}

/** Where large files of a version come from that the cache lacks. */
type Source = DirectSource | undefined;

/** The pointers follow the data, so that whoever is interrupted can run the command again. */
async function checkoutAndPoint(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  sources: readonly Source[],
  { force, prefer }: RestoreVersionsOptions,
): Promise<CheckoutResult> {
  const { root } = context.repository;
  // All come from the default remote.
  const direct = sources.find((source) => source !== undefined);
  const options = { force, prefer, named: true, keepEdited: false, ignore: true, direct };
  const result = await checkoutFrom(context, cache, datasets, options).catch((error: unknown) => {
    throw error instanceof VarveError && error.code === 'changes-conflicting' ? sideOpen(error) : error;
  });
  const odd = new Set(result.problems?.map(({ path }) => path));
  for (const { path, pointer } of datasets.filter((dataset) => !odd.has(dataset.path)))
    writePointer(root, path, pointer);
  return result;
}

interface Restoration extends SelectedDataset {
  readonly plan: CheckoutPlan;
  /** What the pointer here names. */
  readonly current: Pointer;
  /** The files that the data here counts as a change of. */
  readonly base: readonly ManifestEntry[];
  readonly record: StatCache | undefined;
}

async function planRestoration(
  context: WorkingContext,
  cache: Store,
  dataset: SelectedDataset,
  wanted: VersionPart,
  force: boolean | undefined,
): Promise<Restoration> {
  const { repository, signal } = context;
  const { root } = repository;
  const { path, pointer, only } = dataset;
  refuseNested(root, path);
  const record = readStatCache(repository, path);
  const current = readPointer(root, path);
  const files = snapshotFiles(repository, cache, path, pointer);
  const isSaved = (digest: Digest): boolean => cache.has(digest);
  const plan = await planCheckout(root, path, record, files, { force, only, isSaved, signal });
  if (only !== undefined && plan.files.length === 0) throw noSuchFile(wanted.version, wanted.part);
  await refuseUnsaved(context, path, plan, isSaved);
  if (pointer.kind === 'directory')
    checkCollisions(
      plan.files.map(({ entry }) => entry.path),
      nameFolding(repository),
      path,
    );
  const base = await baseOf(context, cache, { path, pointer: current, ...(only && { only }) }, record);
  return { ...dataset, plan, current, base, record };
}

/** What the cache has is saved: a version that was restored here before may give way to another. */
async function refuseUnsaved(
  { repository: { root }, signal }: WorkingContext,
  dataset: string,
  plan: CheckoutPlan,
  isSaved: (digest: Digest) => boolean,
): Promise<void> {
  const written = new Set(plan.files.map(({ entry }) => entry.path));
  for (const path of [...plan.unsaved, ...plan.conflicts]) {
    const whole = pathOfFile(dataset, path);
    if (dataKind(root, whole) === 'file') {
      const digest = await hashFound(root, dataset, scannedFile(root, whole, path), { signal });
      if (isSaved(digest!)) {
        if (!written.has(path)) plan.remove.push(path);
        continue;
      }
    }
    throw new VarveError('changes-unsaved', `${whole} would be overwritten, and nobody saved it`, {
      path: whole,
      remedy: `Save it with \`varve add ${shellWord(dataset)}\`, move it away, or give it up with \`--force\`.`,
    });
  }
}

/** What was known of the files here; if nothing was, those of the version that the pointer names. */
async function baseOf(
  { repository }: WorkingContext,
  cache: Store,
  { path, pointer, only }: SelectedDataset,
  record: StatCache | undefined,
): Promise<ManifestEntry[]> {
  if (record !== undefined) {
    return record.paths.map((name, index) => entryOf(record, name, index));
  }
  if (pointer.kind === 'directory' && !cache.has(pointer.digest)) return [];
  const files: ManifestEntry[] = [];
  for await (const file of snapshotFiles(repository, cache, path, pointer))
    if (isChosen(file.path, only)) files.push(file);
  return files;
}

function entryOf(record: StatCache, path: string, index: number): ManifestEntry {
  const digest = record.digest(index);
  return {
    path,
    size: record.size(index),
    ...(digest === undefined ? {} : { digest }),
    ...(record.executable(index) ? { executable: true as const } : {}),
  };
}

async function carryOut(
  context: WorkingContext,
  cache: Store,
  source: Source,
  { path, pointer, only, plan, current, base, record }: Restoration,
): Promise<CheckedOutDataset> {
  const { repository, signal } = context;
  const { root } = repository;
  const written = plan.files.filter(({ found }) => found === undefined);
  const touched = [...written.map(({ entry }) => entry.path), ...plan.remove];
  const paths = touched.map((name) => pathOfFile(path, name));
  refuseTouched(root, [{ dataset: path, paths }], nameFolding(repository));
  removeUnfinished(repository, [{ dataset: path, found: plan.unfinished }]);
  const same = unchangedFiles(root, path, record);
  const link = readConfig(repository).checkout === 'link';
  const lists = await cache.blockLists(pointer);
  const files = await applyCheckout(root, path, pointer.kind, plan, {
    put: (toPut, count) => restoreAll(cache, source, toPut, count, { link, signal, lists }),
    signal,
  });
  const known = new Map([...same, ...files].map((file) => [file.file.path, file]));
  for (const name of plan.remove) known.delete(name);
  const snapshot = {
    digest: record?.snapshot ?? current.digest,
    only: record === undefined ? only : record.only,
  };
  writeStatCache(repository, path, snapshot, recordOf(base, known), fileClock(repository));
  return {
    path,
    written: written.length,
    writtenBytes: written.reduce((sum, { entry }) => sum + entry.size, 0),
    removed: plan.remove.length,
    kept: plan.kept,
    edited: [],
    ...(only === undefined ? {} : { only }),
  };
}

function unchangedFiles(root: string, dataset: string, record: StatCache | undefined): RecordedFile[] {
  return [...compareWithRecord(root, dataset, record)].flatMap(({ found, recordedAt, same }) =>
    same ? [{ file: found!, digest: record!.digest(recordedAt!) }] : [],
  );
}

/**
 * The record against which the restored data is a change, as `git restore --source` leaves it: the files of the base, of which those that
 * lie here with other bytes look changed.
 */
function recordOf(base: readonly ManifestEntry[], known: ReadonlyMap<string, RecordedFile>): RecordedFile[] {
  return base.map((entry) => {
    const here = known.get(entry.path);
    return here !== undefined && isEntry(here.file, here.digest, entry) ? here : unseenFile(entry);
  });
}

function refuseAbsent(root: string, dataset: string): void {
  if (datasetAtPath(root, dataset) !== undefined) return;
  throw new VarveError('dataset-missing', `${dataset} is not a dataset here any more`, {
    path: dataset,
    remedy: 'Bring it back with its pointer by `varve checkout PATH@REV`, or copy it by `varve get`.',
  });
}

/** @throws VarveError `changes-unsaved` for a pointer whose snapshot nothing else would name */
function refuseUncommitted(root: string, dataset: string): void {
  if (datasetAtPath(root, dataset) === undefined) return;
  const pointer = replaceablePointer(root, dataset, true);
  const where = pointerPath(dataset);
  if (pointer !== undefined && isCommitted(root, where, formatPointer(pointer))) return;
  throw new VarveError('changes-unsaved', `No commit has ${where} as it lies here`, {
    path: where,
    remedy: 'Commit it, so that its version is not lost, or give it up with `--force`.',
  });
}

function onlyWhole({ version: { path, commit }, part }: VersionPart): VarveError {
  return new VarveError('usage', `${path}/${part} is a part of ${path}, and has no pointer of its own`, {
    path: `${path}/${part}`,
    remedy: `Run \`varve restore ${shellWord(`${path}/${part}${commit === undefined ? '' : `@${commit.slice(0, 12)}`}`)}\`, then save what ${path} becomes by \`varve add ${shellWord(path)}\`.`,
  });
}

/** What stands in the way may be decided for the whole of the command that was given. */
function sideOpen({ code, message, path, details }: VarveError): VarveError {
  return new VarveError(code, message, {
    ...(path === undefined ? {} : { path }),
    details,
    remedy:
      'Add `--ours` to keep what lies here, or `--theirs` to take the other. To have both, copy yours elsewhere first.',
  });
}
