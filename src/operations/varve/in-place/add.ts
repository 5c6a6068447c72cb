/**
 * Versions of data that lies elsewhere and stays there. Knows lists of objects and what identifies their state; reads
 * no byte of data.
 */

import { mkdir } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { problemOfDataPath } from '../../../base/files/data-path.ts';
import { joinStreams } from '../../../base/files/path-order.ts';
import { inOrder } from '../../../base/threads/concurrency.ts';
import type { ShownColumns } from '../../../engine/shown-columns.ts';
import { VarveError } from '../../../errors.ts';
import { openSource, sourceUrl } from '../../../remote/source/open.ts';
import type { DataSource, SourceObject } from '../../../remote/source/source.ts';
import { encodeManifest, type ManifestEntry } from '../../../store/format/manifest.ts';
import {
  encodeSourceManifest,
  isIdentity,
  keyOf,
  type SourceManifestEntry,
  unsupportedKey,
} from '../../../store/format/source-manifest.ts';
import type { Store } from '../../../store/store.ts';
import type { Batch } from '../../../store/writing/batch.ts';
import type { NamedVersion, TableSnapshot } from '../../../tables/snapshot/snapshot.ts';
import { tableTraceOf } from '../../../tables/snapshot/traces.ts';
import { shellWord } from '../../../wording/quote.ts';
import type { Access } from '../../../workspace/config.ts';
import { ignoreDatasets } from '../../../workspace/git/gitignore.ts';
import { type Pointer, pointerPath, readPointer } from '../../../workspace/pointer.ts';
import { problemOfTable, type TableOrigin } from '../../../workspace/table-origin.ts';
import { writeReadRecord } from '../../../workspace/tree/read-record.ts';
import { dataKind, problemOfNames } from '../../../workspace/tree/scan.ts';
import { ignoreRules } from '../../../workspace/tree/varveignore.ts';
import type { AddInPlaceOptions, AddResult, UpdatedTable } from '../../backend/results.ts';
import type { FileListener } from '../../backend/version.ts';
import { closing } from '../../context/closing.ts';
import type { WorkingContext } from '../../context/context.ts';
import { refuseNested, rootOf } from '../datasets/select.ts';
import { pointTo, replaceablePointer, resolveDatasets, statisticsOf } from '../datasets/write-pointer.ts';
import { fetchInto } from '../fetch.ts';
import { withScratch } from '../stores/scratch-folder.ts';
import { claimInCache, openCache, openSourceOf } from '../stores/stores.ts';
import { agreedAccess, keepAccess, namingEndpoint } from './access.ts';
import { columnsIn } from './columns.ts';
import { sortedByPath } from './external-sort.ts';
import { isInPlace, rootOfRead, sourceFiles } from './snapshot.ts';
import { noTableAt, objectsOfTable, tableAt, tableGone } from './table.ts';
import { type AskedPlace, holdsTable, partOfTable, tableAbove } from './table-around.ts';

/** Objects asked about at once for their checksums. */
const ASKED_AT_ONCE = 32;

/**
 * Make a snapshot of data that lies on a server and leave it there: a list of its objects, each with what identifies its
 * present state. Reads no data. What is known of an object that has not changed since the snapshot before is kept.
 * @param url such as `s3://bucket/prefix` or `ssh://host/folder`: a single object if it names one, else all objects below; of a table of
 * Delta Lake or Iceberg, those that its version has
 * @throws VarveError `path-taken`, `key-unsupported`, `path-missing`, `table-damaged`, `table-feature-unsupported`, `table-misplaced`,
 * `table-version-missing`, and the errors of the server
 */
export async function addInPlace(
  context: WorkingContext,
  url: string,
  { to, at, ...access }: AddInPlaceOptions,
  listener?: FileListener,
): Promise<AddResult> {
  const { repository } = context;
  const { dataset, part } = resolveDatasets(context, [to])[0]!;
  if (part !== undefined) refuseNested(repository.root, `${dataset}/${part}`);
  const before = replaceablePointer(repository.root, dataset, false);
  if (before === undefined && dataKind(repository.root, dataset) !== undefined) throw pathTaken(dataset);
  const place = sourceUrl(url);
  const { onWarning } = context;
  const source = await openSource(url, { ...agreedAccess(context, place, access), onWarning });
  try {
    return await closing(await openCache(context), async (cache) => {
      const isFolder = url.endsWith('/');
      const refuseOther = async () => {
        await refusePartOfTable(context, { place, dataset, at }, agreedAccess(context, place, access));
        if (at !== undefined) throw noTableAt(place);
      };
      const target = { source, place, dataset, before, isFolder, wanted: { at }, listener, refuseOther };
      const { pointer } = await takeList(context, cache, target);
      ignoreDatasets(repository.root, [dataset]);
      keepAccess(context, place, access);
      return { datasets: await pointTo(repository, [{ dataset, before, pointer }]) };
    });
  } catch (error) {
    throw namingEndpoint(context, place, access, error);
  } finally {
    await source.close();
  }
}

