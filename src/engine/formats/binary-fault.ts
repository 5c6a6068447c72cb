import { formatOf } from './format.ts';

/** What is wrong with a file of a binary format, found by varve itself: its words are shown as they are. */
export class BinaryFault extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy = 'Check that the file is whole and of the format that its name says.') {
    super(reason);
    this.remedy = remedy;
  }
}

/** The longest decimal that the engine holds, in digits. */
export const MAX_DECIMAL_DIGITS = 38;

export function tooManyDigits(column: string, digits: number): BinaryFault {
  return new BinaryFault(
    `the column ${JSON.stringify(column)} has decimals of ${digits} digits, of which at most ${MAX_DECIMAL_DIGITS} are read`,
    'Write the column with fewer digits, as text, or as floating-point numbers.',
  );
}

export const NO_COLUMNS = new BinaryFault('it has no columns', 'Write it with the columns of its table.');

/** What is wrong, as the rest of a sentence about the file, and what to do. */
export interface Said {
  readonly reason: string;
  /** Counted from 1, where it is known. */
  readonly line?: number;
  readonly remedy: string;
}

const NAMES = { parquet: 'Parquet', arrow: 'Arrow' } as const;

/** What DuckDB's words mean, the first that is met; groups of the pattern are what it names. */
export type Meanings = readonly (readonly [words: RegExp, meaning: (found: RegExpExecArray) => Said])[];

/** Finds what words mean. */
export function meaningOf(words: string, meanings: Meanings): Said | undefined {
  for (const [pattern, meaning] of meanings) {
    const found = pattern.exec(words);
    if (found !== null) return meaning(found);
  }
  return undefined;
}

const MEANINGS: Meanings = [
  [/at least one non-root column/i, () => ({ reason: NO_COLUMNS.message, remedy: NO_COLUMNS.remedy })],
  [
    /Conversion Error.*timestamp/is,
    () => ({
      reason: 'a time in it is more than 290,000 years from 1970',
      remedy: 'Write such times as missing, or the column as integers.',
    }),
  ],
  [
    /encrypt/i,
    () => ({
      reason: 'it is encrypted, and varve has no keys',
      remedy: 'Write it without encryption, if its data may lie so.',
    }),
  ],
  [
    /compression codec "?(\w+)/i,
    ([, codec]) => ({
      reason: `it is compressed by ${codec}, which varve does not read`,
      remedy: 'Write it with another compression: snappy, zstd, gzip, brotli, lz4_raw or none.',
    }),
  ],
  [
    /(\w+) encoding is only supported/i,
    ([, encoding]) => ({
      reason: `a column of it is written in the encoding ${encoding}, which varve reads of floating-point numbers alone`,
      remedy: 'Write it with another encoding: pyarrow chooses one unless `column_encoding` is given.',
    }),
  ],
  [
    /Variant (?:column|shredding)|Object Variants|StructStats::GetChildStats/,
    () => ({
      reason: 'it has a Variant column of a form that varve does not read',
      remedy: 'Write the column as text in JSON, or as columns of plain types.',
    }),
  ],
  [
    /MAP_KEY_VALUE requires/i,
    () => ({
      reason: 'it has a map without values, which varve does not read',
      remedy: 'Write the column as a list of its keys.',
    }),
  ],
  [
    /unicode|UTF-?8|string encoding/i,
    () => ({
      reason: 'a text or the name of a column in it is not UTF-8',
      remedy: 'Write it again with texts in UTF-8, or with columns of bytes for what is no text.',
    }),
  ],
];

/**
 * Tells what is wrong with a file of Parquet or Arrow. What libraries say of one is about their own insides. Undefined for formats of
 * text, of which DuckDB tells the line and the value.
 */
export function binaryFault(path: string, words: string): Said | undefined {
  const format = formatOf(path);
  if (format !== 'parquet' && format !== 'arrow') return undefined;
  return (
    meaningOf(words, MEANINGS) ?? {
      reason: `it is cut or damaged, or not ${NAMES[format]}`,
      remedy: 'Copy it again, and check that it is of the format that its name says.',
    }
  );
}
