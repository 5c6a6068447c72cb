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
  readonly remedy: string;
}

const NAMES = { parquet: 'Parquet', arrow: 'Arrow' } as const;

/** What DuckDB's words mean, the first that is met. */
const MEANINGS: readonly (readonly [words: RegExp, meaning: Said])[] = [
  [/at least one non-root column/i, { reason: NO_COLUMNS.message, remedy: NO_COLUMNS.remedy }],
  [
    /Conversion Error.*timestamp/is,
    {
      reason: 'a time in it is more than 290,000 years from 1970',
      remedy: 'Write such times as missing, or the column as integers.',
    },
  ],
  [
    /encrypt/i,
    {
      reason: 'it is encrypted, and varve has no keys',
      remedy: 'Write it without encryption, if its data may lie so.',
    },
  ],
  [
    /unicode|UTF-?8|string encoding/i,
    {
      reason: 'a text or the name of a column in it is not UTF-8',
      remedy: 'Write it again with texts in UTF-8, or with columns of bytes for what is no text.',
    },
  ],
];

/**
 * Tells what is wrong with a file of Parquet or Arrow. What libraries say of one is about their own insides. Undefined for formats of
 * text, of which DuckDB tells the line and the value.
 */
export function binaryFault(path: string, words: string): Said | undefined {
  const format = formatOf(path);
  if (format !== 'parquet' && format !== 'arrow') return undefined;
  const meaning = MEANINGS.find(([known]) => known.test(words))?.[1];
  return (
    meaning ?? {
      reason: `it is cut or damaged, or not ${NAMES[format]}`,
      remedy: 'Copy it again, and check that it is of the format that its name says.',
    }
  );
}
