import { LRUCache } from 'lru-cache';
import { comparePaths } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import type {
  ReadableDataset,
  ReadableFile,
  VersionReader,
} from '../../operations/backend/version-reader.ts';
import type { DatedCommit } from '../../workspace/git/named-commits.ts';
import { FileTable } from './file-table.ts';
import { type KeyNode, type KeySequence, sequenceOf, withBase } from './keys.ts';
import type { NamedRevision, Revisions } from './revisions.ts';

/** A file of a dataset, as a revision has it. */
export interface ServedObject {
  readonly dataset: ReadableDataset;
  readonly file: ReadableFile;
  /** When the commit was made: seconds since 1970. */
  readonly time: number;
}

/** Keys, and the commits that they are of. */
export interface RevisionKeys {
  readonly sequence: KeySequence<ServedObject>;
  /** The commit of a revision whose keys were looked at; undefined for others. */
  commitOf(name: string): string | undefined;
}

/** The revision that a listing holds on to, so that its pages are of one version though a branch moves. */
export interface PinnedRevision {
  readonly name: string;
  readonly commit: string;
}

/** Memory for the lists of files that were asked for last, in bytes. The last one stays whatever its size. */
const MAX_TABLE_BYTES = 128 * 1024 * 1024;
/** Datasets of all commits that are remembered together. */
const MAX_KNOWN_DATASETS = 100_000;
/** How long a list is kept of which some files have no digest yet, in milliseconds: a pull may bring them. */
const INCOMPLETE_MS = 10_000;

/** The versions of a repository as one space of keys: `<revision>/<path of a dataset>`, and behind that the path of a file in it. */
export class Versions {
  readonly #revisions: Revisions;
  readonly #commits: LRUCache<string, KeySequence<ServedObject>, DatedCommit>;
  readonly #tables: LRUCache<string, FileTable, ReadableDataset>;

  constructor(revisions: Revisions, reader: VersionReader) {
    this.#revisions = revisions;
    this.#commits = new LRUCache<string, KeySequence<ServedObject>, DatedCommit>({
      maxSize: MAX_KNOWN_DATASETS,
      sizeCalculation: ({ length }) => Math.min(length + 1, MAX_KNOWN_DATASETS),
      fetchMethod: async (commit, _, { context }) =>
        this.#keysOf(await reader.datasetsAt(commit), context.time),
    });
    this.#tables = new LRUCache<string, FileTable, ReadableDataset>({
      maxSize: MAX_TABLE_BYTES,
      sizeCalculation: ({ bytes }) => Math.min(bytes + 1, MAX_TABLE_BYTES),
      fetchMethod: async (_, __, { context: dataset, options }) => {
        const table = await FileTable.from(dataset.list());
        if (!table.isComplete) options.ttl = INCOMPLETE_MS;
        return table;
      },
    });
  }

  /** The keys of a commit, without the revision in front. */
  async keysAt(commit: DatedCommit): Promise<KeySequence<ServedObject>> {
    return (await this.#commits.fetch(commit.commit, { context: commit }))!;
  }

  /**
   * All keys that begin with `prefix`, and perhaps others: of the one revision that it names, or of every branch and tag.
   * @param pinned the commit that a name is to lead to, whatever it leads to by now
   * @throws VarveError `revision-unknown` where a pinned commit is gone
   */
  async keys(prefix: string, pinned: PinnedRevision | undefined): Promise<RevisionKeys> {
    const commits = new Map<string, string>();
    const open = async (name: string, commit: DatedCommit): Promise<KeySequence<ServedObject>> => {
      const dated = pinned?.name === name ? await this.#revisions.resolve(pinned.commit) : commit;
      commits.set(name, dated.commit);
      return withBase(await this.keysAt(dated), `${name}/`);
    };
    const named = await this.#named(prefix, pinned);
    const nodes = named.map(({ name, ...commit }) => ({
      prefix: `${name}/`,
      open: () => open(name, commit),
    }));
    return { sequence: sequenceOf(nodes), commitOf: (name) => commits.get(name) };
  }

  /** The revisions whose keys may begin with `prefix`. */
  async #named(prefix: string, pinned: PinnedRevision | undefined): Promise<NamedRevision[]> {
    const slash = prefix.indexOf('/');
    if (slash < 0) return this.#revisions.names();
    const name = prefix.slice(0, slash);
    try {
      return [{ name, ...(await this.#revisions.resolve(pinned?.name === name ? pinned.commit : name)) }];
    } catch (error) {
      if (error instanceof VarveError && error.code === 'revision-unknown' && pinned === undefined) return [];
      throw error;
    }
  }

  async #keysOf(datasets: readonly ReadableDataset[], time: number): Promise<KeySequence<ServedObject>> {
    const nodes: { readonly name: string; readonly node: KeyNode<ServedObject> }[] = [];
    for (const dataset of datasets) {
      const name = dataset.kind === 'file' ? dataset.path : `${dataset.path}/`;
      nodes.push({
        name,
        node: dataset.kind === 'file' ? await fileNode(dataset, time) : this.#folderNode(dataset, time),
      });
    }
    nodes.sort((a, b) => comparePaths(a.name, b.name));
    return sequenceOf(withoutNested(nodes));
  }

  #folderNode(dataset: ReadableDataset, time: number): KeyNode<ServedObject> {
    const prefix = `${dataset.path}/`;
    return {
      prefix,
      open: async () => {
        const table = await this.#tables.fetch(dataset.content, { context: dataset });
        return withBase(sequenceOfTable(table!, dataset, time), prefix);
      },
    };
  }
}

async function fileNode(dataset: ReadableDataset, time: number): Promise<KeyNode<ServedObject>> {
  for await (const file of dataset.list()) return { key: dataset.path, object: { dataset, file, time } };
  throw new VarveError('manifest-damaged', `The manifest of ${dataset.path} lists no file`, {
    path: dataset.path,
    remedy: 'Restore the pointer from a commit that you trust.',
  });
}

/** A commit that anybody wrote may have one dataset in another: the outer one counts, as it does for the working tree. */
function withoutNested(
  sorted: readonly { readonly name: string; readonly node: KeyNode<ServedObject> }[],
): KeyNode<ServedObject>[] {
  let outer: string | undefined;
  return sorted.flatMap(({ name, node }) => {
    if (outer !== undefined && name.startsWith(outer)) return [];
    outer = name.endsWith('/') ? name : undefined;
    return [node];
  });
}

function sequenceOfTable(
  table: FileTable,
  dataset: ReadableDataset,
  time: number,
): KeySequence<ServedObject> {
  return {
    length: table.length,
    lowerBound: (path) => table.lowerBound(path),
    at(index) {
      const file = table.file(index);
      return { key: file.path, object: { dataset, file, time } };
    },
  };
}
