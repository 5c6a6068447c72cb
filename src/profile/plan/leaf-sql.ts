import type { Leaf } from './leaves.ts';

/** The rows of a leaf's lists or, past the last list level, of its values; nulls included. */
export function leafSql(leaf: Leaf, source: string, level = leaf.expressions.length - 1): string {
  const expression = leaf.expressions[level]!;
  if (level === 0) return `SELECT ${expression} AS v FROM ${source}`;
  return `SELECT ${expression} AS v FROM (SELECT unnest(v) AS v FROM (${leafSql(leaf, source, level - 1)}))`;
}
