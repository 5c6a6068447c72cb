import type { Engine } from '../engine/duckdb.ts';
import type { Lane } from './lane.ts';
import { leafRows } from './leaf-rows.ts';
import type { Leaf } from './leaves.ts';
import type { Overview } from './overview.ts';

/** Rows `(v, n)`: a value that is not null, and how often it occurs. */
export interface Counted {
  readonly sql: string;
  /** Whether each value is in one row only. */
  readonly grouped: boolean;
  /** What `n` can be: always 1, a count of rows (below 2^32), or any integer. */
  readonly n: 'one' | 'count' | 'any';
  /** Distinct values: exact where grouped, else estimated by the engine. */
  readonly distinct: number;
}

/** The most distinct values that are grouped; beyond, rows are counted as they are and values by hash partition. */
export const groupCap = 2 ** 20;

/**
 * The values of a leaf, grouped into `table` where they are few enough. The engine's own guess of their
 * number, which depends on the data alone, so the choice is the same on every machine.
 */
export async function countedValues(
  engine: Engine,
  leaf: Leaf,
  lane: Lane,
  source: string,
  { distinct: estimate, values: rows }: Pick<Overview, 'distinct' | 'values'>,
  table: string,
): Promise<Counted> {
  const values = `SELECT v FROM (SELECT ${lane.value('v')} AS v FROM (${leafRows(leaf, source)})) WHERE v IS NOT NULL`;
  if (estimate > groupCap) {
    return { sql: `(SELECT v, 1 AS n FROM (${values}))`, grouped: false, n: 'one', distinct: estimate };
  }
  const created = await engine.query(
    `CREATE TABLE ${table} AS SELECT v, count(*) AS n FROM (${values}) GROUP BY v`,
  );
  return { sql: table, grouped: true, n: rows < 2 ** 32 ? 'count' : 'any', distinct: Number(created[0]![0]) };
}

/**
 * `sum(n·expression)` of a BIGINT expression, exactly. Products of counts are summed in two halves of 31 bits, which costs
 * a third of multiplying HUGEINTs.
 */
export function exactSum(counted: Counted, expression: string): string {
  if (counted.n === 'one') return `sum(${expression})`;
  if (counted.n === 'any') return wideSum(counted, expression);
  const upper = `sum(n * (${expression} >> 31))::HUGEINT * 2147483648`;
  return `(${upper} + sum(n * (${expression} & 2147483647)))`;
}

/** The same of an expression of any integer type. */
export function wideSum(counted: Counted, expression: string): string {
  return counted.n === 'one' ? `sum(${expression})` : `sum(n::HUGEINT * ${expression})`;
}
