import { inOrder } from '../../base/threads/concurrency.ts';
import { hiveOf, isHiveNull } from '../../profile/dataset/hive.ts';
import { type Actions, type FileAction, MAX_ACTIONS, readCheckpoint, readCommit } from './delta-actions.ts';
import { checkColumns, checkProtocol } from './delta-features.ts';
import { isRecord } from './json.ts';
import {
  damagedTable,
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
  #hasMetaData = false;
  #hasProtocol = false;

  constructor(source: TableLocation) {
    this.#source = source;
  }

  /** The files that a version has, by its commits, the newest first, and by the checkpoint before them. */
  async *files(
    commits: readonly TableLogFile[],
    checkpoint: readonly TableLogFile[],
  ): AsyncGenerator<TableEntry> {
    const read = inOrder(commits, COMMITS_AT_ONCE, (file) => readCommit(this.#source, file));
    for await (const actions of read) yield* this.#changes(actions);
    for (const part of checkpoint) yield* this.#rest(part);
    if (!this.#hasMetaData || !this.#hasProtocol)
      throw damagedTable(this.#source.url, 'its log names neither a schema nor a protocol');
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

  async *#rest(checkpoint: TableLogFile): AsyncGenerator<TableEntry> {
    for await (const { add, ...about } of readCheckpoint(this.#source, checkpoint)) {
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

  #fileOf({ path, size, partition, hasVector }: FileAction): TableEntry {
    const { url } = this.#source;
    const file = { path: decodedPath(url, path), size };
    if (hasVector)
      throw unsupportedTable(
        url,
        `has rows of ${JSON.stringify(file.path)} deleted by a deletion vector`,
        'Have its owner run `REORG TABLE … APPLY (PURGE)`, which writes such files anew, or name an earlier version by --at.',
      );
    const shown = new Map(hiveOf(file.path).partitions);
    for (const [column, value] of Object.entries(partition)) {
      const there = shown.get(column);
      if (there !== undefined && (isHiveNull(there) ? null : there) === (value === '' ? null : value))
        continue;
      throw unsupportedTable(
        url,
        `has the partition ${column}=${JSON.stringify(value)} for ${JSON.stringify(file.path)} in its log, and not in that path`,
        'Export the table with folders named as Hive does, `column=value/`, and add that.',
      );
    }
    return file;
  }

  /** The newest word on the whole table counts. */
  #look({ metaData, protocol }: Pick<Actions, 'metaData' | 'protocol'>): void {
    const { url } = this.#source;
    if (!this.#hasMetaData && isRecord(metaData)) {
      checkColumns(url, metaData);
      this.#hasMetaData = true;
    }
    if (!this.#hasProtocol && isRecord(protocol)) {
      checkProtocol(url, protocol);
      this.#hasProtocol = true;
    }
  }
}

/** Paths are URIs, from the folder of the table. @throws VarveError `table-feature-unsupported`, `table-damaged` */
function decodedPath(url: string, path: string): string {
  if (path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path))
    throw unsupportedTable(
      url,
      `names ${JSON.stringify(path.slice(0, 200))}, which lies outside of its folder`,
      'Add what the table was made from, or a copy of the table that has its files.',
    );
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw damagedTable(url, `${JSON.stringify(path.slice(0, 200))} is no path as its log writes them`, error);
  }
}
