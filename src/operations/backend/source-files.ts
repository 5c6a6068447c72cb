/** A file of a version in place, in the state that the version has. */
export interface FileAtSource {
  /** In the dataset, POSIX; the name of a dataset that is a file itself. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of its bytes, where a server or this clone knows it. */
  readonly digest?: string;
}

/** The files of a version in place, read where they lie. */
export interface SourceFiles {
  /** In the order of their paths. @throws VarveError `object-missing`, `manifest-damaged` */
  list(): AsyncIterable<FileAtSource>;
  /**
   * Read a range of a file that was listed here, on condition that it is still in that state. Nobody verifies the bytes.
   * @throws VarveError `source-changed`, and the errors of the server
   */
  read(file: FileAtSource, offset: number, length: number): Promise<Uint8Array>;
  /**
   * Name a file as engines do, with nothing escaped: `s3://bucket/day=1/a b.parquet`. Whoever reads there may meet another state of it.
   * Undefined where engines have no name for such a place.
   */
  addressOf(file: FileAtSource): string | undefined;
  /** Tell where a file lies, behind the path of the source; '' where the source is this one file. */
  keyOf(file: FileAtSource): string;
  close(): Promise<void>;
}
