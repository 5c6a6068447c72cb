import { type Meanings, meaningOf, type Said } from '../binary-fault.ts';

/** What DuckDB's words about files of text mean. */
const MEANINGS: Meanings = [
  [
    /when sniffing file/i,
    () => ({
      reason: 'its lines are no table: no delimiter parts them into equal numbers of fields',
      remedy: 'Check that it is of the format that its name says, and that no line lacks a field.',
    }),
  ],
  [
    /not a GZIP stream/i,
    () => ({
      reason: 'it is not gzip, as its name says',
      remedy: 'Take `.gz` from its name if nothing is compressed, or copy it again.',
    }),
  ],
  [
    /unknown frame descriptor/i,
    () => ({
      reason: 'it is not zstd, as its name says',
      remedy: 'Take `.zst` from its name if nothing is compressed, or copy it again.',
    }),
  ],
  [
    /(?:in line (\d+): )?Object .* has duplicate key ("(?:[^"\\]|\\.)*")/s,
    ([, line, key]) => ({
      reason: `an object has the key ${key} twice`,
      ...(line !== undefined && { line: Number(line) }),
      remedy: 'Give each value of an object a key of its own.',
    }),
  ],
  [
    /Duplicate name ("(?:[^"\\]|\\.)*") in struct/s,
    ([, key]) => ({
      reason: `it has another key that differs from ${key} in the same object by nothing but capital letters`,
      remedy: 'Rename one of them: varve takes names that differ so for the same.',
    }),
  ],
  [
    /unnamed struct/i,
    () => ({
      reason: 'an object in it has a key without a character',
      remedy: 'Give the key a name.',
    }),
  ],
  [
    /zero-length delimited identifier/i,
    () => ({
      reason: 'the name of a column is a NUL',
      remedy: 'Check that it is text, or give its columns names.',
    }),
  ],
];

/** Tells what is wrong with a file of text, where DuckDB's words would only tell of its own insides; undefined where they are plain. */
export function textFault(words: string): Said | undefined {
  return meaningOf(words, MEANINGS);
}