/**
 * Make a dataset that is a version of a table the newest version of this, or of the branch that it follows.
 * @throws VarveError `settings-untrusted`, and as addInPlace
 */
export async function updateTable(
  context: WorkingContext,
  dataset: string,
  listener?: FileListener,
): Promise<UpdatedTable> {
  const { repository } = context;
  const before = readPointer(repository.root, dataset);
  const { source: place, table } = before;
  if (place === undefined || table === undefined) throw notTable(dataset);
  const source = await openSourceOf(context, place, pointerPath(dataset));
  try {
    return await closing(await openCache(context), async (cache) => {
      const refuseOther = () => refuseNoTable(place);
      const wanted = followed(context, dataset, place, table);
      const target = { source, place, dataset, before, isFolder: true, wanted, listener, refuseOther };
      const taken = await takeList(context, cache, target);
      const { list } = taken;
      const pointer = unlessAsBefore(before, taken);
      const [added] = await pointTo(repository, [{ dataset, before, pointer }]);
      const { digest, bytes, files, change } = added!;
      return {
        source: place,
        ...{ to: dataset, digest, bytes, files, change },
        table: pointer.table!,
        before: table.version,
        ...(list.knowsBefore && { added: list.added, removed: list.removed }),
      };
    });
  } finally {
    await source.close();
  }
}

/** What an update takes: the newest version, or that of the branch that was named. */
function followed(
  { repository, cwd }: WorkingContext,
  dataset: string,
  place: string,
  { branch }: TableOrigin,
): NamedVersion {
  if (branch === undefined) return {};
  const to = shellWord(relative(cwd, join(repository.root, dataset)) || '.');
  const add = `varve add ${shellWord(place)}`;
  const otherwise = `The dataset stays at the version that it has. \`${add} --to ${to}\` takes the newest version of the table, and follows it from then on; \`${add} --at NAME --to ${to}\` takes another branch, or a tag.`;
  return { branch, otherwise };
}

/**
 * The pointer as it was, where only this clone knows more than then: it has read some of the files, and their digests are in its list now. No
 * version comes of that.
 */
function unlessAsBefore(before: Pointer, { pointer, list }: Taken): Pointer {
  const { format, version, branch } = pointer.table!;
  const isSame =
    list.isAsBefore &&
    before.table?.format === format &&
    before.table.version === version &&
    before.table.branch === branch &&
    before.keys === pointer.keys &&
    before.columns === pointer.columns;
  return isSame ? before : pointer;
}

interface Target {
  readonly source: DataSource;
  /** The URL as the pointer has it. */
  readonly place: string;
  readonly dataset: string;
  readonly before: Pointer | undefined;
  /** Whether the URL asks for what lies below it, even where an object has just its name. */
  readonly isFolder: boolean;
  readonly wanted: NamedVersion;
  /** Hears of the files of a table. */
  readonly listener: FileListener | undefined;
  /** Refuses the place where no table lies there, and it may not be taken for plain files. */
  readonly refuseOther: () => Promise<void>;
}

interface Taken {
  readonly pointer: Pointer;
  readonly list: List;
}

