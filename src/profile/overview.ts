import type { Engine } from '../engine/duckdb.ts';
import { laneOf } from './lane.ts';
import { leafRows } from './leaf-rows.ts';
import type { Leaf } from './leaves.ts';

/** What one scan tells of a leaf, and what decides how the rest is counted. */
export interface Overview {
  /** Elements under the last list level, nulls included; rows where the leaf is in no list. */
  readonly total: number;
  /** Values that are not null. */
  readonly values: number;
  /** The engine's estimate of distinct values. */
  readonly distinct: number;
  /** The engine's text of the least and greatest finite value; null for types without order. */
  readonly min: string | null;
  readonly max: string | null;
}

/** Scalar leaves share scans, this many a scan; leaves in lists take one each. */
const leavesPerScan = 100;

/** The overview of each leaf, in order. */
export async function overviews(
  engine: Engine,
  leaves: readonly Leaf[],
  source: string,
): Promise<Overview[]> {
  const found = new Map<Leaf, Overview>();
  const scan = async (batch: readonly Leaf[], from: string, expression: (leaf: Leaf) => string) => {
    const aggregates = batch.flatMap((leaf) => aggregatesOf(leaf, expression(leaf)));
    const columns = await engine.query(`SELECT count(*)::DOUBLE, ${aggregates.join(', ')} FROM ${from}`);
    const cells = columns.map((column) => column[0]);
    batch.forEach((leaf, index) => {
      const [values, distinct, min, max] = cells.slice(1 + index * 4) as [
        number,
        number,
        string | null,
        string | null,
      ];
      found.set(leaf, { total: cells[0] as number, values, distinct, min, max });
    });
  };
  const flat = leaves.filter((leaf) => leaf.expressions.length === 1);
  for (let start = 0; start < flat.length; start += leavesPerScan) {
    await scan(flat.slice(start, start + leavesPerScan), source, (leaf) => leaf.expressions[0]!);
  }
  for (const leaf of leaves.filter((leaf) => leaf.expressions.length > 1)) {
    await scan([leaf], `(${leafRows(leaf, source)})`, () => 'v');
  }
  return Promise.all(leaves.map((leaf) => withFiniteEdges(engine, leaf, source, found.get(leaf)!)));
}

const ordered = new Set(['integer', 'float', 'decimal', 'date', 'time', 'timestamp']);

function aggregatesOf(leaf: Leaf, expression: string): string[] {
  const value =
    leaf.type === 'date' || leaf.type === 'timestamp'
      ? laneOf(leaf, null, null).value(expression)
      : expression;
  const counts = [`count(${value})::DOUBLE`, `approx_count_distinct(${value})::DOUBLE`];
  if (!ordered.has(leaf.type)) return [...counts, 'NULL', 'NULL'];
  return [...counts, `min(${value})::VARCHAR`, `max(${value})::VARCHAR`];
}

/**
 * NaN is the engine's greatest number. Few columns have it or an infinity, and a filter costs more than all the rest of a
 * scan, so only those are asked again.
 */
async function withFiniteEdges(
  engine: Engine,
  leaf: Leaf,
  source: string,
  seen: Overview,
): Promise<Overview> {
  const finite = (text: string | null) => text === null || Number.isFinite(Number(text));
  if (leaf.type !== 'float' || (finite(seen.min) && finite(seen.max))) return seen;
  const [[min], [max]] = (await engine.query(
    `SELECT min(v)::VARCHAR, max(v)::VARCHAR FROM (${leafRows(leaf, source)}) WHERE isfinite(v)`,
  )) as [[string | null], [string | null]];
  return { ...seen, min, max };
}
