import { isWithin } from '../../base/files/path-order.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { type BlockLists, NO_BLOCK_LISTS } from '../../store/format/block-lists.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import type { RestoreAllOptions, Store } from '../../store/store.ts';
import { isLacking } from '../../store/transfer/transfer-each.ts';
import { shellWord } from '../../wording/quote.ts';
import { applyCheckout, type PutInPlace } from '../../workspace/checkout/apply.ts';
import {
  checkCollisions,
  type NameFolding,
  NO_FOLDING,
  nameFolding,
} from '../../workspace/checkout/name-collisions.ts';
import { type CheckoutPlan, planCheckout } from '../../workspace/checkout/plan.ts';
import type { Touched } from '../../workspace/checkout/tracked-files.ts';
import { removeUnfinished } from '../../workspace/checkout/unfinished-files.ts';
import { readConfig } from '../../workspace/config.ts';
import { ignoreDatasets, unignored } from '../../workspace/git/gitignore.ts';
import { pathOfFile } from '../../workspace/tree/data-state.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { isSameContent } from '../../workspace/tree/read-record.ts';
import { dataKind } from '../../workspace/tree/scan.ts';
import { readStatCache, type StatCache, writeStatCache } from '../../workspace/tree/stat-cache.ts';
import type {
  CheckedOutDataset,
  CheckoutOptions,
  CheckoutResult,
  DatasetProblem,
} from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { eachDataset, problemOf, problemsField } from '../datasets/each.ts';
import {
  countedFiles,
  refuseNested,
  type SelectedDataset,
  selectPaths,
  withPointer,
} from './datasets/select.ts';
import { comesStraight, type DirectSource, restoreAll } from './direct.ts';
import { isInPlace, isUnread, notRead } from './in-place/snapshot.ts';
import { followPointers } from './moved-pointers.ts';
import { removeOtherBranches } from './other-branches.ts';
import { openCache } from './stores/stores.ts';
import { refuseTouched } from './tracked-files.ts';

/** Conflicts whose paths an error names. */
const MAX_NAMED = 20;

/** What a person must see to before anything is touched: a word of theirs that means nothing, and data that is not here. */
const STOPPING: readonly ErrorCode[] = ['path-missing', 'object-missing', 'data-not-read'];

interface Planned {
  readonly dataset: SelectedDataset;
  readonly record: StatCache | undefined;
  readonly plan: CheckoutPlan;
  readonly only: readonly string[] | undefined;
}

/**
 * Make the data match the pointers. Nothing is touched before it is known that every dataset can be checked out.
 * @throws VarveError `changes-unsaved`, `object-missing`, `name-collision`, `path-tracked`, `dataset-nested`
 */
export async function checkout(
  context: WorkingContext,
  paths: readonly string[],
  options: CheckoutOptions,
): Promise<CheckoutResult> {
  const { done: datasets, problems } = await eachDataset(selectPaths(context, paths), (selected) =>
    withPointer(context.repository.root, selected),
  );
  const named = paths.length > 0;
  return closing(await openCache(context), async (cache) => {
    // Who names a dataset wants it as its pointer says.
    const result = await checkoutFrom(context, cache, datasets, { ...options, named, keepEdited: !named });
    const takenAway = named ? [] : await removeOtherBranches(context, cache);
    return {
      ...result,
      ...(takenAway.length > 0 && { takenAway }),
      ...problemsField([...problems, ...(result.problems ?? [])]),
    };
  });
}

interface Choice extends CheckoutOptions {
  /** Whether the user named the datasets: those become whole, else they keep to the parts chosen before. */
  readonly named: boolean;
  /** Whether a file that was edited here stays although it is the version of the pointer that was edited. */
  readonly keepEdited: boolean;
  /** Whether datasets get a line in .gitignore that have none, before their data lies there: the caller writes their pointers. */
  readonly ignore?: boolean | undefined;
  /** A remote that files come from which the cache lacks. */
  readonly direct?: DirectSource | undefined;
}

