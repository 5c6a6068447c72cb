import { createHash } from 'node:crypto';
import { hiveOf, isHiveNull, partitionFolder } from '../../profile/dataset/hive.ts';
import { type PartitionValue, type TableEntry, unsupportedTable } from './snapshot.ts';

type PartedFile = Pick<TableEntry, 'path' | 'partition'>;

/** The longest name that a file is given for the folders that it lay in; Linux and most others keep 255 bytes. */
const MAX_NAME_BYTES = 200;

/**
 * Tells under which paths the files of a table are to be read. To varve and to most readers, a folder `name=value` is a column and files of
 * other folders are of other tables, wherever data lies. A table may mean another thing by its folders, or nothing. So where they are not
 * just its columns, files get paths of which they are: what names no column goes into the name of the file.
 */
export class ShownPaths {
  readonly #url: string;
  /** Where the first file lies: its folders without those that are hidden, and its columns there. */
  #first: string | undefined;
  /** Whether the own paths of all files show the same columns in the same folder, and the values that the table has. */
  #isAsNamed = true;
  /** Columns that some files do not have themselves. */
  readonly #lacked = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Take notice of a file. */
  add({ path, partition }: PartedFile): void {
    const { folders, columns } = shownBy(path, partition);
    const place = JSON.stringify([folders, [...columns.keys()]]);
    this.#first ??= place;
    this.#isAsNamed &&= place === this.#first;
    for (const { column, text, isWithin } of partition) {
      if (isWithin) continue;
      this.#lacked.add(column);
      const there = columns.get(column);
      this.#isAsNamed &&= there !== undefined && isShown(there, text);
    }
  }

  /** Tell the path of a file, once all were noticed. @throws VarveError `table-feature-unsupported` */
  pathOf({ path, partition }: PartedFile): string {
    const steps = path.split('/');
    const { kept } = shownBy(path, partition);
    const name = steps.at(-1)!;
    if (this.#isAsNamed) {
      const folders = steps.slice(0, -1).filter((step, at) => kept.has(at) || !isColumn(step));
      const hidden = steps.slice(0, -1).filter((step, at) => !kept.has(at) && isColumn(step));
      return [...folders, nameOf(hidden, name)].join('/');
    }
    const columns = new Map(partition.map((one) => [one.column, one]));
    const made = [...this.#lacked].sort().map((column) => this.#folderFor(path, column, columns.get(column)));
    return [...made, nameOf(steps.slice(0, -1), name)].join('/');
  }

  #folderFor(path: string, column: string, value: PartitionValue | undefined): string {
    // A file that the table says nothing of by this column has no value of it.
    const { text = null, isPlain = text === null, isWithin } = value ?? {};
    if (value?.text === undefined && isWithin) throw this.#mixed(path, column);
    const isSaid = isPlain && (text === null || !isHiveNull(text));
    const folder = isSaid ? partitionFolder(column, text) : undefined;
    if (folder === undefined) throw this.#unwritable(path, column, text);
    return folder;
  }

  #mixed(path: string, column: string): Error {
    return unsupportedTable(
      this.#url,
      `has the column ${JSON.stringify(column)} within some files, such as ${JSON.stringify(path)}, and of others in its metadata alone`,
      'Have its owner write all of its files anew (`rewrite_data_files` with `rewrite-all`), or name an earlier version by --at.',
    );
  }

  #unwritable(path: string, column: string, text: string | null | undefined): Error {
    return unsupportedTable(
      this.#url,
      `has the partition ${column}=${JSON.stringify(text?.slice(0, 200))} for ${JSON.stringify(path)} in its log, and not in that path, nor can a path say it`,
      'Export the table with folders named as Hive does, `column=value/`, and add that; or export it into one folder.',
    );
  }
}

/** What the own path of a file shows of the columns that part the table. */
function shownBy(
  path: string,
  partition: readonly PartitionValue[],
): {
  /** Other folders. */
  readonly folders: readonly string[];
  readonly columns: ReadonlyMap<string, string>;
  /** Which steps say these columns. */
  readonly kept: ReadonlySet<number>;
} {
  const known = new Set(partition.map(({ column }) => column));
  const folders: string[] = [];
  const columns = new Map<string, string>();
  const places = new Map<string, number>();
  for (const [at, step] of path.split('/').slice(0, -1).entries()) {
    const [[name, value] = []] = hiveOf(`${step}/`).partitions;
    if (name === undefined) folders.push(step);
    else if (known.has(name)) {
      // Of a name that stands twice, the inner one counts.
      columns.delete(name);
      columns.set(name, value!);
      places.set(name, at);
    }
  }
  return { folders, columns, kept: new Set(places.values()) };
}

function isColumn(step: string): boolean {
  return hiveOf(`${step}/`).partitions.length > 0;
}

function isShown(there: string, text: string | null | undefined): boolean {
  return isHiveNull(there) ? text === null : text !== undefined && there === text;
}

/** Name a file for the folders that it lay in. Other names become other names, unless somebody means to. */
function nameOf(folders: readonly string[], name: string): string {
  if (folders.length === 0) return name;
  const whole = [...folders, name].join('-').replaceAll('=', '-');
  // Names that begin so are hidden to most readers.
  const seen = /^[._]/.test(whole) ? `in-${whole}` : whole;
  if (Buffer.byteLength(seen) <= MAX_NAME_BYTES) return seen;
  const [ending = ''] = /(\.[a-z0-9]{1,10}){0,2}$/i.exec(name) ?? [];
  return (
    createHash('sha256')
      .update(JSON.stringify([folders, name]))
      .digest('hex')
      .slice(0, 32) + ending
  );
}
