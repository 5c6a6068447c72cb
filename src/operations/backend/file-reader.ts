import type { SnapshotFile } from './results.ts';
import type { DatasetVersion } from './version.ts';

/** Files of versions, for a process that lives long and reads many: what it needs stays open, and nothing is verified twice. */
export interface FileReader {
  /**
   * Open a file of a version. The cache is filled with what it lacks.
   * @throws VarveError `object-missing`, `digest-mismatch`, and what the remote meets
   */
  open(version: DatasetVersion, file: SnapshotFile): Promise<OpenedFile>;
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

/** The largest file, in bytes, that is handed out in memory. */
export const MAX_BYTES_IN_MEMORY = 1024 * 1024;
