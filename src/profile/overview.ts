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
  return leaves.map((leaf) => found.get(leaf)!);
}

const ordered = new Set(['integer', 'float', 'decimal', 'date', 'time', 'timestamp']);

function aggregatesOf(leaf: Leaf, expression: string): string[] {
  const value = laneOf(leaf, null, null).value(expression);
  const counts = [`count(${value})::DOUBLE`, `approx_count_distinct(${value})::DOUBLE`];
  if (!ordered.has(leaf.type)) return [...counts, 'NULL', 'NULL'];
  const text = leaf.scalar.id === 'FLOAT' ? 'FLOAT' : undefined;
  const edge = (aggregate: 'min' | 'max') => {
    const filter = leaf.type === 'float' ? ` FILTER (isfinite(${value}))` : '';
    const found = `${aggregate}(${value})${filter}`;
    return text === undefined ? `${found}::VARCHAR` : `${found}::${text}::VARCHAR`;
  };
  return [...counts, edge('min'), edge('max')];
}
