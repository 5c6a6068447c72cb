import { LOG_FOLDER, versionOfFile } from './delta/log.ts';
import { changeOfFile, METADATA_FOLDER } from './iceberg/metadata.ts';

/** Folders within that of a table, in which each format has its own files. */
export const FOLDERS_OF_TABLES: readonly string[] = [LOG_FOLDER, METADATA_FOLDER];

/** Tell of which folder a file makes a table, empty for the one that `name` counts from; undefined for other files. */
export function tableOfFile(name: string): string | undefined {
  const [file = '', folder = '', ...above] = name.split('/').reverse();
  const isOfTable =
    (folder === LOG_FOLDER && versionOfFile(file) !== undefined) ||
    (folder === METADATA_FOLDER && changeOfFile(file) !== undefined);
  return isOfTable ? above.reverse().join('/') : undefined;
}
