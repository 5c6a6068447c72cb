import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileLiteral, filePattern } from './quote.ts';
import type { ShownColumns } from './shown-columns.ts';

export interface SourceFile {
  /** The absolute path of the bytes. */
  readonly absolutePath: string;
  /** Tells the format. */
  readonly path: string;
  /** Of a Parquet file: only the row groups that begin in these bytes are read. All of them unless given. */
  readonly range?: BytesBetween;
  /** Of a Parquet file: the columns that it shows, as those of a table; its own unless given. */
  readonly columns?: ShownColumns;
  /**
   * Of a Parquet file: columns that it lacks and its path says, with their value as SQL. Files that are read together have the same ones.
   */
  readonly saidByPath?: SaidByPath;
  /** How messages name the file, so that whoever asked finds it; its path unless given. */
  readonly shownAs?: string;
}

export type SaidByPath = readonly (readonly [name: string, sql: string])[];

/** The bytes from `start` up to `end`, which is not among them. */
export interface BytesBetween {
  readonly start: number;
  readonly end: number;
}

/** What another process or thread needs to read the file. */
export function plainSource(file: SourceFile): SourceFile {
  const { path, absolutePath, range, columns } = file;
  return {
    ...{ path, absolutePath, shownAs: shownPath(file) },
    ...(range && { range }),
    ...(columns && { columns }),
  };
}

/** How messages name the file. */
export function shownPath({ path, shownAs = path }: SourceFile): string {
  return shownAs;
}

/** How messages name a place in the file. @param line counted from 1; undefined if it is not known */
export function placeIn(file: SourceFile, line: number | undefined): string {
  return line === undefined ? shownPath(file) : `${shownPath(file)}, line ${line}`;
}

/** Writes the files' paths as a list in SQL. */
export function pathList(files: readonly SourceFile[]): string {
  return `[${files.map((file) => fileLiteral(file.absolutePath)).join(', ')}]`;
}

/** The paths of files as a list in SQL, each once: files of the same bytes may lie at one path. */
export function pathSet(files: readonly SourceFile[]): string {
  return pathList([...new Map(files.map((file) => [file.absolutePath, file])).values()]);
}

/**
 * Tells how a text file is compressed: by its name, for the place of the bytes may have any, or by how it begins, since text begins with
 * neither of these.
 */
export function compressionOf(file: SourceFile): 'gzip' | 'zstd' | 'uncompressed' {
  const path = file.path.toLowerCase();
  if (path.endsWith('.gz')) return 'gzip';
  if (path.endsWith('.zst')) return 'zstd';
  const start = firstBytes(file.absolutePath, 4).toString('hex');
  if (start.startsWith('1f8b08')) return 'gzip';
  return start === '28b52ffd' ? 'zstd' : 'uncompressed';
}

/** Reads the first `count` bytes of a file, or all if it is shorter. */
export function firstBytes(absolutePath: string, count: number): Buffer {
  const start = Buffer.alloc(count);
  const file = openSync(absolutePath, 'r');
  try {
    return start.subarray(0, readSync(file, start, 0, count, 0));
  } finally {
    closeSync(file);
  }
}

/** Reads the last `count` bytes of a file. @throws RangeError if it is shorter */
export function endOfFile(absolutePath: string, count: number): Buffer {
  const file = openSync(absolutePath, 'r');
  try {
    const { size } = fstatSync(file);
    if (count > size) throw new RangeError('the file is shorter');
    const end = Buffer.alloc(count);
    return end.subarray(0, readSync(file, end, 0, count, size - count));
  } finally {
    closeSync(file);
  }
}

/** Finds the file that an error of DuckDB names, else gives the first. */
export function fileNamedBy(error: unknown, files: readonly SourceFile[]): SourceFile {
  const text = error instanceof Error ? error.message : String(error);
  const names = ({ absolutePath }: SourceFile): boolean =>
    text.includes(absolutePath) || text.includes(filePattern(absolutePath));
  return files.find(names) ?? files[0]!;
}
