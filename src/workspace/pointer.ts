import { join } from 'node:path';
import { type NewFile, writeAllAtomically, writeAtomically } from '../base/files/atomic-write.ts';
import { checkDataPath } from '../base/files/data-path.ts';
import { systemError } from '../base/files/system-errors.ts';
import { readTrackedFile } from '../base/files/tracked-file.ts';
import { VarveError } from '../errors.ts';
import { type Digest, parseDigest } from '../store/format/digest.ts';
import { gitWord, shellWord } from '../wording/quote.ts';
import { type DatabaseOrigin, type FileColumn, problemOfOrigin } from './database-origin.ts';
import { type Imported, problemOfImported } from './imported.ts';
import { type Meta, metaInOrder, problemOfMeta } from './meta.ts';
import { problemOfTable, type TableOrigin } from './table-origin.ts';
import { problemOfTopic, type TopicOrigin } from './topic-origin.ts';

/** The part of a dataset that Git keeps: it names a snapshot. Format: docs/reference/file-formats.md */
export interface Pointer {
  /**
   * Name of the data when the pointer was written: `flights.csv` for `data/flights.csv.varve`. Where the pointer lies decides, since Git
   * may have moved it.
   */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** SHA-256 of the file, or of the directory's manifest; of data in place, of its source manifest. */
  readonly digest: Digest;
  readonly bytes: number;
  readonly files: number;
  /** The executable bit of a single file; files of a directory have theirs in the manifest. */
  readonly executable?: true;
  /**
   * Pins what the blocks of large files are verified by, so that each is hashed once on its way into the working tree: of a file, the
   * SHA-256 of its recipe or block list; of a directory, of the list of those. See docs/design/store-format.md
   */
  readonly blocks?: Digest;
  readonly rows?: number;
  readonly profile?: Digest;
  /** Of data in place without a profile: what the footers of its files say. */
  readonly footers?: Digest;
  /** Where the table that the data is says it in their place, and no file was opened. */
  readonly footersBy?: 'table';
  /** URL of data in place, without credentials. Whom else varve asks there, and as whom, Git never says. */
  readonly source?: string;
  /** The version of which table data in place is; its files are those that the table names. */
  readonly table?: TableOrigin;
  /** Where the list of a table names the keys of its files, since some lie under other paths in the dataset. */
  readonly keys?: 'listed';
  /** Where the list of a table names the columns that it shows, since its files have others. */
  readonly columns?: 'listed';
  /** Where the dataset was imported from, and what `varve update` follows. */
  readonly imported?: Imported;
  /** The rows of a database that this is a copy of, which `varve update` asks for again. */
  readonly database?: DatabaseOrigin;
  /** The messages of a topic that these are, behind which `varve update` goes on. */
  readonly topic?: TopicOrigin;
  /** What people say of the data, in the order of the keys. It stays as the data changes. */
  readonly meta?: Meta;
}

export const POINTER_SUFFIX = '.varve';

/** What every varve reads. */
const VERSION = '1';
/**
 * The version of a pointer to imported data. A varve that knows no imports refuses it, and so does not lose where the data came from.
 * No other pointer has this version, so that equal pointers are equal bytes.
 */
const IMPORTED_VERSION = '2';
/**
 * The version of a pointer that pins blocks, imported or not. An older varve refuses it, and says so, rather than to drop the pin at its
 * next `add`.
 */
const PINNED_VERSION = '3';
/**
 * The version of a pointer by which people say something of the data, whatever else it has. An older varve refuses it, and says so, rather
 * than to drop that at its next `add`.
 */
const META_VERSION = '4';
/**
 * The version of a pointer to data in place on another kind of server than S3 and MinIO, whatever else it has. An older varve refuses it,
 * and says so, rather than to call it damaged.
 */
const ELSEWHERE_VERSION = '5';
/**
 * The version of a pointer to a copy of rows of a database or of messages of a topic, whatever else it has. An older varve refuses it,
 * rather than to lose where they are from.
 */
const COPY_VERSION = '6';
/**
 * The version of a pointer to a version of a table in place, whatever else it has and wherever it lies. An older varve refuses it, rather
 * than to take what else lies there for its data.
 */
const TABLE_VERSION = '7';
/**
 * The version of a pointer whose statistics are from the footers of files alone, whatever else it has. An older varve refuses it, rather
 * than to drop them at its next `update`, and with them what keeps them from gc.
 */
