import { VarveError } from '../../../errors.ts';
import { shellWord } from '../../../wording/quote.ts';
import { compressionOf, firstBytes, placeIn, type SourceFile, shownPath } from '../../source-file.ts';

/** Encodings by byte order marks; longer marks first. */
const MARKS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/^(\xff\xfe\0\0|\0\0\xfe\xff)/, 'utf-32'],
  [/^\xff\xfe/, 'utf-16'],
  [/^\xfe\xff/, 'utf-16be'],
];

/** Encodings by where the zero bytes of Latin letters lie, in units of so many bytes. */
const WIDE: readonly (readonly [width: number, zeros: readonly number[], name: string])[] = [
  [4, [1, 2, 3], 'utf-32'],
  [4, [0, 1, 2], 'utf-32'],
  [2, [1], 'utf-16le'],
  [2, [0], 'utf-16be'],
];

const LOOKED_AT_BYTES = 4096;

/** The share of letters that are Latin in a table with numbers and delimiters, at the least. */
const MIN_LATIN = 0.5;

/**
 * The encoding that a text file begins with, as iconv names it: `utf-8` if nothing speaks against it, and of
 * compressed files always. `utf-16` has a byte order mark in the order that Windows writes. A NUL here and there is one.
 */
export function encodingOf(file: SourceFile): string {
  if (compressionOf(file) !== 'uncompressed') return 'utf-8';
  const start = firstBytes(file.absolutePath, LOOKED_AT_BYTES);
  const marked = MARKS.find(([mark]) => mark.test(start.subarray(0, 4).toString('latin1')))?.[1];
  // Of nearly every file this is all there is to see.
  if (marked === undefined && !start.includes(0)) return 'utf-8';
  return marked ?? WIDE.find(([width, zeros]) => isWide(start, width, zeros))?.[2] ?? 'utf-8';
}

/** Whether most units of so many bytes have zeros in these places, and none has in another. */
function isWide(start: Buffer, width: number, zeros: readonly number[]): boolean {
  const units = Math.floor(start.length / width);
  let latin = 0;
  for (let unit = 0; unit < units; unit++) {
    const bytes = start.subarray(unit * width, (unit + 1) * width);
    if (bytes.every((byte) => byte === 0)) return false;
    if (bytes.every((byte, place) => (byte === 0) === zeros.includes(place))) latin++;
  }
  return units > 0 && latin >= MIN_LATIN * units;
}

/**
 * Says that a file is not UTF-8.
 * @param encoding the encoding that the file may be in
 * @param line the line at fault, if known
 */
export function notUtf8(file: SourceFile, encoding: string, line?: number, cause?: unknown): VarveError {
  return new VarveError('text-not-utf-8', `${placeIn(file, line)}: the bytes are not UTF-8`, {
    remedy: `Convert it first: \`iconv -f ${encoding} -t utf-8 ${shellWord(shownPath(file))}\` prints it in UTF-8.`,
    path: shownPath(file),
    cause,
  });
}
