import { literal } from './quote.ts';

export interface SourceFile {
  /** Where the bytes are. */
  readonly absolutePath: string;
  /** How people name it, in messages. */
  readonly path: string;
}

/** A list of the files' paths, in SQL. */
export function pathList(files: readonly SourceFile[]): string {
  return `[${files.map((file) => literal(file.absolutePath)).join(', ')}]`;
}

/** How the files are compressed, told by the first one's name: the place of the bytes may have any name. */
export function compressionOf(files: readonly SourceFile[]): 'gzip' | 'zstd' | 'uncompressed' {
  const path = files[0]!.path.toLowerCase();
  return path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : 'uncompressed';
}