export async function checkoutFrom(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  options: Choice,
): Promise<CheckoutResult> {
  const { repository } = context;
  const moved = followPointers(repository, datasets);
  const keepEdited = new Set(moved.map(({ path }) => path));
  const { done: planned, problems } = await eachDataset(
    datasets,
    (dataset) =>
      plan(context, cache, dataset, {
        ...options,
        keepEdited: options.keepEdited || keepEdited.has(dataset.path),
      }),
    STOPPING,
  );
  refuseConflicts(planned);
  refuseUnsaved(planned);
  await refuseMissing(cache, options.direct, planned);
  const touched = planned.map(touchedBy);
  const folding = touched.some(({ paths }) => paths.length > 0) ? nameFolding(repository) : NO_FOLDING;
  refuseTouched(repository.root, touched, folding);
  removeUnfinished(
    repository,
    planned.map(({ dataset, plan: { unfinished } }) => ({ dataset: dataset.path, found: unfinished })),
  );
  const { checkout: way } = readConfig(repository);
  const put = putter(context, planned, (files, count, watch) =>
    restoreAll(cache, options.direct, files, count, { link: way === 'link', ...watch }),
  );
  if (options.ignore)
    ignoreDatasets(
      repository.root,
      planned.map(({ dataset }) => dataset.path),
    );
  const { done, damaged } = await applyEach(planned, async (one) =>
    apply(context, one, put(await cache.blockLists(one.dataset.pointer)), folding),
  );
  warnOfUnignored(context, planned);
  return {
    datasets: done,
    ...(moved.length > 0 && { moved }),
    ...problemsField([...problems, ...damaged]),
  };
}

/** Put datasets in place. What is damaged of one stops no other. @throws VarveError what the first of them met, if none could be put in place */
async function applyEach(
  planned: readonly Planned[],
  work: (one: Planned) => Promise<CheckedOutDataset>,
): Promise<{ readonly done: CheckedOutDataset[]; readonly damaged: DatasetProblem[] }> {
  const done: CheckedOutDataset[] = [];
  const damaged: { path: string; error: VarveError }[] = [];
  for (const one of planned) {
    try {
      done.push(await work(one));
    } catch (error) {
      if (!isLacking(error)) throw error;
      damaged.push({ path: one.dataset.path, error });
    }
  }
  const [first] = damaged;
  if (first !== undefined && done.length === 0) throw first.error;
  return { done, damaged: damaged.map(problemOf) };
}

/** Warn of new datasets that Git does not ignore: whoever moved a pointer may have left its ignore line behind. */
function warnOfUnignored({ repository, onWarning }: WorkingContext, planned: readonly Planned[]): void {
  const fresh = planned.filter(({ record }) => record === undefined).map(({ dataset }) => dataset.path);
  for (const path of unignored(repository.root, fresh))
    onWarning?.(
      `Git does not ignore ${path}, so that \`git add -A\` would take it: run \`varve add ${shellWord(path)}\`.`,
    );
}

async function plan(
  context: WorkingContext,
  cache: Store,
  dataset: SelectedDataset,
  options: Choice,
): Promise<Planned> {
  const { repository, signal } = context;
  const { path, pointer } = dataset;
  refuseNested(repository.root, path);
  if (pointer.kind === 'directory' && !isInPlace(pointer) && !cache.has(pointer.digest))
    throw toBePulled(dataset, pointer.digest);
  const record = readStatCache(repository, path);
  const only = chosenParts(dataset, record, options.named);
  const files = countedFiles(repository, cache, path, pointer);
  const isSaved = (digest: Digest): boolean => cache.has(digest);
  const isMoved = record !== undefined && !isSameContent(repository, record.snapshot, pointer.digest);
  const made = await planCheckout(repository.root, path, record, files, {
    force: options.force,
    prefer: options.prefer,
    preferAt: dataset.only,
    keepEdited: isMoved || options.keepEdited,
    keepRemoved: isMoved && dataKind(repository.root, path) !== undefined,
    only,
    isSaved,
    signal,
  });
  refuseUnknownParts(dataset, made);
  return { dataset, record, plan: made, only };
}

/** What was chosen before stays chosen, unless the whole dataset is asked for by name. */
function chosenParts(
  { pointer, only }: SelectedDataset,
  record: StatCache | undefined,
  named: boolean,
): readonly string[] | undefined {
  if (pointer.kind === 'file') return undefined;
  if (only === undefined) return named ? undefined : record?.only;
  // Of a dataset that is there as a whole, a part is there already.
  if (record !== undefined && record.only === undefined) return undefined;
  return [...new Set([...(record?.only ?? []), ...only])].sort();
}

function refuseUnknownParts({ path, only }: SelectedDataset, made: CheckoutPlan): void {
  if (only === undefined) return;
  const inSnapshot = [...made.files.map(({ entry }) => entry), ...made.edited].map(({ path: file }) => file);
  const known = [...inSnapshot, ...made.remove, ...made.kept, ...made.conflicts];
  for (const part of only) {
    if (known.some((file) => isWithin(file, part))) continue;
    throw new VarveError('path-missing', `The snapshot of ${path} has nothing at ${part}`, {
      path: `${path}/${part}`,
      remedy: `Check the spelling; \`varve ls -R ${shellWord(path)}\` lists what it holds, and \`varve log ${shellWord(path)}\` its versions.`,
    });
  }
}

