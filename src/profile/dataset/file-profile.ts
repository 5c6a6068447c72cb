import { formatOf } from '../../engine/formats/format.ts';
import type { TableProfile } from '../model/model.ts';
import type { DataFile } from './profile-files.ts';

/** The profile of one file, before it is merged with those of its table. */
export interface FileProfile {
  readonly file: DataFile;
  readonly table: TableProfile;
}

/** Whether the types of its columns were told from text. */
export function isDelimitedText({ path }: DataFile): boolean {
  const format = formatOf(path);
  return format === 'csv' || format === 'tsv';
}

export function isJson({ path }: DataFile): boolean {
  const format = formatOf(path);
  return format === 'json' || format === 'jsonl';
}
