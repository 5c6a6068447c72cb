import { formatOf } from '../../engine/formats/format.ts';
import type { TableProfile } from '../model/model.ts';
import type { DataFile, TableFile } from './profile-files.ts';

/** The profile of one file, before it is merged with those of its table. */
export interface FileProfile {
  readonly file: DataFile;
  readonly table: TableProfile;
}

/** Whether the types of its columns were told from text. */
export function isDelimitedText({ path }: Pick<TableFile, 'path'>): boolean {
  const format = formatOf(path);
  return format === 'csv' || format === 'tsv';
}

/** The kind of its records: files of one kind can be one table. */
export function recordsOf({ path }: DataFile): 'JSON' | 'TFRecord' | 'rows' {
  const format = formatOf(path);
  if (format === 'tfrecord') return 'TFRecord';
  return format === 'json' || format === 'jsonl' ? 'JSON' : 'rows';
}
