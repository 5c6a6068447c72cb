import type { Engine } from '../engine/duckdb.ts';
import type { Lane } from './lane.ts';
import type { Leaf } from './leaves.ts';

/** Rows `(v, n)`: a value that is not null, and how often it occurs. */
export interface Counted {
  readonly sql: string;
  /** `n` is 1 in every row and left out of sums where it is. */
  readonly grouped: boolean;
  /** Distinct values: exact where grouped, else estimated by the engine. */
  readonly distinct: number;
}

/** The most distinct values that are grouped; beyond, rows are counted as they are and values by hash partition. */
export const groupCap = 2 ** 20;

/** The rows of a leaf's lists or, past the last list level, of its values; nulls included. */
export function leafRows(leaf: Leaf, source: string, level = leaf.expressions.length - 1): string {
  const expression = leaf.expressions[level]!;
  if (level === 0) return `SELECT ${expression} AS v FROM ${source}`;
  return `SELECT ${expression} AS v FROM (SELECT unnest(v) AS v FROM (${leafRows(leaf, source, level - 1)}))`;
}

/**
 * The values of a leaf, grouped into `table` where they are few enough. `estimate` is the engine's own guess of their
 * number, which depends on the data alone, so the choice is the same on every machine.
 */
export async function countedValues(
  engine: Engine,
  leaf: Leaf,
  lane: Lane,
  source: string,
  estimate: number,
  table: string,
): Promise<Counted> {
  const values = `SELECT v FROM (SELECT ${lane.value('v')} AS v FROM (${leafRows(leaf, source)})) WHERE v IS NOT NULL`;
  if (estimate > groupCap)
    return { sql: `(SELECT v, 1 AS n FROM (${values}))`, grouped: false, distinct: estimate };
  await engine.query(`CREATE TABLE ${table} AS SELECT v, count(*) AS n FROM (${values}) GROUP BY v`);
  const [[distinct]] = (await engine.query(`SELECT count(*)::DOUBLE FROM ${table}`)) as [[number]];
  return { sql: table, grouped: true, distinct };
}

/** `sum(n·expression)`, exactly: HUGEINT where groups multiply, and without `n` where it is 1. */
export function weighedSum(counted: Counted, expression: string): string {
  return counted.grouped ? `sum(n::HUGEINT * ${expression})` : `sum(${expression})`;
}
