import type { Engine } from '../engine/duckdb.ts';
import { identifier } from '../engine/quote.ts';
import { canonicalText } from './canonical.ts';
import { countPositions } from './count-numbers.ts';
import { laneOf } from './lane.ts';
import type { Leaf } from './leaves.ts';
import type { WeightedStats } from './model.ts';
import { meanAndVariance } from './moments.ts';
import type { Overview } from './overview.ts';
import { groupCap } from './relation.ts';
import { byCountThenBytes, valueCap } from './values.ts';

/** Weights are counted in units of 2^-20, as integers, so that their sums do not depend on the order of rows. */
const unit = 2 ** 20;

/** Weighted counts of a scalar feature. A row whose weight is null, negative or not finite weighs nothing. */
export async function weighLeaf(
  engine: Engine,
  leaf: Leaf,
  overview: Overview,
  source: string,
  weight: string,
): Promise<WeightedStats> {
  const lane = laneOf(leaf, overview.min, overview.max);
  const column = `CAST(${identifier(weight)} AS DOUBLE)`;
  const units = `CASE WHEN ${column} > 0 AND isfinite(${column}) THEN CAST(round(${column} * ${unit}) AS HUGEINT) ELSE 0 END`;
  const rows = `(SELECT ${lane.value(leaf.expressions[0]!)} AS v, ${units} AS n FROM ${source})`;
  const sum = (filter: string) => `coalesce(sum(n) FILTER (${filter}), 0)::DOUBLE`;
  const [[present], [nulls]] = (await engine.query(
    `SELECT ${sum('v IS NOT NULL')}, ${sum('v IS NULL')} FROM ${rows}`,
  )) as [[number], [number]];
  const counted = {
    sql: `(SELECT v, n FROM ${rows} WHERE v IS NOT NULL AND n > 0)`,
    grouped: false,
    n: 'any' as const,
    distinct: 0,
  };
  const values = overview.distinct > groupCap ? [] : await weighValues(engine, leaf, lane.text, counted.sql);
  const spread = await weighNumbers(engine, lane.bits, counted);
  return { present: present / unit, nulls: nulls / unit, ...spread, values };
}

async function weighNumbers(
  engine: Engine,
  bits: string | undefined,
  counted: Parameters<typeof countPositions>[2],
): Promise<Pick<WeightedStats, 'mean' | 'standardDeviation'>> {
  if (bits === undefined) return { mean: null, standardDeviation: null };
  const { finite, moments } = await countPositions(engine, bits, counted);
  const found = meanAndVariance(moments, finite);
  return {
    mean: found?.mean ?? null,
    standardDeviation: found === null ? null : Math.sqrt(Math.max(0, found.variance)),
  };
}

async function weighValues(
  engine: Engine,
  leaf: Leaf,
  text: string,
  rows: string,
): Promise<[string, number][]> {
  const [texts, weights] = (await engine.query(
    `SELECT ${text} AS t, sum(n)::DOUBLE AS c FROM ${rows} GROUP BY t ORDER BY c DESC, t LIMIT ${valueCap}`,
  )) as [readonly string[], readonly number[]];
  const pairs = texts.map((found, row): [string, number] => [
    canonicalText(leaf.type, leaf.engineType, found),
    weights[row]! / unit,
  ]);
  return pairs.sort(byCountThenBytes);
}
