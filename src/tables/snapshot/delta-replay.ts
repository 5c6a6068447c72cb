import { isRecord } from '../../base/json.ts';
import { inOrder } from '../../base/threads/concurrency.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { UnreadFile } from '../model.ts';
import { type Actions, type FileAction, MAX_ACTIONS, readCheckpoint, readCommit } from './delta-actions.ts';
import { type DeltaFacts, describeDelta } from './delta-facts.ts';
import { checkProtocol, type MappedSchema, readMappedSchema } from './delta-features.ts';
import { ShownPaths } from './shown-paths.ts';
import {
  BY_ADD,
  damagedTable,
  type PartitionValue,
  pathBelow,
  refuseOutside,
  type TableEntry,
  type TableLocation,
  type TableLogFile,
  unsupportedTable,
} from './snapshot.ts';

const COMMITS_AT_ONCE = 4;

/** Follows the log of one version backwards. */
export class DeltaReplay {
  readonly #source: TableLocation;
  /** Paths of which the newest word is known. */
  readonly #seen = new Set<string>();
  readonly #shown: ShownPaths;
  /** Columns that part the files, by what is said of the files, in order; of the table; undefined until it is known. */
  #partedBy: { readonly files?: string; readonly table?: string } = {};
  #hasProtocol = false;
  #schema: MappedSchema | undefined;

  constructor(source: TableLocation) {
    this.#source = source;
    this.#shown = new ShownPaths(source.url);
  }

  /** The files that a version has, by its commits, the newest first, and by the checkpoint before them. */
  async *files(
    commits: readonly TableLogFile[],
    checkpoint: readonly TableLogFile[],
    wantsFacts: boolean,
  ): AsyncGenerator<TableEntry> {
    const read = inOrder(commits, COMMITS_AT_ONCE, (file) => readCommit(this.#source, file, wantsFacts));
    for await (const actions of read) yield* this.#changes(actions);
    for (const part of checkpoint) yield* this.#rest(part, wantsFacts);
    const { url } = this.#source;
    const { files = this.#partedBy.table, table } = this.#partedBy;
    if (table === undefined || !this.#hasProtocol)
      throw damagedTable(url, 'its log names neither a schema nor a protocol');
    if (files !== table)
      throw damagedTable(url, `it is parted by the columns ${table}, and its files by ${files}`);
  }

  /** As {@link TableSnapshot.shownPath} tells it. */
  shownPath(file: TableEntry): string {
    return this.#shown.pathOf(file);
  }

  /** What the log says of the rows of a file that was listed, once its schema was met too. */
  describe(facts: DeltaFacts): UnreadFile | undefined {
    const { columns, physical } = this.#schema!;
    // The log calls columns as files do.
    const own = columns.map((column) => ({ ...column, name: physical.get(column.name) ?? column.name }));
    const found = describeDelta(own, facts);
    const names = new Map(own.map(({ name }, at) => [name, columns[at]!.name]));
    return (
      found && {
        ...found,
        columns,
        bounds: found.bounds.map(({ path: [first, ...within], ...known }) => ({
          ...known,
          path: [names.get(first!)!, ...within],
        })),
      }
    );
  }

  /** As {@link TableSnapshot.columns} tells it. */
  columns(): ShownColumns | undefined {
    return this.#schema?.shown;
  }

  *#changes({ adds, removes, ...about }: Actions): Generator<TableEntry> {
    this.#look(about);
    // A file whose deleted rows changed is removed and added in one commit.
    for (const add of adds) if (this.#isNew(add.path)) yield this.#fileOf(add);
    for (const path of removes) this.#isNew(path);
    if (this.#seen.size <= MAX_ACTIONS) return;
    throw damagedTable(
      this.#source.url,
      `its log has more than ${MAX_ACTIONS} changes since its last checkpoint, which is to be written anew`,
    );
  }

  async *#rest(checkpoint: TableLogFile, wantsFacts: boolean): AsyncGenerator<TableEntry> {
    for await (const { add, ...about } of readCheckpoint(this.#source, checkpoint, wantsFacts)) {
      this.#look(about);
      if (add !== undefined && !this.#seen.has(decodedPath(this.#source.url, add.path)))
        yield this.#fileOf(add);
    }
  }

  #isNew(path: string): boolean {
    const decoded = decodedPath(this.#source.url, path);
    if (this.#seen.has(decoded)) return false;
    this.#seen.add(decoded);
    return true;
  }

  #fileOf({ path, size, partition, hasVector, facts }: FileAction): TableEntry {
    const { url } = this.#source;
    const parted = Object.entries(partition).map(([column, value]): PartitionValue => {
      // An empty value is null. Source: PROTOCOL.md, "Partition Value Serialization".
      return { column, text: value || null, isPlain: true };
    });
    const found = pathBelow(url, decodedPath(url, path));
    const file = { path: found, size, partition: parted, ...(facts && { facts }) };
    if (hasVector)
      throw unsupportedTable(
        url,
        `has rows of ${JSON.stringify(file.path)} deleted by a deletion vector`,
        `Have its owner run \`REORG TABLE … APPLY (PURGE)\`, which writes such files anew, or name an earlier version ${BY_ADD}.`,
      );
    const names = namesOf(Object.keys(partition));
    const { files = names } = this.#partedBy;
    if (files !== names)
      throw damagedTable(url, `some of its files are parted by ${files}, and others by ${names}`);
    this.#partedBy = { ...this.#partedBy, files };
    this.#shown.add(file);
    return file;
  }

  /** The newest word on the whole table counts. */
  #look({ metaData, protocol }: Pick<Actions, 'metaData' | 'protocol'>): void {
    const { url } = this.#source;
    if (this.#partedBy.table === undefined && isRecord(metaData)) {
      this.#schema = readMappedSchema(url, metaData);
      const { partedBy, physical } = this.#schema;
      const names = partedBy.map((name) => physical.get(name) ?? name);
      this.#partedBy = { ...this.#partedBy, table: namesOf(names) };
      this.#shown.call(new Map(partedBy.map((name, at) => [names[at]!, name])));
    }
    if (!this.#hasProtocol && isRecord(protocol)) {
      checkProtocol(url, protocol);
      this.#hasProtocol = true;
    }
  }
}

/** Paths are URIs, from the folder of the table. @throws VarveError `table-feature-unsupported`, `table-damaged` */
function decodedPath(url: string, path: string): string {
  if (path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path)) refuseOutside(url, path);
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw damagedTable(url, `${JSON.stringify(path.slice(0, 200))} is no path as its log writes them`, error);
  }
}

function namesOf(columns: readonly string[]): string {
  return JSON.stringify([...columns].sort());
}
