/**
 * Where tables of Delta Lake and Iceberg show by the names of files: whoever takes a part of one, or more than one, for plain files would
 * count rows that the table has deleted. It opens nothing.
 */

import { LOG_FOLDER, versionOfFile } from '../delta/log.ts';
import type { TableFormat } from '../format.ts';
import { METADATA_FOLDER } from '../iceberg/metadata.ts';

/** `<version>.checkpoint.parquet`, or one of several parts; not those by the newer specification, `v2Checkpoint`. */
export const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/;
/** As tables without a catalogue name their metadata, `v3.metadata.json`, and as catalogues do, `00003-<uuid>.metadata.json`. */
export const METADATA_FILE = /^(?:v(\d{1,15})|(\d{1,15})-[^/]+?)(?:\.gz)?\.metadata\.json(?:\.gz)?$/;

/** A folder that is a table, as a file in it tells. */
export interface TableTrace {
  readonly format: TableFormat;
  /** The folder of the table, without a slash at its end; '' where the path begins in it. */
  readonly folder: string;
  /** What a table has that plain files have not, in its folder. */
  readonly log: string;
}

/** Tell of which table a file is the log or the metadata; undefined for all other files. @param path POSIX */
export function tableTraceOf(path: string): TableTrace | undefined {
  const [name = '', log, ...above] = path.split('/').reverse();
  const folder = above.reverse().join('/');
  if (log === LOG_FOLDER && (versionOfFile(name) !== undefined || CHECKPOINT.test(name)))
    return { format: 'delta', folder, log };
  if (log === METADATA_FOLDER && METADATA_FILE.test(name)) return { format: 'iceberg', folder, log };
  return undefined;
}

/** Folders of a partition, `day=2`, and those that a table keeps for itself, such as `_delta_log`, perhaps as a URL writes them. */
const WITHIN_DELTA = /^(?:[._].*|.+(?:=|%3D).*)$/i;
/** Where Iceberg keeps what it has, unless told otherwise. */
const WITHIN_ICEBERG: readonly string[] = ['data', METADATA_FOLDER];

/**
 * Tell in which folders the log or the metadata of a table lies that a path may be a part of: above partitions for Delta Lake, and above
 * its data for Iceberg. Two at most, so that looking there costs next to nothing.
 * @param segments of the path
 * @returns segments of folders
 */
export function logsAbove(segments: readonly string[]): readonly (readonly string[])[] {
  if (segments.length === 0) return [];
  let above = segments.slice(0, -1);
  while (above.length > 0 && WITHIN_DELTA.test(above.at(-1)!)) above = above.slice(0, -1);
  const iceberg = segments.findLastIndex((segment) => WITHIN_ICEBERG.includes(segment));
  return [[...above, LOG_FOLDER], ...(iceberg < 0 ? [] : [[...segments.slice(0, iceberg), METADATA_FOLDER]])];
}
