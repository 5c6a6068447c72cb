import type { SnapshotFile } from './results.ts';
import type { DatasetVersion } from './version.ts';

/** Files of versions, for a process that lives long and reads many: what it needs stays open, and nothing is verified twice. */
export interface FileReader {
  /**
   * Open a file of a version. The cache is filled with what it lacks.
   * @throws VarveError `object-missing`, `digest-mismatch`, and what the remote meets
   */
  open(version: DatasetVersion, file: SnapshotFile): Promise<OpenedFile>;
  /**
   * Open a file of data in place where it lies, without a copy in the cache; undefined where the cache has its bytes, or the version is not
   * in place. Absent where no version is.
   * @throws VarveError `settings-untrusted`, and what the remote meets
   */
  openInPlace?(version: DatasetVersion, file: SnapshotFile): Promise<FileInPlace | undefined>;
  close(): Promise<void>;
}

/**
 * Verified bytes: of a small file themselves; of a large one the absolute path of a file that holds them, or a way to read ranges of it.
 * That file may be a part of the cache, and must not be changed; an opened one stays readable, whatever becomes of its name.
 */
export type OpenedFile = { readonly bytes: Uint8Array } | { readonly path: string } | RangedFile;

/** A file that is read range by range, each verified before it is handed out. */
export interface RangedFile {
  /** In bytes. */
  readonly size: number;
  /** Of what lies beyond the end, nothing is returned. @throws VarveError `object-missing`, `digest-mismatch` */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A file on a server. Ranges of it are held against the state that the server names, and the whole against all that is known of it. */
export interface FileInPlace extends RangedFile {
  /** Read all of it into a new file. @returns the digest of its bytes; @throws VarveError `source-changed`, `source-damaged` */
  copyTo(target: string): Promise<string>;
}

/** The largest file, in bytes, that is handed out in memory. */
export const MAX_BYTES_IN_MEMORY = 1024 * 1024;
