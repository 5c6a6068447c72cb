import type { DatasetVersion } from './version.ts';

/** A file of a dataset that lies alone in a file of a remote. */
export interface PlacedFile {
  /** Key on the remote. */
  readonly key: string;
  /** Whether it was written there just now, since it lay among others, or in chunks. */
  readonly isNew: boolean;
}

/** A file of a version, as far as a place has to know it. */
export interface FileToPlace {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** A remote as engines see it: files that hold an object each, and the tables that name them. Close it. */
export interface TablePlace {
  readonly name: string;
  /** Of the remote, for messages. */
  readonly url: string;
  /** What engines call the folder of the remote, with a slash at its end. */
  readonly engineUrl: string;
  /** Whether the remote has the bytes of a file. */
  holds(file: FileToPlace): boolean;
  /** Find the key of the file that holds the bytes of `file` alone; undefined where it lies among others, or in chunks. */
  find(file: FileToPlace): string | undefined;
  /** Sign an address at which whoever has it may read a file for so many seconds; undefined where that cannot be done. */
  presign(key: string, seconds: number): Promise<string | undefined>;
  /**
   * Find the file that holds the bytes of `file` alone; write it where there is none.
   * @param isTaken whether another file than the one of this key is wanted
   */
  place(file: FileToPlace, isTaken: (key: string) => boolean): Promise<PlacedFile>;
  /**
   * Look whether files of the remote are there in their full length, which an index alone does not prove.
   * @throws VarveError `object-missing`
   */
  checkPresent(files: readonly { readonly key: string; readonly size: number }[]): Promise<void>;
  /** Read a range of a file of a version, which is verified. */
  read(version: DatasetVersion, file: FileToPlace, offset: number, length: number): Promise<Uint8Array>;
  /** List the names of the files of a folder of the table. */
  list(folder: string): Promise<string[]>;
  readFile(key: string): Promise<Uint8Array>;
  /** Write a file of the table unless there is one of this name. */
  create(key: string, bytes: Uint8Array): Promise<'written' | 'exists'>;
  /** Write a file of the table, over what is there. */
  replace(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Record what a table is about to name, so that no gc removes it.
   * @throws VarveError `store-changed` if a gc was about to
   */
  keep(table: string, keys: readonly string[]): Promise<void>;
  /** Drop earlier records that the last one replaces. */
  dropReplaced(table: string): Promise<void>;
  close(): Promise<void>;
}
