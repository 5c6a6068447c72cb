import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readableNamesIn } from '../../base/files/folder-names.ts';
import { comparePaths, foldersAbove, isChosen, isWithin } from '../../base/files/path-order.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import { encodeManifest, type ManifestEntry } from '../../store/format/manifest.ts';
import { MANY_FILES } from '../../store/restoring/file-groups.ts';
import type { Store } from '../../store/store.ts';
import { SmallFileReaders } from '../../store/writing/small-file-readers.ts';
import { logsAbove, tableTraceOf } from '../../tables/snapshot/traces.ts';
import { counted } from '../../wording/numbers.ts';
import { gitWord, shellWord } from '../../wording/quote.ts';
import { describeUrl } from '../../wording/urls.ts';
import { keepsModes } from '../../workspace/git/file-mode.ts';
import { ignoreDatasets } from '../../workspace/git/gitignore.ts';
import { type Pointer, pointerPath, readPointer } from '../../workspace/pointer.ts';
import {
  compareWithRecord,
  type FileState,
  manifestEntry,
  pathOfFile,
} from '../../workspace/tree/data-state.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { unportableName } from '../../workspace/tree/portable-names.ts';
import { contentOf, isSameContent } from '../../workspace/tree/read-record.ts';
import { dataKind, type ScannedFile, scannedFile } from '../../workspace/tree/scan.ts';
import {
  type RecordedFile,
  readStatCache,
  type StatCache,
  unseenFile,
  writeStatCache,
} from '../../workspace/tree/stat-cache.ts';
import { giveConsent } from '../../workspace/trust/consent.ts';
import { followLink } from '../../workspace/trust/link.ts';
import type { BackendAddOptions } from '../backend/backend.ts';
import type { AddedDataset, AddResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import type { Profiler } from '../statistics/profiler.ts';
import { type AddDestination, intoCache, pastCache, withoutRoom } from './add-destination.ts';
import { changedMeanwhile, takeIn } from './add-files.ts';
import { pinBlocks } from './datasets/pin-blocks.ts';
import { rootOf, snapshotFiles } from './datasets/select.ts';
import {
  type PointedStatistics,
  pointTo,
  replaceablePointer,
  resolveDatasets,
  statisticsOf,
  withoutStatistics,
} from './datasets/write-pointer.ts';
import { EarlyStatistics } from './early-statistics.ts';
import { fetchInto } from './fetch.ts';
import { shownColumnsOf } from './in-place/columns.ts';
import { isInPlace, isUnread, type ManifestFile } from './in-place/snapshot.ts';
import { followPointers } from './moved-pointers.ts';
import { nextVersion, partsHere } from './next-version.ts';
import { openCache } from './stores/stores.ts';
import { codeRequests } from './tracked-files.ts';

/** What is to be added: a dataset, or files and folders within one. */
interface Named {
  readonly dataset: string;
  readonly parts: readonly string[] | undefined;
}

/** A snapshot whose pointer can be written into the working tree once the store has everything. */
interface Snapshot {
  readonly dataset: string;
  readonly before: Pointer | undefined;
  readonly pointer: Pointer;
  /** What is known of the data here once the pointer is written. */
  readonly files: readonly RecordedFile[];
  readonly only: readonly string[] | undefined;
  readonly notHere: number;
  readonly readAtMs: number;
}

/**
 * Make a snapshot of each path and point to it. All of them or none: pointers and .gitignore lines are written after the
 * cache, or the remote, holds every byte.
 */
export async function add(
  context: WorkingContext,
  paths: readonly string[],
  options: BackendAddOptions,
): Promise<AddResult> {
  const { repository } = context;
  const named = namedDatasets(context, paths, options.follow ?? false);
  refuseOverlap(named.map(({ dataset }) => dataset));
  return closing(await openCache(context), async (cache) => {
    const { toRemote, remote } = options;
    const into = await (toRemote ? pastCache(context, cache, remote) : intoCache(context, cache));
    return closing(into, async () => {
      const snapshots = await takeSnapshots(context, cache, into, named, options);
      const datasets = await record(repository, snapshots);
      return { datasets, ...(into.remote && { remote: into.remote }) };
    });
  });
}

/** Take in the data, the manifests and the statistics: all that the pointers will name. */
async function takeSnapshots(
  context: WorkingContext,
  cache: Store,
  into: AddDestination,
  named: readonly Named[],
  options: BackendAddOptions,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  try {
    const versions = readVersions(context, cache, into, named, options);
    const made = inOrder(versions, PROFILED_AT_ONCE, (version) =>
      withStatistics(context, into, version, options),
    );
    for await (const snapshot of made) snapshots.push(snapshot);
    context.signal?.throwIfAborted();
    await into.commit(snapshots.map(({ dataset, pointer }) => rootOf({ path: dataset, pointer })));
  } catch (error) {
    await into.abort();
    throw into.remote === undefined ? withoutRoom(context, named[0]!.dataset, error) : error;
  }
  return snapshots;
}

/** @throws VarveError for every path that cannot become a dataset, and is in none */
function namedDatasets(context: WorkingContext, paths: readonly string[], follow: boolean): Named[] {
  const { root } = context.repository;
  const named = new Map<string, Set<string> | undefined>();
  for (const [at, { dataset, part }] of resolveDatasets(context, paths).entries()) {
    if (follow && part === undefined) followLink(root, dataset);
    const isKnown = part === undefined || partKnown(context, dataset, part);
    if (part === undefined) followPointer(context, dataset);
    if (dataKind(root, dataset) === undefined || !isKnown) throw nothingAt(paths[at]!);
    if (part === undefined) named.set(dataset, undefined);
    else if (!named.has(dataset)) named.set(dataset, new Set([part]));
    else named.get(dataset)?.add(part);
  }
  return [...named].map(([dataset, parts]) => ({ dataset, parts: parts && [...parts].sort() }));
}

/** Bring data to a pointer that was moved without it. */
function followPointer({ repository }: WorkingContext, dataset: string): void {
  const pointer = replaceablePointer(repository.root, dataset, true);
  if (pointer !== undefined) followPointers(repository, [{ path: dataset, pointer }]);
}

/** A part may be gone: that is what is added then. */
function partKnown({ repository }: WorkingContext, dataset: string, part: string): boolean {
  if (existsSync(join(repository.root, dataset, part))) return true;
  return readStatCache(repository, dataset)?.paths.some((path) => isWithin(path, part)) ?? false;
}

function nothingAt(path: string): VarveError {
  return new VarveError('path-missing', `There is nothing at ${path}`, {
    path,
    remedy: 'Check the spelling of the path; a dataset that is not here comes by `varve pull`.',
  });
}

function refuseOverlap(datasets: readonly string[]): void {
  const all = new Set(datasets);
  for (const inner of datasets) {
    const outer = foldersAbove(inner).find((folder) => all.has(folder));
    if (outer === undefined) continue;
    throw new VarveError('dataset-nested', `${inner} lies within ${outer}`, {
      path: inner,
      remedy: 'Datasets cannot hold one another: add either the whole or the parts.',
    });
  }
}

/** Datasets whose statistics are asked for at once: small tables are then read by one engine. */
const PROFILED_AT_ONCE = 128;

/** A version whose bytes the batch has taken in, and of which there are no statistics yet. */
interface ReadVersion extends Omit<Snapshot, 'pointer' | 'files'> {
  readonly kind: Pointer['kind'];
  readonly version: Version;
  /** Whether the pointer names it already. */
  readonly unchanged: boolean;
  readonly taken: readonly ScannedFile[];
  readonly early: EarlyStatistics | undefined;
}

async function* readVersions(
  context: WorkingContext,
  cache: Store,
  into: AddDestination,
  named: readonly Named[],
  options: BackendAddOptions,
): AsyncGenerator<ReadVersion> {
  for (const one of named) yield await readVersion(context, cache, into, one, options);
}

async function readVersion(
  context: WorkingContext,
  cache: Store,
  into: AddDestination,
  named: Named,
  options: BackendAddOptions,
): Promise<ReadVersion> {
  let early: EarlyStatistics | undefined;
  const onRead = (file: ScannedFile): void => {
    early = EarlyStatistics.of(context, options.profiler, named.dataset, file);
  };
  try {
    const made = await readBytes(context, cache, into, named, { ...options, onRead });
    return { ...made, early };
  } catch (error) {
    early?.drop();
    throw error;
  }
}

/** @param options.onRead told before the data of a dataset that is a file is read */
async function readBytes(
  context: WorkingContext,
  cache: Store,
  into: AddDestination,
  { dataset, parts }: Named,
  {
    replace = false,
    onRead,
    database,
    topic,
  }: BackendAddOptions & { readonly onRead: (file: ScannedFile) => void },
): Promise<Omit<ReadVersion, 'early'>> {
  const { repository } = context;
  const { root } = repository;
  const kind = dataKind(root, dataset)!;
  const before =
    parts === undefined ? replaceablePointer(root, dataset, replace) : readPointer(root, dataset);
  const statCache = readStatCache(repository, dataset);
  const isMoved =
    before !== undefined &&
    statCache !== undefined &&
    !isSameContent(repository, statCache.snapshot, before.digest);
  if (isMoved && parts !== undefined) throw outdated(dataset);
  const readAtMs = fileClock(repository);
  const found = await readFiles(context, into, dataset, {
    record: statCache,
    parts,
    ...(kind === 'file' && { onRead }),
  });
  warnOfNames(context, dataset, found.here);
  warnOfTable(context, dataset, found.here);
  // Of a version that was here as a whole nothing never was; where the pointer moved on, only what lies here can be its version.
  const isAllHere = parts === undefined && statCache !== undefined && statCache.only === undefined;
  const follows = replace || isMoved || isAllHere || before?.kind !== kind ? undefined : before;
  const made = await versionOf(context, cache, into, { dataset, kind, follows, parts, found });
  const { digest, notHere, only } = made;
  const unchanged =
    before !== undefined && before.kind === kind && contentOf(repository, before.digest) === digest;
  const blocks = unchanged
    ? before.blocks
    : await pinBlocks(cache, (bytes) => into.addMeta(() => [bytes]), made, {
        read: found.lists,
        before: [before],
      });
  const version = { ...made, facts: { ...made.facts, ...(blocks && { blocks }) } };
  if (isMoved && !replace && !unchanged) throw outdated(dataset);
  if (before !== undefined && !unchanged) leaveOrigin(context, dataset, before, { database, topic });
  return { dataset, kind, before, version, unchanged, taken: found.taken, only, notHere, readAtMs };
}

async function withStatistics(
  context: WorkingContext,
  into: AddDestination,
  { dataset, kind, before, version, unchanged, taken, early, only, notHere, readAtMs }: ReadVersion,
  { profiler, database, topic }: BackendAddOptions,
): Promise<Snapshot> {
  const { root } = context.repository;
  const { digest, files, facts, recorded } = version;
  const isKnown = unchanged && before?.profile !== undefined;
  if (profiler !== undefined && files === undefined && !isKnown)
    warnOfNoStatistics(context, dataset, notHere);
  const known = isKnown ? before.profile : undefined;
  const columns = before && (await shownColumnsOf(context, { path: dataset, commit: undefined }));
  if (isKnown) early?.drop();
  const profiled = isKnown || early === undefined ? profiler : () => early.take();
  const profile = {
    ...(isKnown && statisticsOf(before)),
    ...(await profileOf(into, profiled, { root, dataset, kind, files, known, columns })),
  };
  for (const file of taken) checkUnchanged(root, dataset, file);
  // What lies in a bucket stays there as long as nobody changes it here: it gains statistics.
  const pointer: Pointer =
    unchanged && before !== undefined && isInPlace(before)
      ? { ...withoutStatistics(before), ...(profile.profile === undefined ? statisticsOf(before) : profile) }
      : {
          ...{ path: posix.basename(dataset), kind, digest, ...facts, ...profile },
          ...(database && (kind === 'file') === (database.incremental === undefined) && { database }),
          ...(kind === 'directory' && topic && { topic }),
        };
  return { dataset, before, pointer, files: recorded, only, notHere, readAtMs };
}

/** A copy is its files alone, and would show columns by the names that these have, and those that the table has dropped. */
function showsOthers(dataset: string): VarveError {
  const word = shellWord(dataset);
  return new VarveError(
    'table-feature-unsupported',
    `${dataset} is a table that shows other columns than its files have, which a copy of these would not, and they were changed here`,
    {
      path: dataset,
      remedy: `Take the changes back by \`varve checkout --force ${word}\`. To have the files as they are, with their own columns, take the table out by \`varve rm ${word}\`, which leaves them, and run \`varve add ${word}\` then.`,
    },
  );
}

/** Statistics are of a whole version, which has to lie here as it is. @param notHere how many of its files are not here */
function warnOfNoStatistics({ onWarning }: WorkingContext, dataset: string, notHere: number): void {
  const word = shellWord(dataset);
  onWarning?.(
    notHere > 0
      ? `${dataset} is added without statistics, since ${counted(notHere, 'file')} of it ${notHere === 1 ? 'is' : 'are'} not here: \`varve pull ${word}\` brings what is missing, and \`varve add ${word}\` then counts it.`
      : `${dataset} is added without statistics, since other files of it were changed here and are not added: \`varve add ${word}\` adds them too, and counts all.`,
  );
}

/**
 * Say where a version of one's own is not from any more.
 * @throws VarveError `table-feature-unsupported` if it would show other columns
 */
function leaveOrigin(
  context: WorkingContext,
  dataset: string,
  before: Pointer,
  { database, topic }: Pick<BackendAddOptions, 'database' | 'topic'>,
): void {
  if (before.columns !== undefined) throw showsOthers(dataset);
  if (before.imported !== undefined)
    warnOfUnpinning(context, dataset, `was imported from ${describeUrl(before.imported.repository)}`);
  if (before.database !== undefined && database === undefined)
    warnOfUnpinning(context, dataset, `is a copy of rows in ${describeUrl(before.database.url)}`);
  if (before.topic !== undefined && topic === undefined)
    warnOfUnpinning(context, dataset, `has messages of ${describeUrl(before.topic.url)}`);
}

/** A version of one's own is no import any more, which is easy to miss when somebody meant to try something out. */
function warnOfUnpinning({ onWarning }: WorkingContext, dataset: string, from: string): void {
  const word = shellWord(dataset);
  onWarning?.(
    `${dataset} ${from}, and this version is one of your own: \`varve update\` leaves it alone. \`git checkout -- ${gitWord(pointerPath(dataset))}\` and \`varve checkout --force ${word}\` bring that back.`,
  );
}

/** What is added here has to be checked out elsewhere. */
function warnOfNames({ onWarning }: WorkingContext, dataset: string, here: readonly RecordedFile[]): void {
  if (onWarning === undefined) return;
  const found = unportableName(here.map(({ file }) => pathOfFile(dataset, file.path)));
  if (found !== undefined)
    onWarning(
      `${JSON.stringify(found.path)} ${found.why}: it can be checked out only where that does not matter.`,
    );
}

/** The files of a table have rows that it has no more, and only its log tells which. */
function warnOfTable(
  { repository, onWarning }: WorkingContext,
  dataset: string,
  here: readonly RecordedFile[],
): void {
  if (onWarning === undefined) return;
  const table = tableWithin(dataset, here) ?? tableAround(repository.root, dataset);
  if (table === undefined) return;
  const { isAround, folder } = table;
  const found = isAround ? `${dataset} is a part of the table ${folder}` : `${folder} is a table`;
  onWarning(
    `${found} of Delta Lake or Iceberg: its files are added as they lie here, and rows that the table has no more count too. For the rows of one version, write these into a folder of their own and add that, or add the table from a server, by \`varve add URL --to PATH\`.`,
  );
}

interface LocalTable {
  /** From the root. */
  readonly folder: string;
  /** Whether the dataset lies within it. */
  readonly isAround: boolean;
}

function tableWithin(dataset: string, here: readonly RecordedFile[]): LocalTable | undefined {
  for (const { file } of here) {
    const trace = tableTraceOf(pathOfFile(dataset, file.path));
    if (trace !== undefined) return { folder: trace.folder || '.', isAround: false };
  }
  return undefined;
}

function tableAround(root: string, dataset: string): LocalTable | undefined {
  for (const log of logsAbove(dataset.split('/'))) {
    const folder = log.slice(0, -1).join('/');
    const names = readableNamesIn(join(root, ...log));
    if (names.some((name) => tableTraceOf(`${log.join('/')}/${name}`) !== undefined))
      return { folder: folder || '.', isAround: true };
  }
  return undefined;
}

function outdated(dataset: string): VarveError {
  const word = shellWord(dataset);
  return new VarveError(
    'version-outdated',
    `${dataset} lies here as another version than its pointer names`,
    {
      path: dataset,
      remedy: `Run \`varve checkout ${word}\`: it brings that version and keeps what was edited here. If what lies here is to follow that version as it is, run \`varve add --replace ${word}\`.`,
    },
  );
}

/** What a look at the data of a dataset finds. */
interface FoundData {
  /** What is to be added, as it lies here, in the order of the manifest. */
  readonly here: readonly RecordedFile[];
  /** What was recorded of all else. */
  readonly elsewhere: readonly RecordedFile[];
  /** Whether all else lies here as it was recorded. */
  readonly elsewhereSame: boolean;
  /** What is to be added, was recorded, and is not here any more. */
  readonly gone: ReadonlySet<string>;
  /** What was read for that. */
  readonly taken: readonly ScannedFile[];
  /** By which list of blocks each large file is verified that was read. */
  readonly lists: ReadonlyMap<Digest, Digest>;
}

/** Read what is not known yet into the batch. */
async function readFiles(
  context: WorkingContext,
  into: AddDestination,
  dataset: string,
  {
    record,
    parts,
    onRead,
  }: {
    readonly record: StatCache | undefined;
    readonly parts: readonly string[] | undefined;
    readonly onRead?: (file: ScannedFile) => void;
  },
): Promise<FoundData> {
  const here: { file: ScannedFile; digest: Digest | undefined }[] = [];
  const pending: { file: ScannedFile; digest: Digest | undefined }[] = [];
  const elsewhere: FileState[] = [];
  const gone = new Set<string>();
  let readers: SmallFileReaders | undefined;
  let lists: ReadonlyMap<Digest, Digest>;
  try {
    for (const state of compareWithRecord(context.repository.root, dataset, record)) {
      const { path, found } = state;
      if (!isChosen(path, parts)) elsewhere.push(state);
      else if (found === undefined) gone.add(path);
      else {
        const known = recordedDigest(record, state);
        // Almost all are told of at once: a million files must not be waited for one by one.
        const isStored = known && (into.has(known) || (await into.hasChunksOf(known)));
        const file = { file: found, digest: isStored ? known : undefined };
        here.push(file);
        if (file.digest === undefined && !path.endsWith('/')) pending.push(file);
        // They get ready while the rest is looked for.
        if (pending.length === MANY_FILES) readers ??= new SmallFileReaders();
      }
    }
    await into.expect(
      dataset,
      pending.reduce((sum, { file }) => sum + file.size, 0),
    );
    for (const { file } of pending) onRead?.(file);
    lists = await takeIn(context, into.data, dataset, pending, readers);
  } finally {
    await readers?.close();
  }
  return {
    here,
    elsewhere: elsewhere.flatMap((state) => recordedFile(record, state)),
    elsewhereSame: elsewhere.every(({ same }) => same),
    gone,
    taken: pending.map(({ file }) => file),
    lists,
  };
}

/** The digest of a file that did not change. */
function recordedDigest(record: StatCache | undefined, { same, recordedAt }: FileState): Digest | undefined {
  return same ? record!.digest(recordedAt!) : undefined;
}

/** What stays known of a file that is not added now: if it changed here, it stays changed. */
function recordedFile(
  record: StatCache | undefined,
  { path, found, same, recordedAt }: FileState,
): RecordedFile[] {
  if (recordedAt === undefined) return [];
  const digest = record!.digest(recordedAt);
  if (same) return [{ file: found!, digest }];
  const size = record!.size(recordedAt);
  const executable = record!.executable(recordedAt);
  const entry = { path, size, ...(digest && { digest }), ...(executable && { executable }) };
  return [unseenFile(entry)];
}

interface Version {
  readonly digest: Digest;
  readonly facts: Pick<Pointer, 'bytes' | 'files' | 'executable' | 'blocks'>;
  /** The files of a directory; undefined for a single file. */
  readonly entries: readonly ManifestEntry[] | undefined;
  /** Every file, if all of them lie here as they are in the version. */
  readonly files: readonly RecordedFile[] | undefined;
  readonly recorded: readonly RecordedFile[];
  /** Files of the version that are not here. */
  readonly notHere: number;
  /** The parts that are here, if that is not all. */
  readonly only: readonly string[] | undefined;
}

/** Put the version together that the data makes. @param follows the version whose other files stay */
async function versionOf(
  context: WorkingContext,
  cache: Store,
  into: AddDestination,
  data: {
    readonly dataset: string;
    readonly kind: Pointer['kind'];
    readonly follows: Pointer | undefined;
    readonly parts: readonly string[] | undefined;
    readonly found: FoundData;
  },
): Promise<Version> {
  const { dataset, kind, follows, parts, found } = data;
  const { here } = found;
  if (kind === 'file') {
    const { file: there, digest } = here[0]!;
    const isKept = follows?.executable === true && !keepsModes(context.repository.root);
    const file = { ...there, executable: there.executable || isKept };
    const facts = { bytes: file.size, files: 1, ...(file.executable ? { executable: true as const } : {}) };
    const files = [{ file, digest }];
    return {
      digest: digest!,
      facts,
      entries: undefined,
      files,
      recorded: files,
      notHere: 0,
      only: undefined,
    };
  }
  const next =
    follows === undefined
      ? { entries: here.map(manifestEntry), notHere: [] }
      : await nextVersion(here, await entriesOf(context, cache, dataset, follows), {
          gone: found.gone,
          keepsModes: keepsModes(context.repository.root),
          parts,
        });
  const { entries, notHere } = next;
  const executables = new Set(entries.flatMap(({ path, executable }) => (executable ? [path] : [])));
  const added = here.map(({ file, digest }) => ({
    file: { ...file, executable: executables.has(file.path) },
    digest,
  }));
  if (follows !== undefined && isInPlace(follows)) refuseUnread(dataset, entries);
  const facts = totalsOf(entries);
  const digest = await into.addMeta(() => encodeManifest(entries));
  const recorded = found.elsewhere.length === 0 ? added : inPathOrder([...found.elsewhere, ...added]);
  const isWhole =
    recorded.length === entries.length &&
    recorded.every(({ file }, index) => file.path === entries[index]!.path);
  return {
    digest,
    facts,
    entries,
    files: isWhole && found.elsewhereSame ? recorded : undefined,
    recorded,
    notHere: notHere.length,
    only: isWhole ? undefined : partsHere(entries, absentFrom(recorded, entries)),
  };
}

function inPathOrder(files: RecordedFile[]): RecordedFile[] {
  return files.sort((a, b) => comparePaths(a.file.path, b.file.path));
}

function absentFrom(recorded: readonly RecordedFile[], entries: readonly ManifestEntry[]): string[] {
  const here = new Set(recorded.map(({ file }) => file.path));
  return entries.flatMap(({ path }) => (here.has(path) ? [] : [path]));
}

/** The files of the version before. Whoever pulled nothing has not even their list, which is small. */
async function entriesOf(
  context: WorkingContext,
  cache: Store,
  dataset: string,
  pointer: Pointer,
): Promise<AsyncIterable<ManifestFile>> {
  if (!cache.has(pointer.digest)) {
    try {
      await fetchInto(context, cache, [{ path: dataset, pointer, only: [] }], {});
    } catch (error) {
      throw error instanceof VarveError ? unlisted(dataset, error) : error;
    }
  }
  return snapshotFiles(context.repository, cache, dataset, pointer);
}

function unlisted(dataset: string, { message, remedy }: VarveError): VarveError {
  return new VarveError('object-missing', `What else belongs to ${dataset} is not known here: ${message}`, {
    path: dataset,
    remedy: `${remedy} If what lies here is all of it, run \`varve add --replace ${shellWord(dataset)}\`.`,
  });
}

function totalsOf(entries: readonly ManifestEntry[]): { bytes: number; files: number } {
  // Folders that are empty are no files.
  const files = entries.reduce((sum, { digest }) => sum + (digest === undefined ? 0 : 1), 0);
  return { bytes: entries.reduce((sum, { size }) => sum + size, 0), files };
}

async function profileOf(
  into: AddDestination,
  profiler: Profiler | undefined,
  data: {
    readonly root: string;
    readonly dataset: string;
    readonly kind: Pointer['kind'];
    readonly files: readonly RecordedFile[] | undefined;
    readonly known: Digest | undefined;
    readonly columns: ShownColumns | undefined;
  },
): Promise<PointedStatistics> {
  // Statistics of a part would pass for those of the whole.
  if (profiler === undefined || data.files === undefined) return {};
  const { root, dataset, kind, known, columns } = data;
  const files = data.files.flatMap(({ file, digest }) =>
    digest === undefined ? [] : [{ path: file.path, content: digest, size: file.size }],
  );
  const profile = await profiler({
    path: dataset,
    absolutePath: `${root}/${dataset}`,
    kind,
    files,
    known,
    columns,
  });
  if (profile === undefined) return {};
  const digest = await into.addMeta(() => [profile.bytes]);
  return { ...(profile.rows !== undefined && { rows: profile.rows }), profile: digest };
}

/** Check that the bytes and the statistics were read from one state of the data. */
function checkUnchanged(root: string, dataset: string, before: ScannedFile): void {
  const path = pathOfFile(dataset, before.path);
  const now = scannedFile(root, path, before.path);
  if (now.size === before.size && now.modifiedMs === before.modifiedMs && now.inode === before.inode) return;
  throw changedMeanwhile(path);
}

async function record(
  repository: WorkingContext['repository'],
  snapshots: readonly Snapshot[],
): Promise<AddedDataset[]> {
  const { root } = repository;
  ignoreDatasets(
    root,
    snapshots.map(({ dataset }) => dataset),
  );
  const made = snapshots.filter(({ before }) => before === undefined);
  agreeToCode(
    root,
    made.map(({ dataset }) => dataset),
  );
  const added = await pointTo(repository, snapshots);
  return snapshots.map(({ dataset, pointer, files, only, notHere, readAtMs }, at) => {
    writeStatCache(repository, dataset, { digest: pointer.digest, only }, files, readAtMs);
    return notHere === 0 ? added[at]! : { ...added[at]!, notHere };
  });
}

/** Whoever makes datasets around programs that Git tracks wants their data there. Where no consent can be kept, a checkout asks for it. */
function agreeToCode(root: string, datasets: readonly string[]): void {
  try {
    for (const request of codeRequests(root, datasets)) giveConsent(root, request);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
  }
}

/** Refuse to make a copy of data in place that was never read in full: what lies in the bucket alone cannot be taken over. */
function refuseUnread(dataset: string, entries: readonly ManifestFile[]): void {
  const unread = entries.find(isUnread);
  if (unread === undefined) return;
  throw new VarveError('data-not-read', `${dataset} is here in part only, and the rest lies in a bucket`, {
    path: dataset,
    remedy: `Run \`varve pull ${shellWord(dataset)}\` for all of it, then add it: that makes a copy.`,
  });
}
