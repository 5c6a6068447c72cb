import { formatOf } from './format.ts';

/** What is wrong with a file of a binary format, found by varve itself: its words are shown as they are. */
export class BinaryFault extends Error {}

const NAMES = { parquet: 'Parquet', arrow: 'Arrow' } as const;

/** What DuckDB's words mean, the first that is met. */
const MEANINGS: readonly (readonly [words: RegExp, meaning: string])[] = [
  [/encrypt/i, 'it is encrypted, and varve has no keys'],
  [/unicode|UTF-?8|string encoding/i, 'a text or the name of a column in it is not UTF-8'],
];

/**
 * Tells what is wrong with a file of Parquet or Arrow, as the rest of a sentence about it. What libraries say of one is about their own
 * insides. Undefined for formats of text, of which DuckDB tells the line and the value.
 */
export function binaryFault(path: string, words: string): string | undefined {
  const format = formatOf(path);
  if (format !== 'parquet' && format !== 'arrow') return undefined;
  const meaning = MEANINGS.find(([known]) => known.test(words))?.[1];
  return meaning ?? `it is cut or damaged, or not ${NAMES[format]}`;
}
