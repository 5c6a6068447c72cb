import type { Engine } from '../engine/duckdb.ts';
import { sortedBuckets } from './buckets.ts';
import { canonicalText } from './canonical.ts';
import type { Lane } from './lane.ts';
import type { Leaf } from './leaves.ts';
import type { TimeStats } from './model.ts';
import type { Overview } from './overview.ts';
import type { Counted } from './relation.ts';
import { coarsen } from './times.ts';

/** Counts dates, times and timestamps by day and hour. Zoned timestamps are in UTC. */
export async function countTimes(
  engine: Engine,
  leaf: Leaf,
  lane: Lane,
  counted: Counted,
  overview: Overview,
): Promise<TimeStats> {
  const ticksPerHour = leaf.scalar.id === 'TIMESTAMP_NS' ? 3_600_000_000_000 : 3_600_000_000;
  const ticks = `(${lane.ticks})::BIGINT`;
  const floored = (unit: number) => `((t - ((t % ${unit}) + ${unit}) % ${unit}) // ${unit})`;
  const groups = async (key: string) => {
    const sql = `SELECT k::DOUBLE, sum(n)::DOUBLE FROM (SELECT ${key} AS k, n FROM (SELECT ${ticks} AS t, n FROM ${counted.sql})) GROUP BY k`;
    const [keys, counts] = (await engine.query(sql)) as [readonly number[], readonly number[]];
    return sortedBuckets(new Map(keys.map((found, row) => [found, counts[row]!])));
  };
  const days =
    leaf.type === 'date'
      ? await groups('t')
      : leaf.type === 'time'
        ? []
        : await groups(floored(ticksPerHour * 24));
  const hours = leaf.type === 'date' ? [] : await groups(`${floored(ticksPerHour)} % 24`);
  const hour = leaf.type === 'date' ? [] : new Array<number>(24).fill(0);
  for (const [at, count] of hours) hour[((at % 24) + 24) % 24]! += count;
  const weekday = leaf.type === 'time' ? [] : new Array<number>(7).fill(0);
  for (const [day, count] of days) weekday[(((day + 3) % 7) + 7) % 7]! += count;
  const edge = (text: string | null) =>
    text === null ? null : canonicalText(leaf.type, leaf.engineType, text);
  return { min: edge(overview.min), max: edge(overview.max), weekday, hour, ...coarsen(days, 1) };
}