/** Put the list of the source's objects, and what is known of them, into the cache. */
async function takeList(context: WorkingContext, cache: Store, target: Target): Promise<Taken> {
  const { repository } = context;
  const { source, place, dataset, before, isFolder } = target;
  const single = isFolder ? undefined : await source.single();
  const kind = single === undefined ? 'directory' : 'file';
  const batch = cache.batch();
  try {
    const list = new List(cache, await hasListBefore(context, cache, target));
    const { digest, table, columns } = await withScratch(context, async (folder) => {
      const version =
        single === undefined ? await tableAt(source, target.wanted, folder, context.signal) : undefined;
      if (version === undefined) await target.refuseOther();
      const found =
        single === undefined ? await objectsOf(context, target, version, folder) : named([single], place);
      const known = await knownByKey(knownBefore(context, cache, target, kind), before, folder);
      const taken = list.compare(described(source, known, found));
      // A table may show its files under other paths than their keys.
      const files = version === undefined ? taken : sortedByPath(taken, await made(folder, 'shown'));
      const { digest } = await batch.addBytes(
        encodeSourceManifest(list.watch(files), () => version?.columns() ?? []),
        'meta',
      );
      const columns = list.files === 0 ? undefined : version?.columns();
      list.isAsBefore &&= await showsSame(cache, target, columns);
      return { digest, columns, table: version && tableOrigin(version) };
    });
    if (list.files === 0) throw table === undefined ? nothingThere(place) : emptyTable(place, table);
    const pointer: Pointer = {
      path: posix.basename(dataset),
      kind,
      digest,
      bytes: list.bytes,
      files: list.files,
      ...(list.isAsBefore && before !== undefined ? statisticsOf(before) : {}),
      source: place,
      ...(table && { table }),
      ...(list.hasKeys && { keys: 'listed' }),
      ...(columns && { columns: 'listed' }),
    };
    await keepKnown(context, batch, pointer, list);
    const read = rootOfRead(repository, dataset, pointer);
    await claimInCache(context, [rootOf({ path: dataset, pointer }), ...(read === undefined ? [] : [read])]);
    await batch.commit();
    return { pointer, list };
  } catch (error) {
    await batch.abort();
    throw error;
  }
}

/** @throws VarveError `usage` where a pointer could not keep by what it was named */
function tableOrigin({ format, version, branch, at }: TableSnapshot): TableOrigin {
  const origin = {
    ...{ format, version },
    ...(branch !== undefined && { branch }),
    ...(at !== undefined && { at }),
  };
  const problem = problemOfTable(origin);
  if (problem === undefined) return origin;
  throw new VarveError('usage', `A pointer could not keep by what the version was named: ${problem}`, {
    remedy: 'Name the snapshot by its id, which the metadata of the table has.',
  });
}

/** @throws VarveError `table-misplaced`, unless .varveignore says that the log of the table does not count */
async function refusePartOfTable(context: WorkingContext, asked: AskedPlace, access: Access): Promise<void> {
  const table = await tableAbove(asked.place, access, context.signal);
  if (table !== undefined && !ignoredIn(context, asked.dataset)(`${table.log}/`))
    throw partOfTable(asked, table);
}

/** @throws VarveError `table-version-missing` */
async function refuseNoTable(place: string): Promise<void> {
  throw tableGone(place);
}

/** Whether the snapshot before shows the same columns, so that its statistics are those of this one too. */
async function showsSame(
  cache: Store,
  { dataset, before }: Target,
  columns: ShownColumns | undefined,
): Promise<boolean> {
  if (before === undefined || !cache.has(before.digest)) return columns === undefined;
  const then = before.columns === undefined ? undefined : await columnsIn(cache, dataset, before);
  return JSON.stringify(then) === JSON.stringify(columns);
}

/** Collects facts about the files while they are listed. */
class List {
  files = 0;
  bytes = 0;
  /** Whether the list names the key of some file, as it is not its path. */
  hasKeys = false;
  /** Whether every file is as the snapshot before has it, and there are no others. */
  isAsBefore = true;
  /** Files that the snapshot before has not, or has in another state. */
  added = 0;
  /** Files that only the snapshot before has, or that it has in another state. */
  removed = 0;
  /** Files whose bytes the cache has. */
  readonly here: ManifestEntry[] = [];
  /** Whether this clone has the list of the snapshot before. */
  readonly knowsBefore: boolean;
  readonly #cache: Store;

  constructor(cache: Store, knowsBefore: boolean) {
    this.#cache = cache;
    this.knowsBefore = knowsBefore;
  }

  /** Count what came and went, in any order of the files. */
  async *compare(files: AsyncIterable<Described>): AsyncGenerator<SourceManifestEntry> {
    for await (const { file, then, isSameState } of files) {
      this.isAsBefore &&= isSameState && then?.path === file?.path;
      if (file !== undefined && !isSameState) this.added += 1;
      if (then !== undefined && !isSameState) this.removed += 1;
      if (file !== undefined) yield file;
    }
  }

