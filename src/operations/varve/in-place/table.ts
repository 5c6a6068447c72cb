import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problemOfDataPath } from '../../../base/files/data-path.ts';
import { joinStreams } from '../../../base/files/path-order.ts';
import { VarveError } from '../../../errors.ts';
import type { DataSource, SourceObject } from '../../../remote/source/source.ts';
import { findTable } from '../../../tables/snapshot/find.ts';
import {
  BY_ADD,
  damagedTable,
  type NamedVersion,
  type TableEntry,
  type TableLocation,
  type TableLogFile,
  type TableSnapshot,
  unsupportedTable,
} from '../../../tables/snapshot/snapshot.ts';
import { problemOfNames } from '../../../workspace/tree/scan.ts';
import type { FileListener } from '../../backend/version.ts';
import { sortedByPath } from './external-sort.ts';

/**
 * Find the table that lies at a source, if there is one.
 * @param scratch an empty folder
 * @throws VarveError as findTable
 */
export async function tableAt(
  source: DataSource,
  wanted: NamedVersion,
  scratch: string,
  signal: AbortSignal | undefined,
): Promise<TableSnapshot | undefined> {
  const url = source.url.replace(/\/+$/, '');
  const folder = join(scratch, 'table');
  await mkdir(folder);
  const fileOf = (object: SourceObject): TableLogFile => ({
    name: object.key,
    size: object.size,
    read: () => source.read(object),
  });
  const place: TableLocation = {
    url,
    async *list(name) {
      for await (const object of source.list(`${name}/`)) yield fileOf(object);
    },
    async find(name) {
      const object = await source.find(name);
      return object && fileOf(object);
    },
    scratch: folder,
    signal,
  };
  return findTable(place, wanted);
}

/**
 * Choose those objects that a version of a table has, each with the path under which it is to be read.
 * @param objects in the order of their paths, which is kept
 * @throws VarveError `table-damaged` where the table and the server do not agree on a file
 */
export async function* objectsOfTable<T extends { readonly path: string; readonly size: number }>(
  url: string,
  table: TableSnapshot,
  objects: AsyncIterable<T>,
  {
    isIgnored,
    scratch,
    listener,
  }: {
    /** Whether a path never belongs to the dataset. */
    readonly isIgnored: (path: string) => boolean;
    /** An empty folder. */
    readonly scratch: string;
    /** Hears of those that are chosen. */
    readonly listener: FileListener | undefined;
  },
): AsyncGenerator<T & { readonly key?: string }> {
  const files = sortedByPath(table.files(listener !== undefined), scratch);
  let last: TableEntry | undefined;
  for await (const [wanted, object] of joinStreams(files, objects)) {
    if (wanted === undefined) continue;
    const name = JSON.stringify(wanted.path.slice(0, 200));
    if (wanted.path === last?.path) throw damagedTable(url, `it names ${name} twice`);
    last = wanted;
    if (object === undefined) {
      if (isIgnored(wanted.path)) continue;
      throw gone(url, table, name);
    }
    if (object.size !== wanted.size)
      throw damagedTable(url, `${name} has ${object.size} bytes, and ${wanted.size} by the table`);
    const path = dataPath(url, table.shownPath(wanted), name);
    listener?.take(path, table.describe(wanted));
    yield path === wanted.path ? object : { ...object, path, key: wanted.path };
  }
}

/** @throws VarveError `table-feature-unsupported` unless a file may lie there */
function dataPath(url: string, path: string, name: string): string {
  const problem = problemOfDataPath(path) ?? problemOfNames(path);
  if (problem === undefined) return path;
  throw unsupportedTable(
    url,
    `has ${name}, of which the path in a dataset would be ${JSON.stringify(path.slice(0, 200))}, which ${problem}`,
    'Export the table into one folder, with the values of its partitions as columns, and add that.',
  );
}

/** Refuse to take a version of what has none. */
export function noTableAt(url: string): VarveError {
  return new VarveError('table-version-missing', `No table of Delta Lake or Iceberg lies at ${url}`, {
    path: url,
    remedy: 'Name the folder that has `_delta_log` or `metadata`; of other data, leave --at out.',
  });
}

/** Refuse to take what lies there now for the table that a dataset follows. */
export function tableGone(url: string): VarveError {
  return new VarveError(
    'table-version-missing',
    `No table of Delta Lake or Iceberg lies at ${url} any more`,
    {
      path: url,
      remedy:
        'The dataset stays at the version that it has. Ask who kept the table where it lies now, and add it from there.',
    },
  );
}

function gone(url: string, { version }: TableSnapshot, name: string): VarveError {
  return new VarveError(
    'table-version-missing',
    `Version ${version} of ${url} names ${name}, which is not there`,
    {
      path: url,
      remedy: `Files of old versions go when they are cleaned up (VACUUM, expire_snapshots): name a newer version ${BY_ADD}, or none for the newest. If this is the newest, engines cannot read it either: ask who keeps the table.`,
    },
  );
}
