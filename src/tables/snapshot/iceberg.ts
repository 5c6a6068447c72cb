/**
 * Snapshots of Iceberg tables that others write, found by the newest metadata in the table's own folder. What only a catalogue knows, such
 * as which of two newest files of metadata counts, it does not guess. Source: https://iceberg.apache.org/spec/
 */

import { gunzipSync } from 'node:zlib';
import { isRecord, parseShallow, records } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import { quoted } from '../../wording/quote.ts';
import { openAvro } from '../iceberg/avro.ts';
import { STATUS } from '../iceberg/manifest.ts';
import { columnIds, MAIN, METADATA_FOLDER } from '../iceberg/metadata.ts';
import type { IcebergFacts } from './iceberg-facts.ts';
import { icebergLayout, type SnapshotLayout } from './iceberg-layout.ts';
import { ShownPaths } from './shown-paths.ts';
import {
  BY_ADD,
  damagedTable,
  missingBranch,
  missingVersion,
  type NamedVersion,
  pathBelow,
  refuseOutside,
  type TableEntry,
  type TableLocation,
  type TableLogFile,
  type TableSnapshot,
  unsupportedTable,
  wholeFile,
} from './snapshot.ts';
import { METADATA_FILE } from './traces.ts';

const MAX_METADATA_BYTES = 128 * 1024 * 1024;
/** Writers begin another manifest after 8 MiB, unless told otherwise. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const MAX_FORMAT_VERSION = 3;
/** Branches and tags that a message names. */
const MAX_NAMED = 10;
/** Of manifests: those of deletes say which rows of files are gone. */
const DELETES = 1;
/** Ids of snapshots have up to 63 bits, more than numbers of JSON keep in JavaScript. */
const SNAPSHOT_ID = /("(?:current-)?snapshot-id"\s*:\s*)(-?\d+)/g;

interface Snapshot {
  readonly id: string;
  /** Undefined in the first version of the format, where it may be left out. */
  readonly schemaId: number | undefined;
  readonly manifestList: string;
}

/** What names a snapshot. */
interface Ref {
  readonly type: 'branch' | 'tag';
  readonly snapshot: string;
}

