import type { Engine } from '../../engine/duckdb.ts';
import { isText, type Leaf } from './leaves.ts';

/** Of fewer rows, every one is read. */
const MIN_ROWS = 2 ** 17;

/** Of a table's rows, but never more than MAX_SAMPLED_ROWS. */
const SAMPLED_SHARE = 1 / 8;
const MAX_SAMPLED_ROWS = 2 ** 18;

/**
 * Columns of text that seem to repeat their values much, told by their first rows. The engine groups them faster than rows
 * can be looked at; a column that repeats less than its beginning only takes longer, spilling where memory is short.
 */
export async function repeatedTexts(
  engine: Engine,
  leaves: readonly Leaf[],
  source: string,
  rows: number,
): Promise<Set<Leaf>> {
  const texts = leaves.filter((leaf) => leaf.expressions.length === 1 && isText(leaf));
  if (rows < MIN_ROWS || texts.length === 0) return new Set();
  const columns = texts.map(({ expressions }, index) => `${expressions[0]} AS t${index}`).join(', ');
  const counts = texts.map((_, index) => `count(DISTINCT t${index})::DOUBLE`).join(', ');
  const sampled = Math.min(Math.floor(rows * SAMPLED_SHARE), MAX_SAMPLED_ROWS);
  const sample = `(SELECT ${columns} FROM ${source} LIMIT ${sampled})`;
  const distinct = await engine.query(`SELECT ${counts} FROM ${sample}`);
  return new Set(texts.filter((_, index) => Number(distinct[index]![0]) < sampled / 8));
}