  /** Take notice of the files as they are listed, in the order of their paths. */
  async *watch(files: AsyncIterable<SourceManifestEntry>): AsyncGenerator<SourceManifestEntry> {
    for await (const file of files) {
      this.files += 1;
      this.bytes += file.size;
      this.hasKeys ||= file.key !== undefined;
      const { path, size, digest } = file;
      if (digest !== undefined && this.#cache.has(digest)) this.here.push({ path, size, digest });
      yield file;
    }
  }
}

/** So that nothing that this clone has read already is read again for the new snapshot. */
async function keepKnown(context: WorkingContext, batch: Batch, pointer: Pointer, list: List): Promise<void> {
  const [first] = list.here;
  if (first === undefined) return;
  const complete = list.here.length === pointer.files;
  const copy =
    pointer.kind === 'file'
      ? first.digest!
      : (await batch.addBytes(encodeManifest(list.here), 'meta')).digest;
  writeReadRecord(context.repository, pointer.digest, { copy, complete });
}

interface FoundFile extends Omit<SourceManifestEntry, 'digest'> {
  readonly object: SourceObject;
}

interface Described {
  /** Undefined if it was there before and is no more. */
  readonly file: SourceManifestEntry | undefined;
  /** The object as the snapshot before has it, perhaps under another path. */
  readonly then: SourceManifestEntry | undefined;
  /** Whether it is there now in the state that it had. */
  readonly isSameState: boolean;
}

/** The objects of the dataset in the order of their keys: all below the place, or those that a version of a table has. */
async function objectsOf(
  context: WorkingContext,
  { source, place, dataset, listener }: Target,
  table: TableSnapshot | undefined,
  scratch: string,
): Promise<AsyncIterable<FoundFile>> {
  const isIgnored = ignoredIn(context, dataset);
  const isOwn = (key: string) => {
    if (table !== undefined) return mayBeOfTable(key, isIgnored);
    const trace = isIgnored(key) ? undefined : tableTraceOf(key);
    if (trace !== undefined) throw holdsTable({ place, dataset, at: undefined }, trace);
    return belongs(key, isIgnored);
  };
  const objects = sortedByPath(listed(context, source, dataset, isOwn), await made(scratch, 'objects'));
  if (table === undefined) return objects;
  const files = await made(scratch, 'files');
  return objectsOfTable(place, table, objects, { isIgnored, scratch: files, listener });
}

/** Make what tells which paths of a dataset .varveignore leaves out. */
function ignoredIn({ repository }: WorkingContext, dataset: string): (path: string) => boolean {
  const rules = ignoreRules(repository.root, posix.dirname(dataset));
  return (path) => !rules.empty && rules.ignores(`${dataset}/${path}`);
}

/** The objects that belong to the dataset, in no promised order. */
async function* listed(
  context: WorkingContext,
  source: DataSource,
  dataset: string,
  isOwn: (key: string) => boolean,
): AsyncGenerator<FoundFile> {
  let done = 0;
  for await (const file of named(source.list(), source.url)) {
    context.signal?.throwIfAborted();
    const { path, size } = file;
    // Tools that show folders make objects of such keys, which hold nothing.
    if ((size === 0 && (path === '' || path.endsWith('/'))) || !isOwn(path)) continue;
    done += 1;
    context.onProgress?.({ phase: `list ${dataset}`, unit: 'objects', done });
    yield file;
  }
}

async function* named(
  objects: AsyncIterable<SourceObject> | Iterable<SourceObject>,
  url: string,
): AsyncGenerator<FoundFile> {
  for await (const object of objects) {
    const { key, size, etag, version } = object;
    if (!isIdentity(etag, version)) throw noIdentity(`${url}/${key}`);
    yield { path: key, size, etag, ...(version === undefined ? {} : { version }), object };
  }
}

/** @throws VarveError `key-unsupported` if a checkout could not make a file of that name, or not find it again */
function belongs(key: string, isIgnored: (path: string) => boolean): boolean {
  const problem = key.endsWith('/') ? 'ends in a slash, and has bytes' : problemOfDataPath(key);
  if (problem !== undefined) throw unsupportedKey(key, problem);
  if (isIgnored(key)) return false;
  const unkept = problemOfNames(key);
  if (unkept !== undefined) throw unsupportedKey(key, unkept);
  return true;
}

/** Whether a table may name the object. Others beside it are none of its files, and those that it names may have other paths in the dataset. */
function mayBeOfTable(key: string, isIgnored: (path: string) => boolean): boolean {
  return !key.endsWith('/') && problemOfDataPath(key) === undefined && !isIgnored(key);
}

/**
 * The files with their digests: those whose objects are as they were with what is known of them, others with what the server knows.
 * @param before in the order of their keys, as `now`
 */
async function* described(
  source: DataSource,
  before: AsyncIterable<ByKey<SourceManifestEntry>>,
  now: AsyncIterable<FoundFile>,
): AsyncGenerator<Described> {
  const pairs = joinStreams(before, byKey(now));
  yield* inOrder(pairs, ASKED_AT_ONCE, async ([{ file: then } = {}, { file: found } = {}]) => {
    if (found === undefined) return { file: undefined, then, isSameState: false };
    const { object, ...file } = found;
    if (then !== undefined && isSameObject(then, file)) {
      const { digest } = then;
      return { file: { ...file, ...(digest && { digest }) }, then, isSameState: true };
    }
    const { sha256 } = await source.withChecksum(object);
    const digest = sha256 === undefined ? {} : { digest: `sha256:${sha256}` as const };
    return { file: { ...file, ...digest }, then, isSameState: false };
  });
}

function isSameObject(a: SourceManifestEntry, b: SourceManifestEntry): boolean {
  return a.size === b.size && a.etag === b.etag && a.version === b.version;
}

/** A file by where it lies: one path may show one object in one version, and another in the next. */
interface ByKey<T> {
  /** The key of the file. */
  readonly path: string;
  readonly file: T;
}

async function* byKey<T extends Pick<SourceManifestEntry, 'path' | 'key'>>(
  files: AsyncIterable<T>,
): AsyncGenerator<ByKey<T>> {
  for await (const file of files) yield { path: keyOf(file), file };
}

/** The files of the snapshot before in the order of their keys. @param scratch a folder for what does not fit into memory */
async function knownByKey(
  known: AsyncIterable<SourceManifestEntry>,
  before: Pointer | undefined,
  scratch: string,
): Promise<AsyncIterable<ByKey<SourceManifestEntry>>> {
  const files = byKey(known);
  return before?.keys === undefined ? files : sortedByPath(files, await made(scratch, 'before'));
}

async function made(scratch: string, name: string): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(folder);
  return folder;
}