const FOOTERS_VERSION = '8';
/** The version of a pointer whose statistics a table tells, whatever else it has. An older varve refuses it, rather than to say that footers tell them. */
const TABLE_STATISTICS_VERSION = '9';
/**
 * The version of a pointer to a table in place of which files have other paths than keys, whatever else it has. An older varve refuses it,
 * rather than to look for objects by those paths.
 */
const LISTED_KEYS_VERSION = '10';
/**
 * The version of a pointer to a table in place that shows other columns than its files have, or that was asked for by a branch, a tag or a
 * version, whatever else it has. An older varve refuses it, rather than to show those of the files, or to bring the newest version.
 */
const ASKED_TABLE_VERSION = '11';
/** The version of a pointer to messages of a topic that end somewhere. An older varve refuses it, rather than to go on behind their end. */
const ENDING_TOPIC_VERSION = '12';
/**
 * The version of a pointer to rows of a database that says in which order they were taken, or what columns they have. An older varve refuses
 * it, rather than to go on in another order.
 */
const ORDERED_VERSION = '13';
const META_PREFIX = 'meta-';
const READ_VERSIONS: readonly (string | undefined)[] = [
  VERSION,
  IMPORTED_VERSION,
  PINNED_VERSION,
  META_VERSION,
  ELSEWHERE_VERSION,
  COPY_VERSION,
  TABLE_VERSION,
  FOOTERS_VERSION,
  TABLE_STATISTICS_VERSION,
  LISTED_KEYS_VERSION,
  ASKED_TABLE_VERSION,
  ENDING_TOPIC_VERSION,
  ORDERED_VERSION,
];
const MAX_POINTER_BYTES = 64 * 1024;
const IMPORTED_KEYS = ['imported-from', 'imported-path', 'imported-revision', 'imported-commit'];
const ORDER_KEYS = ['database-order', 'database-columns'];
const INCREMENTAL_KEYS = [
  ...['database-incremental', 'database-last', 'database-rows', 'database-text'],
  ...ORDER_KEYS,
];
const TOPIC_KEYS = ['topic', 'topic-registry', 'topic-offsets', 'topic-until', 'topic-complete'];
const DATABASE_KEYS = ['database', 'database-table', 'database-query', ...INCREMENTAL_KEYS];
const TABLE_KEYS = ['table', 'table-version', 'table-branch', 'table-at'];
const KEYS = [
  ...['varve', 'path', 'kind', 'digest', 'bytes', 'files', 'executable', 'blocks', 'rows'],
  ...['profile', 'footers', 'footers-by', 'source', ...TABLE_KEYS, 'keys', 'columns'],
  ...IMPORTED_KEYS,
  ...DATABASE_KEYS,
  ...TOPIC_KEYS,
];
/** A bucket and perhaps a prefix: no user, query or fragment, and no control character. */
const BUCKET_SOURCE = /^(s3|minio|gs|azure):\/\/[^\x00-\x20\x7f?#@:/]+(\/[^\x00-\x1f\x7f?#]*)?$/;
/** A folder or file of a server: of some, with the name of a user, and never with a password. */
const SERVER_SOURCE =
  /^(((ssh|sftp|s?webhdfs):\/\/([^\x00-\x20\x7f?#@:/]+@)?)|https?:\/\/)([^\x00-\x20\x7f?#@:/[\]]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(\/[^\x00-\x1f\x7f?#]*)?$/i;
/** What every version of pointers may name. */
const FIRST_SOURCES = /^(s3|minio):/;

/** The pointer's own path for the dataset at `path`. */
export function pointerPath(path: string): string {
  return path + POINTER_SUFFIX;
}

/** One fact a line, in a fixed order: equal pointers are equal bytes, and a Git diff reads well. */
export function formatPointer(pointer: Pointer): string {
  const { imported, topic } = pointer;
  const facts: Fact[] = [
    ['varve', versionOf(pointer)],
    ['path', yamlString(pointer.path)],
    ['kind', pointer.kind],
    ['digest', pointer.digest],
    ['bytes', pointer.bytes],
    ['files', pointer.files],
    ['executable', pointer.executable],
    ['blocks', pointer.blocks],
    ['rows', pointer.rows],
    ['profile', pointer.profile],
    ['footers', pointer.footers],
    ['footers-by', pointer.footersBy],
    ['source', pointer.source && yamlString(pointer.source)],
    ['table', pointer.table?.format],
    ['table-version', pointer.table && yamlString(pointer.table.version)],
    ['table-branch', pointer.table?.branch && yamlString(pointer.table.branch)],
    ['table-at', pointer.table?.at && yamlString(pointer.table.at)],
    ['keys', pointer.keys],
    ['columns', pointer.columns],
    ['imported-from', imported && yamlString(imported.repository)],
    ['imported-path', imported && yamlString(imported.path)],
    ['imported-revision', imported?.revision && yamlString(imported.revision)],
    ['imported-commit', imported && yamlString(imported.commit)],
    ...databaseFacts(pointer.database),
    ['topic', topic && yamlString(topic.url)],
    ['topic-registry', topic?.registry && yamlString(topic.registry)],
    ['topic-offsets', topic?.offsets && yamlString(topic.offsets)],
    ['topic-until', topic?.until && yamlString(topic.until)],
    ['topic-complete', topic?.complete],
    ...Object.entries(pointer.meta ?? {}).map(
      ([key, value]) => [`${META_PREFIX}${key}`, yamlString(value)] as [string, string],
    ),
  ];
  return facts.map(([key, value]) => (value === undefined ? '' : `${key}: ${value}\n`)).join('');
}

type Fact = [key: string, value: string | number | boolean | undefined];

function databaseFacts(database: DatabaseOrigin | undefined): Fact[] {
  const incremental = database?.incremental;
  return [
    ['database', database && yamlString(database.url)],
    ['database-table', database?.table && yamlString(database.table)],
    ['database-query', database?.query && yamlString(database.query)],
    ['database-incremental', incremental && yamlString(incremental.column)],
    // Empty text is a value too.
    ['database-last', incremental?.last === undefined ? undefined : yamlString(incremental.last)],
    ['database-order', incremental?.order && yamlString(incremental.order)],
    ['database-rows', incremental?.rows],
    ['database-columns', incremental?.columns && yamlString(JSON.stringify(incremental.columns))],
    ['database-text', incremental?.text && yamlString(JSON.stringify(incremental.text))],
  ];
}

function versionOf(pointer: Pointer): string {
  const { blocks, imported, database, topic, meta, source, table, keys, columns, footers, footersBy } =
    pointer;
  if ((columns ?? table?.branch ?? table?.at) !== undefined) return ASKED_TABLE_VERSION;
  if (keys !== undefined) return LISTED_KEYS_VERSION;
  if (footersBy !== undefined) return TABLE_STATISTICS_VERSION;
  if (footers !== undefined) return FOOTERS_VERSION;
  if (table !== undefined) return TABLE_VERSION;
  if (topic?.until !== undefined) return ENDING_TOPIC_VERSION;
  if ((database?.incremental?.order ?? database?.incremental?.columns) !== undefined) return ORDERED_VERSION;
  if ((database ?? topic) !== undefined) return COPY_VERSION;
  if (source !== undefined && !FIRST_SOURCES.test(source)) return ELSEWHERE_VERSION;
  if (meta !== undefined) return META_VERSION;
  if (blocks !== undefined) return PINNED_VERSION;
  return imported === undefined ? VERSION : IMPORTED_VERSION;
}

/**
 * @param where path of the pointer, which says where its data lies
 * @throws VarveError `path-unsafe`, `pointer-damaged`, `pointer-too-new`, `pointer-conflict`
 */
export function parsePointer(text: string, where: string): Pointer {
  checkDataPath(where.slice(0, -POINTER_SUFFIX.length), where);
  return parsePastPointer(text, where);
}

/**
 * As parsePointer, for pointers of old commits, of which the data is kept and moved, and put at no path: those are not judged.
 * @throws VarveError `pointer-damaged`, `pointer-too-new`, `pointer-conflict`
 */
export function parsePastPointer(text: string, where: string): Pointer {
  const pointer = parseFacts(text, where);
  if (!isName(pointer.path)) throw damaged(where, '`path` is not a name');
  return pointer;
}

/**
 * Parse a pointer as {@link parsePointer} does, in a file of another name, such as those that Git hands to its drivers: the name of its
 * data is not compared with anything.
 */
export function parseUnnamed(text: string, where: string): Pointer {
  const pointer = parseFacts(text, where);
  checkDataPath(pointer.path, where);
  return pointer;
}

function parseFacts(text: string, where: string): Pointer {
  if (text.length > MAX_POINTER_BYTES) throw damaged(where, 'it is far too long');
  if (/^(<{7}|={7}|>{7})( |\r?$)/m.test(text)) throw conflicted(where);
  const facts = readFacts(text, where);
  checkVersion(facts.get('varve'), where);
  const unknown = [...facts.keys()].find((key) => !KEYS.includes(key) && !key.startsWith(META_PREFIX));
  if (unknown !== undefined)
    throw damaged(where, `it has no use for ${JSON.stringify(unknown.slice(0, 60))}`);
  return toPointer(facts, where);
}

/** Read the pointer of a dataset. @throws VarveError as {@link parsePointer}, `path-missing`, `symlink-refused` */
export function readPointer(root: string, dataset: string): Pointer {
  const where = pointerPath(dataset);
  return parsePointer(readPointerText(root, where), where);
}

/** @throws VarveError `path-unsafe` */
export function writePointer(root: string, dataset: string, pointer: Pointer): void {
  const { path, bytes } = pointerFile(root, dataset, pointer);
  writeAtomically(path, [bytes]);
}

/** Write many pointers, each as writePointer does, and none before the bytes of all are on disk. */
export async function writePointers(
  root: string,
  pointers: Iterable<readonly [dataset: string, pointer: Pointer]>,
): Promise<void> {
  await writeAllAtomically(Array.from(pointers, ([dataset, pointer]) => pointerFile(root, dataset, pointer)));
}

function pointerFile(root: string, dataset: string, pointer: Pointer): NewFile {
  checkDataPath(dataset);
  return { path: join(root, pointerPath(dataset)), bytes: Buffer.from(formatPointer(pointer)) };
}

function readPointerText(root: string, where: string): string {
  try {
    return readTrackedFile(root, where);
  } catch (error) {
    throw systemError(error, 'read', where);
  }
}

function readFacts(text: string, where: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([A-Za-z_-]+): (\S.*)$/.exec(line);
    if (match === null || facts.has(match[1]!)) {
      throw damaged(where, `line ${index + 1} reads ${JSON.stringify(line.slice(0, 80))}`);
    }
    facts.set(match[1]!, match[2]!.trimEnd());
  }
  return facts;
}

function checkVersion(version: string | undefined, where: string): void {
  if (READ_VERSIONS.includes(version)) return;
  if (version === undefined || !/^\d+$/.test(version))
    throw damaged(where, 'its first fact, `varve: 1`, is not there');
  throw new VarveError('pointer-too-new', `${where} was written by a newer varve (format ${version})`, {
    path: where,
    remedy: `Upgrade varve on this machine: this one reads formats 1 to ${READ_VERSIONS.at(-1)}.`,
  });
}

function toPointer(facts: ReadonlyMap<string, string>, where: string): Pointer {
  const kind = facts.get('kind');
  if (kind !== 'file' && kind !== 'directory') throw damaged(where, '`kind` is neither file nor directory');
  const rows = count(facts, 'rows', where);
  return {
    path: plainText(facts.get('path') ?? refuseMissing('path', where), 'path', where),
    kind,
    digest: digest(facts, 'digest', where),
    bytes: count(facts, 'bytes', where) ?? refuseMissing('bytes', where),
    files: count(facts, 'files', where) ?? refuseMissing('files', where),
    ...(facts.has('executable') && { executable: onlyTrue(facts, 'executable', where) }),
    ...blocksOf(facts, where),
    ...(rows === undefined ? {} : { rows }),
    ...(facts.has('profile') ? { profile: digest(facts, 'profile', where) } : {}),
    ...footersOf(facts, where),
    ...sourceOf(facts, where),
    ...tableOf(facts, where),
    ...listedOf(facts, where),
    ...importedOf(facts, where),
    ...databaseOf(facts, where),
    ...topicOf(facts, where),
    ...metaOf(facts, where),
  };
}

function blocksOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'blocks'> {
  const version = facts.get('varve');
  const isPinned = isFree(version) ? facts.has('blocks') : version === PINNED_VERSION;
  if (isPinned !== facts.has('blocks'))
    throw damaged(where, `\`varve: ${PINNED_VERSION}\` and \`blocks\` go together`);
  if (isPinned && facts.has('source')) throw damaged(where, 'no blocks of data in place are stored');
  return isPinned ? { blocks: digest(facts, 'blocks', where) } : {};
}

function databaseOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'database'> {
  const isCopy = DATABASE_KEYS.some((key) => facts.has(key));
  const isOfTopic = TOPIC_KEYS.some((key) => facts.has(key));
  const version = facts.get('varve');
  if ((isCopy || isOfTopic) !== [COPY_VERSION, ENDING_TOPIC_VERSION, ORDERED_VERSION].includes(version ?? ''))
    throw damaged(where, `\`varve: ${COPY_VERSION}\` and \`database\` or \`topic\` go together`);
  if (ORDER_KEYS.some((key) => facts.has(key)) !== (version === ORDERED_VERSION))
    throw damaged(where, `\`varve: ${ORDERED_VERSION}\` and \`database-order\` go together`);
  if (isCopy && isOfTopic) throw damaged(where, 'it is a copy both of a database and of a topic');
  if (!isCopy) return {};
  const text = (key: string): string => plainText(facts.get(key) ?? refuseMissing(key, where), key, where);
  const database: DatabaseOrigin = {
    url: text('database'),
    ...(facts.has('database-table') && { table: text('database-table') }),
    ...(facts.has('database-query') && { query: text('database-query') }),
    ...incrementalOf(facts, where),
  };
  const problem = problemOfOrigin(database) ?? (facts.has('source') ? 'a copy lies in no bucket' : undefined);
  if (problem !== undefined) throw damaged(where, problem);
  return { database };
}

function topicOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'topic'> {
  if (facts.has('topic-until') !== (facts.get('varve') === ENDING_TOPIC_VERSION))
    throw damaged(where, `\`varve: ${ENDING_TOPIC_VERSION}\` and \`topic-until\` go together`);
  if (!TOPIC_KEYS.some((key) => facts.has(key))) return {};
  const text = (key: string): string => plainText(facts.get(key) ?? refuseMissing(key, where), key, where);
  const topic: TopicOrigin = {
    url: text('topic'),
    ...(facts.has('topic-registry') && { registry: text('topic-registry') }),
    ...(facts.has('topic-offsets') && { offsets: text('topic-offsets') }),
    ...(facts.has('topic-until') && { until: text('topic-until') }),
    ...(facts.has('topic-complete') && { complete: onlyTrue(facts, 'topic-complete', where) }),
  };
  const isElsewhere = facts.has('source') || facts.get('kind') !== 'directory';
  const problem = problemOfTopic(topic) ?? (isElsewhere ? 'messages lie in a folder' : undefined);
  if (problem !== undefined) throw damaged(where, problem);
  return { topic };
}

function incrementalOf(
  facts: ReadonlyMap<string, string>,
  where: string,
): Pick<DatabaseOrigin, 'incremental'> {
  const isIncremental = INCREMENTAL_KEYS.some((key) => facts.has(key));
  if (isIncremental !== (facts.get('kind') === 'directory'))
    throw damaged(where, '`kind: directory` and `database-incremental` go together');
  if (!isIncremental) return {};
  const text = (key: string): string => plainText(facts.get(key) ?? refuseMissing(key, where), key, where);
  const incremental = {
    column: text('database-incremental'),
    ...(facts.has('database-last') && { last: text('database-last') }),
    ...(facts.has('database-order') && { order: text('database-order') }),
    rows: count(facts, 'database-rows', where) ?? refuseMissing('database-rows', where),
    ...(facts.has('database-columns') && { columns: columnTypesOf(text('database-columns'), where) }),
    ...(facts.has('database-text') && { text: namesOf(text('database-text'), where) }),
  };
  return { incremental };
}

/** Names of columns, which may be anything: a list in JSON. */
function namesOf(list: string, where: string): string[] {
  const names = parsedJson(list);
  if (isTexts(names)) return names;
  throw damaged(where, '`database-text` is no list of names');
}

function columnTypesOf(list: string, where: string): FileColumn[] {
  const pairs = parsedJson(list);
  if (Array.isArray(pairs) && pairs.every((pair) => isTexts(pair) && pair.length === 2))
    return pairs as FileColumn[];
  throw damaged(where, '`database-columns` is no list of names and types');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function importedOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'imported'> {
  const isImported = IMPORTED_KEYS.some((key) => facts.has(key));
  const version = facts.get('varve');
  const tells = version !== PINNED_VERSION && !isFree(version);
  if (tells && isImported !== (version === IMPORTED_VERSION))
    throw damaged(where, `\`varve: ${IMPORTED_VERSION}\` and \`imported-from\` go together`);
  if (!isImported) return {};
  const text = (key: string): string => plainText(facts.get(key) ?? refuseMissing(key, where), key, where);
  const imported: Imported = {
    repository: text('imported-from'),
    path: text('imported-path'),
    ...(facts.has('imported-revision') ? { revision: text('imported-revision') } : {}),
    commit: text('imported-commit'),
  };
  const problem = problemOfImported(imported);
  if (problem !== undefined) throw damaged(where, problem);
  return { imported };
}

function metaOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'meta'> {
  const said = [...facts].filter(([key]) => key.startsWith(META_PREFIX));
  const meta = metaInOrder(
    said.map(([key, value]) => [key.slice(META_PREFIX.length), plainText(value, key, where)]),
  );
  const version = facts.get('varve');
  if ((version === META_VERSION || !isFree(version)) && (meta === undefined) === (version === META_VERSION))
    throw damaged(where, `\`varve: ${META_VERSION}\` and \`${META_PREFIX}…\` go together`);
  if (meta === undefined) return {};
  const problem = problemOfMeta(meta);
  if (problem !== undefined) throw damaged(where, problem);
  return { meta };
}

/** Whether a version leaves open which of the older ones' facts there are. */
function isFree(version: string | undefined): boolean {
  const own = [META_VERSION, ELSEWHERE_VERSION, COPY_VERSION, TABLE_VERSION];
  const ofCopies = [ENDING_TOPIC_VERSION, ORDERED_VERSION];
  return [...own, ...ofCopies].includes(version ?? '') || isOfFooters(version) || isOfListed(version);
}

/** Whether more is said of a table than its version. */
function isOfListed(version: string | undefined): boolean {
  return version === LISTED_KEYS_VERSION || version === ASKED_TABLE_VERSION;
}

function isOfFooters(version: string | undefined): boolean {
  return version === FOOTERS_VERSION || version === TABLE_STATISTICS_VERSION;
}

function footersOf(
  facts: ReadonlyMap<string, string>,
  where: string,
): Pick<Pointer, 'footers' | 'footersBy'> {
  const hasFooters = facts.has('footers');
  const version = facts.get('varve');
  const isOpen = isOfListed(version);
  if (hasFooters !== isOfFooters(version) && !isOpen)
    throw damaged(where, `\`varve: ${FOOTERS_VERSION}\` and \`footers\` go together`);
  const isByTable = facts.has('footers-by');
  if (isByTable !== (version === TABLE_STATISTICS_VERSION) && !(isOpen && (hasFooters || !isByTable)))
    throw damaged(where, `\`varve: ${TABLE_STATISTICS_VERSION}\` and \`footers-by\` go together`);
  if (!hasFooters) return {};
  if (!facts.has('source')) throw damaged(where, '`footers` are of data in place');
  if (facts.has('profile')) throw damaged(where, 'it has both `profile` and `footers`');
  const footers = digest(facts, 'footers', where);
  if (!facts.has('footers-by')) return { footers };
  if (facts.get('footers-by') !== 'table' || !facts.has('table'))
    throw damaged(where, '`footers-by` can only be table, of a table');
  return { footers, footersBy: 'table' };
}

function sourceOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'source'> {
  const value = facts.get('source');
  const source = value === undefined ? undefined : plainText(value, 'source', where);
  if (source !== undefined && !BUCKET_SOURCE.test(source) && !SERVER_SOURCE.test(source))
    throw damaged(where, '`source` is not a place on a server, such as s3://bucket/prefix');
  const isElsewhere = source !== undefined && !FIRST_SOURCES.test(source);
  const version = facts.get('varve');
  const hasVersionOfItsOwn = version === TABLE_VERSION || isOfListed(version) || isOfFooters(version);
  if (isElsewhere !== (version === ELSEWHERE_VERSION) && !hasVersionOfItsOwn)
    throw damaged(where, `\`varve: ${ELSEWHERE_VERSION}\` goes with a \`source\` that is not of S3 or MinIO`);
  return source === undefined ? {} : { source };
}

function tableOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'table'> {
  const isTable = TABLE_KEYS.some((key) => facts.has(key));
  const version = facts.get('varve');
  const isOpen = isOfFooters(version) || isOfListed(version);
  if (isTable !== (version === TABLE_VERSION) && !isOpen)
    throw damaged(where, `\`varve: ${TABLE_VERSION}\` and \`table\` go together`);
  if (!isTable) return {};
  const text = (key: string): string => plainText(facts.get(key) ?? refuseMissing(key, where), key, where);
  const table = {
    format: text('table'),
    version: text('table-version'),
    ...(facts.has('table-branch') && { branch: text('table-branch') }),
    ...(facts.has('table-at') && { at: text('table-at') }),
  };
  const problem = facts.has('source') ? problemOfTable(table) : 'a table lies at a `source`';
  if (problem !== undefined) throw damaged(where, problem);
  return { table: table as TableOrigin };
}

function listedOf(facts: ReadonlyMap<string, string>, where: string): Pick<Pointer, 'keys' | 'columns'> {
  const version = facts.get('varve');
  const [keys, columns] = ['keys', 'columns'].map((key) => {
    const value = facts.get(key);
    if (value !== undefined && (value !== 'listed' || !facts.has('table')))
      throw damaged(where, `\`${key}\` can only be listed, of a table`);
    return value as 'listed' | undefined;
  });
  const isAsked = columns !== undefined || facts.has('table-branch') || facts.has('table-at');
  if (isAsked !== (version === ASKED_TABLE_VERSION))
    throw damaged(
      where,
      `\`varve: ${ASKED_TABLE_VERSION}\` and \`columns\`, \`table-branch\` or \`table-at\` go together`,
    );
  if (!isAsked && (keys !== undefined) !== (version === LISTED_KEYS_VERSION))
    throw damaged(where, `\`varve: ${LISTED_KEYS_VERSION}\` and \`keys\` go together`);
  return { ...(keys && { keys }), ...(columns && { columns }) };
}

/** A pointer names nothing but the data beside it. */
function isName(name: string): boolean {
  return name !== '.' && name !== '..' && !name.includes('/');
}

function plainText(value: string, key: string, where: string): string {
  if (!value.startsWith('"')) return value;
  try {
    const text: unknown = JSON.parse(value);
    if (typeof text === 'string') return text;
  } catch {
    // Told below.
  }
  throw damaged(where, `\`${key}\` is not a YAML string as varve writes it`);
}

function count(facts: ReadonlyMap<string, string>, key: string, where: string): number | undefined {
  const value = facts.get(key);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number))
    throw damaged(where, `\`${key}\` is not a count`);
  return number;
}

function onlyTrue(facts: ReadonlyMap<string, string>, key: string, where: string): true {
  if (facts.get(key) !== 'true') throw damaged(where, `\`${key}\` can only be true`);
  return true;
}

function digest(facts: ReadonlyMap<string, string>, key: string, where: string): Digest {
  const value = facts.get(key);
  return value === undefined ? refuseMissing(key, where) : parseDigest(value, where);
}

/** Write a string plain if YAML reads it back as this very string, else quoted as JSON, which YAML 1.2 reads too. */
function yamlString(text: string): string {
  const plain =
    /^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  if (plain) return text;
  return JSON.stringify(text).replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function refuseMissing(key: string, where: string): never {
  throw damaged(where, `\`${key}\` is not there`);
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('pointer-damaged', `${where} is not a pointer as varve writes it: ${what}`, {
    path: where,
    remedy: `Bring it back as the last commit has it by \`git restore -- ${gitWord(where)}\`; where that is damaged too, \`git log -- ${gitWord(where)}\` names the commits to take it from.`,
  });
}

function conflicted(where: string): VarveError {
  const word = shellWord(where.slice(0, -POINTER_SUFFIX.length));
  return new VarveError('pointer-conflict', `${where} has the marks of an unfinished Git merge`, {
    path: where,
    remedy: `If Git does not merge folders file by file here yet, run \`git merge --abort\`, \`varve git install --merge\` and \`varve fetch --all-commits\`, and merge again. Else choose a side by \`git checkout --ours -- ${gitWord(where)}\`, or the same with \`--theirs\`, then run \`varve checkout ${word}\`. To make what lies here the answer, run \`varve add --replace ${word}\`.`,
  });
}
