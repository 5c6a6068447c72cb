import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { compressionOf, firstBytes, type SourceFile } from '../source-file.ts';

/**
 * Encodings by byte order marks, and by the zero bytes that Latin letters have in wider encodings; longer marks first.
 */
const ENCODINGS: readonly (readonly [start: RegExp, name: string])[] = [
  [/^(\xff\xfe\0\0|\0\0\xfe\xff)/, 'utf-32'],
  [/^\xff\xfe/, 'utf-16'],
  [/^\xfe\xff/, 'utf-16be'],
  [/^([^\0]\0\0\0|\0\0\0[^\0])/, 'utf-32'],
  [/^[^\0]\0/, 'utf-16le'],
  [/^\0[^\0]/, 'utf-16be'],
];

/**
 * The encoding that a text file begins with, as iconv names it: `utf-8` if nothing speaks against it, and of
 * compressed files always. `utf-16` has a byte order mark in the order that Windows writes.
 */
export function encodingOf(file: SourceFile): string {
  if (compressionOf([file]) !== 'uncompressed') return 'utf-8';
  const start = firstBytes(file.absolutePath, 4).toString('latin1');
  return ENCODINGS.find(([pattern]) => pattern.test(start))?.[1] ?? 'utf-8';
}

/**
 * Says that a file is not UTF-8.
 * @param encoding the encoding that the file may be in
 * @param line the line at fault, if known
 */
export function notUtf8({ path }: SourceFile, encoding: string, line?: number, cause?: unknown): VarveError {
  const where = line === undefined ? path : `${path}, line ${line}`;
  return new VarveError('text-not-utf-8', `${where}: the bytes are not UTF-8`, {
    remedy: `Convert it first: \`iconv -f ${encoding} -t utf-8 ${shellWord(path)}\` prints it in UTF-8.`,
    path,
    cause,
  });
}
