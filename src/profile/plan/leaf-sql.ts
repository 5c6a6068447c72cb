import type { Leaf } from './leaves.ts';

/** The rows of a leaf's lists or, past the last list level, of its values; nulls included. */
export function leafSql(leaf: Leaf, source: string, level = leaf.expressions.length - 1): string {
  const expression = leaf.expressions[level]!;
  return level === 0
    ? `SELECT ${expression} AS v FROM ${source}`
    : `SELECT ${expression} AS v FROM ${elementsSql(leaf, source, level)}`;
}

/** The elements `v` of the lists at the level above: all leaves that are reached through the same lists lie in them. */
export function elementsSql(leaf: Leaf, source: string, level = leaf.expressions.length - 1): string {
  return `(SELECT unnest(v) AS v FROM (${leafSql(leaf, source, level - 1)}))`;
}

/** As elementsSql, with the position `p` of each element, counted from 0, in lists that all have `length` elements. */
export function positionedSql(leaf: Leaf, source: string, length: number): string {
  const lists = leafSql(leaf, source, leaf.expressions.length - 2);
  return `(SELECT unnest(v) AS v, unnest(range(${length})) AS p FROM (${lists}) WHERE v IS NOT NULL)`;
}

/** Leaves that are reached through the same lists, together. Those in no list are left out. */
export function leavesByLists(leaves: readonly Leaf[]): Leaf[][] {
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    if (leaf.expressions.length === 1) continue;
    const lists = JSON.stringify(leaf.expressions.slice(0, -1));
    const group = groups.get(lists);
    if (group === undefined) groups.set(lists, [leaf]);
    else group.push(leaf);
  }
  return [...groups.values()];
}