/** Tell whether the list of the snapshot before is here; a clone that has pulled nothing asks its remote for it, with the digests in it. */
async function hasListBefore(
  context: WorkingContext,
  cache: Store,
  { dataset, before }: Target,
): Promise<boolean> {
  if (before === undefined || !isInPlace(before)) return false;
  if (cache.has(before.digest)) return true;
  try {
    await fetchInto(context, cache, [{ path: dataset, pointer: before, only: [] }], {});
    return true;
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    context.onWarning?.(
      `What was known of ${dataset} is not kept, since its list is neither here nor on a remote: ${error.message}.`,
    );
    return false;
  }
}

/** Read the files of the snapshot before, if it is one of the same source and this clone has its list. */
async function* knownBefore(
  { repository }: WorkingContext,
  cache: Store,
  { dataset, before, place }: Target,
  kind: Pointer['kind'],
): AsyncGenerator<SourceManifestEntry> {
  if (before === undefined || !isInPlace(before) || before.source !== place || before.kind !== kind) return;
  if (cache.has(before.digest)) yield* sourceFiles(repository, cache, dataset, before);
}

function noIdentity(path: string): VarveError {
  return new VarveError('server-unsupported', `The server names no state of ${path} by an ETag`, {
    path,
    remedy:
      'Without it nobody could tell later whether the object has changed: download the data and add it as a copy.',
  });
}

function notTable(path: string): VarveError {
  return new VarveError('import-missing', `${path} is no version of a table`, {
    path,
    remedy: 'Add it anew to follow what lies at its source.',
  });
}

function emptyTable(url: string, { version }: Pick<TableSnapshot, 'version'>): VarveError {
  return new VarveError('path-missing', `Version ${version} of the table ${url} has no files`, {
    path: url,
    remedy:
      'There are no rows to be added: add the table once it has some, or name a version that has them by `varve add … --at`. A dataset of it stays at the version that it has.',
  });
}

function nothingThere(url: string): VarveError {
  return new VarveError('path-missing', `There is nothing at ${url}`, {
    path: url,
    remedy: 'Check the spelling of the URL, and what .varveignore leaves out.',
  });
}

function pathTaken(path: string): VarveError {
  return new VarveError('path-taken', `${path} holds data that is no dataset yet`, {
    path,
    remedy: 'Move it away, or name another path by --to: the data will lie there when it is pulled.',
  });
}
