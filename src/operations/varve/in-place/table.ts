import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problemOfDataPath } from '../../../base/files/data-path.ts';
import { joinStreams } from '../../../base/files/path-order.ts';
import { VarveError } from '../../../errors.ts';
import type { DataSource, SourceObject } from '../../../remote/source/source.ts';
import { findTable } from '../../../tables/snapshot/find.ts';
import {
  damagedTable,
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
 * @param at which version of it; the newest unless given
 * @param scratch an empty folder
 * @throws VarveError `table-version-missing` if a version is asked for and no table lies there, and as findTable
 */
export async function tableAt(
  source: DataSource,
  at: string | undefined,
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
  const found = await findTable(place, at);
  if (found !== undefined || at === undefined) return found;
  throw noTableAt(url);
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

export function noTableAt(url: string): VarveError {
  return new VarveError('table-version-missing', `No table of Delta Lake or Iceberg lies at ${url}`, {
    path: url,
    remedy: 'Name the folder that has `_delta_log` or `metadata`; of other data, leave --at out.',
  });
}

function gone(url: string, { version }: TableSnapshot, name: string): VarveError {
  return new VarveError(
    'table-version-missing',
    `Version ${version} of ${url} names ${name}, which is not there`,
    {
      path: url,
      remedy: 'Old versions go when their files are cleaned up (VACUUM, expire_snapshots): add a newer one.',
    },
  );
}
