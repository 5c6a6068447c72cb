import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { formatOf } from '../../engine/formats/format.ts';
import { kindOfFirstRecord } from '../../engine/formats/tfrecord/first-record.ts';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import { readStatistics } from '../../schema/tfdv/statistics-file.ts';
import { profileFromStatistics } from '../../schema/tfdv/statistics-from.ts';
import { dataKind } from '../../workspace/tree/scan.ts';
import type { NamedDataset } from '../datasets/resolve.ts';

/** Far beyond the statistics of ten thousand features. */
const MAX_STATISTICS_BYTES = 256 * 1024 * 1024;

/**
 * Tell whether a plain file holds TFDV's statistics in place of data: by its name, and where TFRecords may be either, by the first of
 * them.
 */
export function isStatistics({ version, absolutePath }: NamedDataset): boolean {
  if (version !== undefined || absolutePath === undefined) return false;
  if (/\.(pb|pbtxt)$/i.test(absolutePath)) return true;
  return isPlainTfRecord(absolutePath) && kindOfFirstRecord(absolutePath) === 'statistics';
}

function isPlainTfRecord(path: string): boolean {
  if (formatOf(path) !== 'tfrecord') return false;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * @param rowsAsked whether a slice or a weight asks for rows
 * @throws VarveError `tfdv-invalid`, `statistics-only`, `symlink-refused`, `special-file-refused`
 */
export function profileOfStatistics({ name, absolutePath }: NamedDataset, rowsAsked: boolean): Profile {
  const path = absolutePath!;
  if (rowsAsked) throw statisticsOnly(name, 'be sliced or weighted');
  if (dataKind(dirname(path), basename(path)) === 'directory') throw statisticsOnly(name, 'be a folder');
  if (statSync(path).size > MAX_STATISTICS_BYTES)
    throw new VarveError('tfdv-invalid', `${name} is far too large for statistics`, {
      path: name,
      remedy: 'Name statistics of TensorFlow Data Validation, not the data itself.',
    });
  return profileFromStatistics(readStatistics(readFileSync(path), name), name);
}

/** Statistics of TFDV tell too little of how values spread. */
export function assertComparable(dataset: NamedDataset): void {
  if (isStatistics(dataset)) throw statisticsOnly(dataset.name, 'be compared for drift');
}

function statisticsOnly(name: string, what: string): VarveError {
  return new VarveError('statistics-only', `${name} holds statistics of TFDV, which cannot ${what}`, {
    path: name,
    remedy: 'Name the data that they were made from.',
  });
}
