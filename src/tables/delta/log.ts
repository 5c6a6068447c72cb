/**
 * The log of a Delta table: which files each version adds and removes. It may not know where a log lies, nor how it is written there.
 * The protocol at https://github.com/delta-io/delta/blob/master/PROTOCOL.md is its source.
 */

import { createHash } from 'node:crypto';
import { parseShallow } from '../../base/json.ts';
import type { ColumnBounds, Origin, TableDataFile, TableVersion } from '../model.ts';
import { deltaSchema } from './schema.ts';

/** The folder of the log, in that of the table. */
export const LOG_FOLDER = '_delta_log';
const COMMIT_FILE = /^(\d{20})\.json$/;

/** Name the file of a version in the folder of the log. */
export function commitFile(version: number): string {
  return `${String(version).padStart(20, '0')}.json`;
}

/** Tell the version that a file of the log brings; undefined for other files, such as checkpoints. */
export function versionOfFile(name: string): number | undefined {
  const digits = COMMIT_FILE.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A table as its log leaves it. */
export interface DeltaTable {
  readonly versions: readonly Origin[];
  /** The values of the partition of each file that the last version has, as JSON, by its URL. */
  readonly files: ReadonlyMap<string, string>;
  /** Every URL that some version has. */
  readonly urls: ReadonlySet<string>;
  readonly metaData: string | undefined;
  readonly protocol: string | undefined;
}

export const NO_TABLE: DeltaTable = {
  versions: [],
  files: new Map(),
  urls: new Set(),
  metaData: undefined,
  protocol: undefined,
};

type Action = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/**
 * Follow a table through its next version.
 * @param text of the file of the log
 * @throws RangeError if no export wrote it
 */
export function follow(table: DeltaTable, text: string): DeltaTable {
  const files = new Map(table.files);
  const urls = new Set(table.urls);
  let { metaData, protocol } = table;
  let origin: Origin | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const action = parsed(line);
    if (action.commitInfo !== undefined) origin = originOf(action.commitInfo);
    if (action.metaData !== undefined) metaData = line;
    if (action.protocol !== undefined) protocol = line;
    if (action.remove !== undefined) files.delete(identity(action.remove));
    if (action.add !== undefined) {
      files.set(identity(action.add), partitionKey(action.add.partitionValues));
      urls.add(String(action.add.path));
    }
  }
  if (origin === undefined) throw new RangeError('no export wrote it');
  return { versions: [...table.versions, origin], files, urls, metaData, protocol };
}

function parsed(line: string): Action {
  let value: unknown;
  try {
    value = parseShallow(line);
  } catch (error) {
    // What is no JSON is said below.
    if (error instanceof RangeError) throw error;
  }
  if (typeof value === 'object' && value !== null) return value as Action;
  throw new RangeError('a line of it is no action');
}

function identity({ path }: Readonly<Record<string, unknown>>): string {
  return String(path);
}

function partitionKey(values: unknown): string {
  return JSON.stringify(values ?? {});
}

/** Delta keeps what a writer wants to say of a commit as text. */
function originOf({ userMetadata }: Readonly<Record<string, unknown>>): Origin | undefined {
  const said: unknown = typeof userMetadata === 'string' ? safely(userMetadata) : undefined;
  if (typeof said !== 'object' || said === null) return undefined;
  const { dataset, digest, gitCommit, gitTime } = said as Record<string, unknown>;
  const isOurs =
    typeof dataset === 'string' &&
    typeof digest === 'string' &&
    typeof gitCommit === 'string' &&
    typeof gitTime === 'number';
  return isOurs ? { dataset, digest, commit: gitCommit, time: gitTime } : undefined;
}

function safely(text: string): unknown {
  try {
    return parseShallow(text);
  } catch {
    return undefined;
  }
}

/** The next version of a table, as the file of its log. */
export interface DeltaCommit {
  readonly text: string;
  readonly added: number;
  readonly removed: number;
  /** Columns that Delta has no type for. */
  readonly left: readonly string[];
}

/**
 * Write the actions that make a table into the next version: what stays as it is, is not named again. A file that moved to another
 * partition is added once more, which replaces what was said of it; removing it as well is no valid commit. Source: PROTOCOL.md,
 * "Add File and Remove File" and "Action Reconciliation".
 */
export function nextCommit(table: DeltaTable, next: TableVersion): DeltaCommit {
  const { origin, files } = next;
  const schema = deltaSchema(next.columns);
  const kept = new Set(next.columns.map(({ name }) => name));
  for (const name of schema.left) kept.delete(name.slice(0, name.lastIndexOf(' (')));
  const added = files.filter((file) => table.files.get(file.url) !== partitionKey(valuesOf(file)));
  const named = new Set(files.map(({ url }) => url));
  const removed = [...table.files.keys()].filter((url) => !named.has(url));
  const moved = added.filter(({ url }) => table.files.has(url)).length;
  const metaData = metaDataOf(table, next, schema);
  const protocol = protocolOf(schema.features);
  const isNew = table.versions.length === 0;
  const actions = [
    commitInfo(next, { isNew, added: added.length, removed: removed.length + moved }),
    ...(protocol === table.protocol ? [] : [protocol]),
    ...(metaData === table.metaData ? [] : [metaData]),
    ...removed.map((url) =>
      JSON.stringify({ remove: { path: url, deletionTimestamp: origin.time, dataChange: true } }),
    ),
    ...added.map((file) => addOf(file, kept, origin)),
  ];
  return {
    text: `${actions.join('\n')}\n`,
    added: added.length,
    removed: removed.length + moved,
    left: schema.left,
  };
}