interface Metadata {
  readonly location: string;
  /** Branches and tags by their names; of an empty table, not even the main branch. */
  readonly refs: ReadonlyMap<string, Ref>;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly schemas: readonly Record<string, unknown>[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** Find the Iceberg table of a folder, as {@link findTable} does. */
export async function findIceberg(
  source: TableLocation,
  wanted: NamedVersion,
): Promise<TableSnapshot | undefined> {
  const newest = await newestMetadata(source);
  if (newest.length === 0) return undefined;
  const read = await Promise.all(newest.map((file) => readMetadata(source, file)));
  const found = read.flatMap((metadata) => chosenIn(metadata, wanted) ?? []);
  const [first] = found;
  if (first === undefined) throw missing(source.url, read, wanted);
  if (found.some(({ snapshot }) => snapshot.id !== first.snapshot.id))
    throw damagedTable(
      source.url,
      `${newest.map(({ name }) => name).join(' and ')} are both its newest metadata, and only its catalogue knows which counts: name the snapshot ${BY_ADD}`,
    );
  const layout = layoutOf(source.url, first);
  const shown = new ShownPaths(source.url);
  return {
    format: 'iceberg',
    version: first.snapshot.id,
    ...namedBy(first, wanted),
    files: (wantsFacts) => filesOf(source, first.metadata, first.snapshot, { layout, shown }, wantsFacts),
    shownPath: (file) => shown.pathOf(file),
    columns: () => layout.shown(),
    describe: ({ facts }) =>
      facts === undefined ? undefined : { ...(facts as IcebergFacts), columns: layout.columns },
  };
}

/** A snapshot that is wanted. */
interface Chosen {
  readonly metadata: Metadata;
  readonly snapshot: Snapshot;
  /** Whether it is the newest of a branch. */
  readonly isOfBranch: boolean;
}

function chosenIn(metadata: Metadata, { branch, at }: NamedVersion): Chosen | undefined {
  const name = branch ?? at ?? MAIN;
  const ref = metadata.refs.get(name);
  const isOfBranch = ref?.type === 'branch';
  if (branch !== undefined && !isOfBranch) return undefined;
  const snapshot = metadata.snapshots.get(ref?.snapshot ?? name);
  return snapshot && { metadata, snapshot, isOfBranch };
}

function namedBy({ isOfBranch }: Chosen, { branch, at }: NamedVersion): Pick<TableSnapshot, 'branch' | 'at'> {
  const name = branch ?? at;
  if (name === undefined || (isOfBranch && name === MAIN)) return {};
  return isOfBranch ? { branch: name } : { at: name };
}

/** As engines read it: the newest of a branch by the schema that the table has now, others by their own. */
function layoutOf(url: string, { metadata, snapshot, isOfBranch }: Chosen): SnapshotLayout {
  const current = metadata.json['current-schema-id'];
  const wanted = isOfBranch ? current : (snapshot.schemaId ?? current);
  return icebergLayout(url, metadata.json, metadata.schemas, wanted);
}

/** More than one where writers met, of whom the catalogue knows one. */
async function newestMetadata(source: TableLocation): Promise<TableLogFile[]> {
  let newest: TableLogFile[] = [];
  let highest = -1;
  for await (const file of source.list(METADATA_FOLDER)) {
    const [, plain, ofCatalogue] = METADATA_FILE.exec(file.name.slice(METADATA_FOLDER.length + 1)) ?? [];
    const number = Number(plain ?? ofCatalogue ?? -1);
    if (number < highest || number < 0) continue;
    newest = number === highest ? [...newest, file] : [file];
    highest = number;
    if (newest.length > 100) throw damagedTable(source.url, 'more than 100 files are its newest metadata');
  }
  return newest;
}

async function readMetadata(source: TableLocation, file: TableLogFile): Promise<Metadata> {
  try {
    const bytes = await wholeFile(source, file, MAX_METADATA_BYTES);
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isZipped ? gunzipSync(bytes, { maxOutputLength: MAX_METADATA_BYTES }) : bytes;
    return metadataOf(parseShallow(text.toString().replaceAll(SNAPSHOT_ID, '$1"$2"')));
  } catch (error) {
    if (error instanceof VarveError) throw error;
    source.signal?.throwIfAborted();
    throw damagedTable(
      source.url,
      `${file.name}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

function metadataOf(json: unknown): Metadata {
  if (!isRecord(json)) throw new RangeError('it is no metadata of a table');
  const version = json['format-version'];
  if (typeof version !== 'number' || version > MAX_FORMAT_VERSION)
    throw new RangeError(`it is of version ${JSON.stringify(version)} of the format`);
  const { location, snapshots, schemas, schema, refs } = json;
  if (typeof location !== 'string') throw new RangeError('it does not say where the table lies');
  const listed = records(snapshots).map((one): readonly [string, Snapshot] => {
    const id = String(one['snapshot-id']);
    const schemaId = one['schema-id'];
    const manifestList = String(one['manifest-list'] ?? '');
    return [id, { id, schemaId: typeof schemaId === 'number' ? schemaId : undefined, manifestList }];
  });
  return {
    location: plainUrl(location).replace(/\/+$/, ''),
    refs: new Map([...refsIn(refs), ...mainIn(json)]),
    snapshots: new Map(listed),
    schemas: [...records(schemas), ...(isRecord(schema) ? [schema] : [])],
    json,
  };
}

function refsIn(refs: unknown): (readonly [string, Ref])[] {
  return Object.entries(isRecord(refs) ? refs : {}).flatMap(([name, ref]) => {
    if (!isRecord(ref) || (ref.type !== 'branch' && ref.type !== 'tag')) return [];
    return [[name, { type: ref.type, snapshot: String(ref['snapshot-id']) }] as const];
  });
}

/** The branch that every table has, whether it lists it or not. */
function mainIn({ 'current-snapshot-id': id }: Record<string, unknown>): (readonly [string, Ref])[] {
  return typeof id === 'string' && id !== '-1' ? [[MAIN, { type: 'branch', snapshot: id }]] : [];
}

async function* filesOf(
  source: TableLocation,
  metadata: Metadata,
  { manifestList }: Snapshot,
  { layout, shown }: { readonly layout: SnapshotLayout; readonly shown: ShownPaths },
  wantsFacts: boolean,
): AsyncGenerator<TableEntry> {
  const { url, signal } = source;
  if (manifestList === '')
    throw unsupportedTable(
      url,
      'lists its manifests in its metadata',
      'Write a snapshot with a newer Iceberg.',
    );
  const lists = await avroFile(source, metadata, manifestList);
  for (const listed of lists.records()) {
    const { manifest_path: path, content, partition_spec_id: specId } = listed;
    const manifest = await avroFile(source, metadata, String(path));
    const known = wantsFacts ? idsIn(manifest.meta.schema) : undefined;
    for (const entry of manifest.records()) {
      signal?.throwIfAborted();
      const { status, data_file: file } = entry;
      if (status === STATUS.deleted || !isRecord(file)) continue;
      if (content === DELETES || Number(file.content ?? 0) !== 0) throw hasDeletes(url);
      const found = listedFile(url, metadata, String(path), file);
      const spec = Number(specId ?? 0);
      const partition = layout.check(found.path, spec, file);
      const parted = { ...found, partition };
      shown.add(parted);
      const facts = wantsFacts ? layout.factsOf(file, partition, known) : undefined;
      yield { ...parted, ...(facts && { facts }) };
    }
  }
}

/** @param manifest that lists the file, for messages @throws VarveError `table-damaged`, `table-feature-unsupported` */
function listedFile(
  url: string,
  metadata: Metadata,
  manifest: string,
  { file_path: named, file_size_in_bytes: size }: Record<string, unknown>,
): Pick<TableEntry, 'path' | 'size'> {
  if (typeof named !== 'string' || typeof size !== 'number' || !(size >= 0))
    throw damagedTable(url, `${manifest} has a file without a path or a size`);
  return { path: pathIn(url, metadata, named), size };
}

function hasDeletes(url: string): VarveError {
  return unsupportedTable(
    url,
    'has rows that are deleted by files of deletes',
    `Have its owner run \`rewrite_data_files\`, which writes such files anew, or name an earlier snapshot ${BY_ADD}.`,
  );
}

/** The ids of the columns of a schema in the head of a manifest; undefined where that has none. */
function idsIn(schema: string | undefined): ReadonlySet<number> | undefined {
  try {
    return schema === undefined ? undefined : new Set(columnIds(parseShallow(schema)).values());
  } catch {
    return undefined;
  }
}

interface AvroFile {
  readonly meta: Readonly<Record<string, string>>;
  records(): Iterable<Record<string, unknown>>;
}

async function avroFile(source: TableLocation, metadata: Metadata, named: string): Promise<AvroFile> {
  const name = pathIn(source.url, metadata, named);
  const file = await fileOf(source, name);
  const bytes = await wholeFile(source, file, MAX_MANIFEST_BYTES);
  const damaged = (error: unknown): unknown =>
    error instanceof RangeError ? damagedTable(source.url, `${name}: ${error.message}`, error) : error;
  try {
    const { meta, records: found } = openAvro(bytes);
    return { meta, records: () => plainRecords(found, damaged) };
  } catch (error) {
    throw damaged(error);
  }
}

function* plainRecords(
  found: Iterable<unknown>,
  damaged: (error: unknown) => unknown,
): Generator<Record<string, unknown>> {
  try {
    for (const record of found) if (isRecord(record)) yield record;
  } catch (error) {
    throw damaged(error);
  }
}

async function fileOf(source: TableLocation, name: string): Promise<TableLogFile> {
  const file = await source.find(name);
  if (file !== undefined) return file;
  throw damagedTable(source.url, `${name}, which it names, is not there`);
}

/** @throws VarveError `table-feature-unsupported` for what lies outside of the table's folder */
function pathIn(url: string, { location }: Metadata, named: string): string {
  const plain = plainUrl(named);
  if (!plain.startsWith(`${location}/`)) refuseOutside(url, named);
  return pathBelow(url, plain.slice(location.length + 1));
}

/** One bucket has several schemes in Hadoop, by which of its clients is meant; a folder of the machine has one or none. */
function plainUrl(url: string): string {
  return url.replace(/^s3[an]:/, 's3:').replace(/^file:(?:\/\/)?(?=\/)/, '');
}

function missing(url: string, read: readonly Metadata[], wanted: NamedVersion): VarveError {
  const { branch, at } = wanted;
  if (branch === undefined) return missingVersion(url, at ?? 'at all', knownVersions(read, at));
  const isTag = read.some(({ refs }) => refs.get(branch)?.type === 'tag');
  return missingBranch(url, branch, isTag, wanted.otherwise);
}

/** Say which versions there are. @param at the one that was asked for */
function knownVersions([first]: readonly Metadata[], at: string | undefined): string {
  const names = [...(first?.refs.keys() ?? [])].slice(0, MAX_NAMED).map(quoted);
  if (names.length === 0) return 'It has no snapshot: write rows to it first.';
  const out = at === undefined ? '' : '; or leave --at out';
  return `Name a snapshot that it still has, or one of ${names.join(', ')}, ${BY_ADD}${out}.`;
}