function refuseConflicts(planned: readonly Planned[]): void {
  const conflicts = planned.flatMap(({ dataset, plan: { conflicts: paths } }) =>
    paths.map((path) => pathOfFile(dataset.path, path)),
  );
  const [first] = conflicts;
  if (first === undefined) return;
  const more = conflicts.length > 1 ? ` and ${conflicts.length - 1} more` : '';
  throw new VarveError(
    'changes-conflicting',
    `${first}${more} changed here, and in the version to come too`,
    {
      path: first,
      remedy: `Keep what lies here with \`varve checkout --ours ${shellWord(first)}\`, or take the other with --theirs. To have both, copy yours elsewhere first.`,
      details: conflicts.slice(0, MAX_NAMED),
    },
  );
}

function refuseUnsaved(planned: readonly Planned[]): void {
  const unsaved = planned.flatMap(({ dataset, plan: { unsaved: paths } }) =>
    paths.map((path) => pathOfFile(dataset.path, path)),
  );
  const first = planned.find(({ plan: made }) => made.unsaved.length > 0);
  if (first === undefined) return;
  const word = shellWord(first.dataset.path);
  const more = unsaved.length > 1 ? ` and ${unsaved.length - 1} more` : '';
  throw new VarveError('changes-unsaved', `${unsaved[0]}${more} would be overwritten, and nobody saved it`, {
    path: unsaved[0]!,
    remedy: `Save it with \`varve add ${word}\`, move it away, or give it up with \`varve checkout --force ${word}\`.`,
  });
}

/** Before anything is touched, so that a checkout is not left in the middle for want of data. */
async function refuseMissing(
  cache: Store,
  direct: DirectSource | undefined,
  planned: readonly Planned[],
): Promise<void> {
  for (const { dataset, plan: made } of planned) {
    const lists = direct === undefined ? NO_BLOCK_LISTS : await cache.blockLists(dataset.pointer);
    const has = (digest: Digest, size: number): boolean =>
      cache.has(digest) || (direct !== undefined && comesStraight(direct, digest, size, lists));
    const missing = made.files.find(
      ({ entry, found }) =>
        found === undefined &&
        (isUnread(entry) || (entry.digest !== undefined && !has(entry.digest, entry.size))),
    );
    if (missing === undefined) continue;
    if (isInPlace(dataset.pointer)) throw notRead(dataset.path, missing.entry.path, dataset.pointer);
    throw toBePulled(dataset, missing.entry.digest!, pathOfFile(dataset.path, missing.entry.path));
  }
}

function toBePulled({ path: dataset }: SelectedDataset, digest: Digest, path = dataset): VarveError {
  return new VarveError('object-missing', `${path} is not in the cache (${digest})`, {
    path,
    remedy: `Run \`varve pull ${shellWord(dataset)}\`, which brings it from the remote.`,
  });
}

/** Put objects in place and report how much of all the work is done. */
function putter(
  context: WorkingContext,
  planned: readonly Planned[],
  restore: (...put: [...Parameters<PutInPlace>, RestoreAllOptions]) => Promise<void>,
): (lists: BlockLists) => PutInPlace {
  const total = planned.reduce((sum, { plan: made }) => sum + bytesToWrite(made), 0);
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    context.onProgress?.({ phase: 'check out', unit: 'bytes', done, total });
  };
  return (lists) => (files, count) => restore(files, count, { onBytes, signal: context.signal, lists });
}

async function apply(
  context: WorkingContext,
  planned: Planned,
  put: PutInPlace,
  folding: NameFolding,
): Promise<CheckedOutDataset> {
  const { repository, signal } = context;
  const { dataset, plan: made, only } = planned;
  const { path, pointer } = dataset;
  const written = filesToWrite(made);
  if (written.length > 0 && pointer.kind === 'directory') {
    checkCollisions(
      made.files.map(({ entry }) => entry.path),
      folding,
      path,
    );
  }
  const writtenBytes = bytesToWrite(made);
  const files = await applyCheckout(repository.root, path, pointer.kind, made, { put, signal });
  writeStatCache(repository, path, { digest: pointer.digest, only }, files, fileClock(repository));
  return {
    path,
    written: written.length,
    writtenBytes,
    removed: made.remove.length,
    kept: made.kept,
    edited: made.edited.map(({ path: file }) => file),
    ...(only === undefined ? {} : { only }),
  };
}

function filesToWrite(made: CheckoutPlan): ManifestEntry[] {
  return made.files.flatMap(({ entry, found }) => (found === undefined ? [entry] : []));
}

function touchedBy({ dataset, plan: made }: Planned): Touched {
  const paths = [...filesToWrite(made).map(({ path }) => path), ...made.remove];
  return { dataset: dataset.path, paths: paths.map((path) => pathOfFile(dataset.path, path)) };
}

function bytesToWrite(made: CheckoutPlan): number {
  return filesToWrite(made).reduce((sum, { size }) => sum + size, 0);
}
