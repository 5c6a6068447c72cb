import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { ByteRange } from '../../remote/remote.ts';
import type { SnapshotFile } from './results.ts';
import type { DatasetVersion, VersionChange, VersionFacts } from './version.ts';

/** A file of a version whose bytes can be read. */
export interface ReadableFile extends SnapshotFile {
  /** In bytes. */
  readonly size: number;
}

/** A version of a dataset, with its files. */
export interface ReadableDataset extends DatasetVersion {
  /** The files, in the order of their paths. @throws VarveError `object-missing`, `manifest-damaged`, and what a remote meets */
  list(): AsyncIterable<ReadableFile>;
  /** As Backend.columns. */
  shownColumns?(): Promise<ShownColumns | undefined>;
  /**
   * The bytes of one of the files, or a range of them. None is yielded before it is verified; of a whole file, what is yielded is
   * verified as a whole before its last piece. Each piece stays as it is until the next one is asked for. What the cache lacks comes from the default remote.
   * @param pieceBytes about so many are held in memory
   * @throws VarveError `object-missing`, `digest-mismatch`, and what a remote meets
   */
  read(file: ReadableFile, range: ByteRange | undefined, pieceBytes: number): AsyncIterable<Uint8Array>;
  /**
   * An address at which whoever has it may read one of the files from the default remote, for so many seconds; undefined where the remote has
   * none. What comes from there, nobody has verified.
   * @throws VarveError what a remote meets
   */
  address(file: ReadableFile, seconds: number): Promise<string | undefined>;
}

/** Reads versions of one repository again and again, as a server does: what it opens stays open. Close it. */
export interface VersionReader {
  /** The datasets of a commit, in no promised order. Those whose pointers cannot be read are left out, and `onWarning` is told of them. */
  datasetsAt(commit: string): Promise<readonly ReadableDataset[]>;
  /**
   * The commits that brought versions of datasets, as `commit` reaches them, newest first. A merge counts only for versions that none of its
   * sides has. In memory, as the list of files of a dataset is.
   */
  changes(commit: string): Promise<readonly VersionChange[]>;
  /** What changes brought, in their order; undefined where a pointer cannot be read, and `onWarning` is told of it. */
  versionsOf(changes: readonly VersionChange[]): Promise<readonly (VersionFacts | undefined)[]>;
  close(): Promise<void>;
}
