import type { Chunk } from '../../engine/chunks/chunk.ts';
import { isNull } from '../../engine/chunks/validity.ts';

/**
 * Copies the words of all rows but those that are null to the front of `into`, and their `occurrences` to the front of that array. The greatest integer and its negative are times like others, as pandas and pyarrow have them: DuckDB
 * calls them infinite, but files hold numbers, and pandas' `Timestamp.max` is one of these two.
 * @returns how many they are
 */
export function readValues(
  chunk: Chunk,
  column: number,
  into: Int32Array,
  occurrences: Float64Array,
): number {
  const words = chunk.words(column, 2);
  const valid = chunk.valid(column);
  if (valid === undefined) {
    into.set(words);
    return chunk.rows;
  }
  let kept = 0;
  for (let row = 0; row < chunk.rows; row++) {
    if (isNull(valid, row)) continue;
    into[2 * kept] = words[2 * row]!;
    into[2 * kept + 1] = words[2 * row + 1]!;
    occurrences[kept++] = occurrences[row]!;
  }
  return kept;
}
