import { createHash } from 'node:crypto';
import { hiveOf, isHiveNull, partitionFolder } from '../../profile/dataset/hive.ts';
import { BY_ADD, type PartitionValue, type TableEntry, unsupportedTable } from './snapshot.ts';

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
  /** Whether the own path of some file has a folder that is to be no column. */
  #hasHidden = false;
  /** Columns that some files do not have themselves, though they have a value of them. */
  readonly #lacked = new Set<string>();
  /** Columns of which some files that do not have them have no value. */
  readonly #empty = new Set<string>();
  /** Columns that some files have themselves. */
  readonly #within = new Set<string>();
  /** How columns are called in paths, where files are told by other names of them. */
  #names: ReadonlyMap<string, string> = new Map();

  constructor(url: string) {
    this.#url = url;
  }

  /** Call columns otherwise than files are told by. @param names by those */
  call(names: ReadonlyMap<string, string>): void {
    this.#names = names;
    this.#isAsNamed &&= [...names].every(([own, name]) => own === name);
  }

  /** Take notice of a file. */
  add({ path, partition }: PartedFile): void {
    const { folders, columns, firstHidden } = shownBy(path, partition);
    const place = JSON.stringify([folders, [...columns.keys()]]);
    this.#first ??= place;
    this.#isAsNamed &&= place === this.#first;
    this.#hasHidden ||= firstHidden !== undefined;
    for (const { column, text, isWithin } of partition) {
      if (isWithin) this.#within.add(column);
      else if (text === null) this.#empty.add(column);
      else this.#lacked.add(column);
      // What a file has itself, its path need not say; but neither may it say another thing, which many readers believe.
      this.#isAsNamed &&= columns.has(column) ? isShown(columns.get(column), text) : isWithin === true;
    }
  }

  /** Tell the path of a file, once all were noticed; no two files have the same. @throws VarveError `table-feature-unsupported` */
  pathOf({ path, partition }: PartedFile): string {
    const steps = path.split('/');
    if (this.#isAsNamed) {
      if (!this.#hasHidden) return path;
      const { shown, firstHidden = steps.length - 1 } = shownBy(path, partition);
      return [...shown, nameOf(steps.slice(firstHidden))].join('/');
    }
    const columns = new Map(partition.map((one) => [one.column, one]));
    const made = this.#written().map((column) => this.#folderFor(path, column, columns.get(column)));
    return [...made, nameOf(steps)].join('/');
  }

  /** Columns that have to stand in paths. A file without one has no value of it, which nobody has to say where others have the column. */
  #written(): string[] {
    const empty = [...this.#empty].filter((column) => !this.#within.has(column));
    return [...new Set([...this.#lacked, ...empty])].sort((a, b) =>
      this.#nameOf(a) < this.#nameOf(b) ? -1 : 1,
    );
  }

  #nameOf(column: string): string {
    return this.#names.get(column) ?? column;
  }

  #folderFor(path: string, column: string, value: PartitionValue | undefined): string {
    // A file that the table says nothing of by this column has no value of it.
    const { text, isPlain, isWithin }: Omit<PartitionValue, 'column'> = value ?? { text: null };
    if (text === undefined && isWithin) throw this.#mixed(path, column);
    const isSaid = text === null || (text !== undefined && isPlain === true && !isHiveNull(text));
    const name = this.#nameOf(column);
    const folder = isSaid ? partitionFolder(name, text) : undefined;
    if (folder === undefined) throw this.#unwritable(path, name, text);
    return folder;
  }

  #mixed(path: string, column: string): Error {
    return unsupportedTable(
      this.#url,
      `has the column ${JSON.stringify(column)} within some files, such as ${JSON.stringify(path)}, and of others in its metadata alone`,
      `Have its owner write all of its files anew (\`rewrite_data_files\` with \`rewrite-all\`), or name an earlier version ${BY_ADD}.`,
    );
  }

  #unwritable(path: string, column: string, text: string | null | undefined): Error {
    return unsupportedTable(
      this.#url,
      `has the partition ${column}${text === undefined ? '' : `=${JSON.stringify(text?.slice(0, 200))}`} for ${JSON.stringify(path)} in its metadata, and not in that path, nor can a path say it`,
      'Export the table with folders named as Hive does, `column=value/`, and add that; or export it into one folder.',
    );
  }
}

/** What the own path of a file shows of the columns that part the table. */
function shownBy(
  path: string,
  partition: readonly PartitionValue[],
): {
  /** Folders that are no columns. */
  readonly folders: readonly string[];
  /** With their values; undefined where readers do not agree on these. */
  readonly columns: ReadonlyMap<string, string | undefined>;
  /** All folders but those of other columns. */
  readonly shown: readonly string[];
  /** The first step that would pass for another column. */
  readonly firstHidden: number | undefined;
} {
  const known = new Set(partition.map(({ column }) => column));
  const steps = path.split('/').slice(0, -1);
  const columns = new Map<string, string | undefined>();
  const places = new Map<string, number>();
  for (const [at, step] of steps.entries()) {
    const [[name, value] = []] = hiveOf(`${step}/`).partitions;
    if (name === undefined || !known.has(name)) continue;
    // Of a name that stands twice, the inner one counts.
    columns.delete(name);
    columns.set(name, BYTES_ESCAPED.test(step) ? undefined : value);
    places.set(name, at);
  }
  const kept = new Set(places.values());
  const isHidden = (step: string, at: number): boolean => isColumn(step) && !kept.has(at);
  const firstHidden = steps.findIndex(isHidden);
  return {
    folders: steps.filter((step) => !isColumn(step)),
    columns,
    shown: steps.filter((step, at) => !isHidden(step, at)),
    firstHidden: firstHidden < 0 ? undefined : firstHidden,
  };
}

/** To Hive and Spark, each escape is a character, so that those of the bytes of one that is not ASCII, as delta-rs writes them, are several. */
const BYTES_ESCAPED = /%[89a-f][0-9a-f]/i;

function isColumn(step: string): boolean {
  return hiveOf(`${step}/`).partitions.length > 0;
}

function isShown(there: string | undefined, text: string | null | undefined): boolean {
  if (there === undefined || text === undefined) return false;
  return isHiveNull(there) ? text === null : there === text;
}

/**
 * Name a file for where it lay, with `+` for `/` and `~` for `=`. Of steps that have these marks themselves, of names that would be hidden to
 * most readers and of long ones, the name is a hash, so that no two are alike.
 */
function nameOf(steps: readonly string[]): string {
  const name = steps.join('+').replaceAll('=', '~');
  const isOwn = !steps.some((step) => /[+~]/.test(step)) && !HASHED_OR_HIDDEN.test(name);
  if (isOwn && Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const [ending = ''] = /(\.[a-z0-9]{1,10}){0,2}$/i.exec(name) ?? [];
  return createHash('sha256').update(JSON.stringify(steps)).digest('hex').slice(0, HASH_DIGITS) + ending;
}

const HASH_DIGITS = 32;
const HASHED_OR_HIDDEN = /^(?:[._]|[0-9a-f]{32}(?:\.|$))/;