function commitInfo(
  { partitionColumns, origin: { dataset, digest, commit, time } }: TableVersion,
  { isNew, added, removed }: { readonly isNew: boolean; readonly added: number; readonly removed: number },
): string {
  return JSON.stringify({
    commitInfo: {
      timestamp: time,
      operation: isNew ? 'CREATE TABLE AS SELECT' : 'WRITE',
      operationParameters: {
        mode: isNew ? 'ErrorIfExists' : 'Overwrite',
        partitionBy: JSON.stringify(partitionColumns),
      },
      operationMetrics: { numFiles: String(added), numRemovedFiles: String(removed) },
      isBlindAppend: false,
      engineInfo: 'varve',
      userMetadata: JSON.stringify({ dataset, digest, gitCommit: commit, gitTime: time }),
    },
  });
}

/** Older readers know the features by the number of the protocol; for timestamps without a zone, they have to know features by name. */
function protocolOf(features: readonly string[]): string {
  if (features.includes('timestampNtz'))
    return JSON.stringify({
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: features,
        writerFeatures: features,
      },
    });
  const [minReaderVersion, minWriterVersion] = features.length > 0 ? [2, 5] : [1, 2];
  return JSON.stringify({ protocol: { minReaderVersion, minWriterVersion } });
}

/** The id of a table is made of what it is a table of, so that equal versions have equal logs. */
function metaDataOf(table: DeltaTable, next: TableVersion, schema: ReturnType<typeof deltaSchema>): string {
  const first = table.versions[0] ?? next.origin;
  return JSON.stringify({
    metaData: {
      id: idOf(`${first.dataset}\0${first.digest}\0${first.commit}`),
      name: next.origin.dataset,
      format: { provider: 'parquet', options: {} },
      schemaString: schema.text,
      partitionColumns: next.partitionColumns,
      configuration: schema.configuration,
      createdTime: first.time,
    },
  });
}

function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function valuesOf({ partition }: TableDataFile): Readonly<Record<string, string | null>> {
  return Object.fromEntries(partition);
}

function addOf(file: TableDataFile, kept: ReadonlySet<string>, { time }: Origin): string {
  const { url, size } = file;
  const stats = statistics(file, kept);
  return JSON.stringify({
    add: {
      path: url,
      partitionValues: valuesOf(file),
      size,
      modificationTime: time,
      dataChange: true,
      stats,
    },
  });
}

/** Source: PROTOCOL.md, "Per-file Statistics". Numbers are written digit by digit: no floating-point number holds all of them. */
function statistics({ rows, bounds }: TableDataFile, kept: ReadonlySet<string>): string {
  const known = bounds.filter(({ path }) => kept.has(path[0]!));
  const tree = (value: (one: ColumnBounds) => string | undefined): string =>
    nested(
      known.flatMap((one) => {
        const text = value(one);
        return text === undefined ? [] : [{ path: one.path, text }];
      }),
    );
  return `{"numRecords":${rows},"minValues":${tree((one) => jsonOf(one, one.min))},"maxValues":${tree((one) =>
    jsonOf(one, roundedUp(one)),
  )},"nullCount":${tree(({ nulls }) => (nulls === undefined ? undefined : String(nulls)))}}`;
}

interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

function nested(leaves: readonly Leaf[]): string {
  const names = [...new Set(leaves.map(({ path }) => path[0]!))];
  const members = names.map((name) => {
    const own = leaves.filter(({ path }) => path[0] === name);
    const [first] = own;
    const value =
      first!.path.length === 1
        ? first!.text
        : nested(own.map(({ path, text }) => ({ path: path.slice(1), text })));
    return `${JSON.stringify(name)}:${value}`;
  });
  return `{${members.join(',')}}`;
}

/** Readers keep milliseconds of a bound: the largest is then a millisecond later. Undefined past the year 9999, which has no form that all of them read. */
function roundedUp({ type, max }: ColumnBounds): string | undefined {
  if (max === undefined || (type.is !== 'timestamp' && type.is !== 'timestamp_ntz')) return max;
  const [, whole, rest = ''] = /^(.*\.\d{3})(\d*)$/.exec(max) ?? [undefined, max];
  if (!/[1-9]/.test(rest)) return whole;
  const later = new Date(Date.parse(`${whole}Z`) + 1).toISOString().slice(0, -1);
  return later.startsWith('+') ? undefined : later;
}

function jsonOf({ type }: ColumnBounds, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  switch (type.is) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'decimal':
    case 'float':
    case 'double':
      return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? value : undefined;
    case 'boolean':
      // Delta keeps no bounds of truth values.
      return undefined;
    case 'timestamp':
      return JSON.stringify(`${milliseconds(value)}Z`);
    case 'timestamp_ntz':
      return JSON.stringify(milliseconds(value));
    case 'string':
    case 'date':
      return JSON.stringify(value);
    default:
      return undefined;
  }
}

function milliseconds(value: string): string {
  return value.replace(/(\.\d{3})\d+$/, '$1');
}
