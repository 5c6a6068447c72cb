import { closeSync, openSync, readSync } from 'node:fs';
import { fileLiteral, filePattern } from './quote.ts';

export interface SourceFile {
  /** The absolute path of the bytes. */
  readonly absolutePath: string;
  /** The file's name in messages. */
  readonly path: string;
}

/** Writes the files' paths as a list in SQL. */
export function pathList(files: readonly SourceFile[]): string {
  return `[${files.map((file) => fileLiteral(file.absolutePath)).join(', ')}]`;
}

/** Tells by the first file's name how the files are compressed: the place of the bytes may have any name. */
export function compressionOf(files: readonly SourceFile[]): 'gzip' | 'zstd' | 'uncompressed' {
  const path = files[0]!.path.toLowerCase();
  return path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : 'uncompressed';
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

/** Finds the file that an error of DuckDB names, else gives the first. */
export function fileNamedBy(error: unknown, files: readonly SourceFile[]): SourceFile {
  const text = error instanceof Error ? error.message : String(error);
  const names = ({ absolutePath }: SourceFile): boolean =>
    text.includes(absolutePath) || text.includes(filePattern(absolutePath));
  return files.find(names) ?? files[0]!;
}
