import { hiveOf, isHiveNull } from '../../profile/dataset/hive.ts';
import { unsupportedTable } from './snapshot.ts';

const EXPORT_INSTEAD =
  'Export the table with folders named as Hive does, `column=value/`, and add that; or export it into one folder.';

/**
 * Looks whether varve would show the columns that the table has: a folder `name=value` is one wherever data lies, and a table may mean
 * another thing by it, or other values.
 */
export class ShownColumns {
  readonly #url: string;
  #names: readonly string[] | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * @param path of a file, from the folder of the table
   * @param partition the columns of the table that part its files, with the value that it says of this one; undefined where the file
   * has the column itself, and is believed
   * @throws VarveError `table-feature-unsupported`
   */
  check(path: string, partition: ReadonlyMap<string, string | null | undefined>): void {
    const shown = new Map(hiveOf(path).partitions);
    const names = [...shown.keys()].sort();
    this.#names ??= names;
    for (const name of names) if (!partition.has(name)) throw this.#noColumn(path, name);
    for (const [name, value] of partition) {
      const there = shown.get(name);
      if (value === undefined || (there !== undefined && isShown(there, value))) continue;
      throw value === '' && there === '' ? this.#empty(path, name) : this.#otherValue(path, name, value);
    }
    if (JSON.stringify(names) !== JSON.stringify(this.#names)) throw this.#otherFolders(path, names);
  }

  #noColumn(path: string, name: string): Error {
    return unsupportedTable(
      this.#url,
      `has ${JSON.stringify(path)} in a folder named for ${JSON.stringify(name)}, by which it has no column of partitions`,
      EXPORT_INSTEAD,
    );
  }

  #otherValue(path: string, name: string, value: string | null): Error {
    return unsupportedTable(
      this.#url,
      `has the partition ${name}=${JSON.stringify(value)} for ${JSON.stringify(path)} in its log, and not in that path`,
      EXPORT_INSTEAD,
    );
  }

  #empty(path: string, name: string): Error {
    return unsupportedTable(
      this.#url,
      `has an empty value of the partition ${name} for ${JSON.stringify(path)}: null to the table, and in a path an empty text`,
      'Have its owner write those rows anew with null or another value, or export the table into one folder.',
    );
  }

  #otherFolders(path: string, names: readonly string[]): Error {
    const [some, others] = [this.#names!, names].map((of) => of.join(', ') || 'no column');
    return unsupportedTable(
      this.#url,
      `parts some files by ${some} and others, such as ${JSON.stringify(path)}, by ${others}`,
      'Have its owner write all of its files anew in its present partitions (`rewrite_data_files` with `rewrite-all`), or name an earlier version by --at.',
    );
  }
}

/** Of Delta, an empty value is null. */
function isShown(there: string, value: string | null): boolean {
  return isHiveNull(there) ? value === null || value === '' : there !== '' && there === value;
}
