import type { Engine } from '../engine/duckdb.ts';
import { canonicalText } from './canonical.ts';
import { hashed } from './hash.ts';
import type { Lane } from './lane.ts';
import type { Leaf } from './leaves.ts';
import type { ThetaSketch, ValueCounts } from './model.ts';
import type { Counted } from './relation.ts';
import { hashEnd, sketchOf, sketchSize } from './sketch.ts';
import { longestValue, valueCap, valueCounts } from './values.ts';

export interface CountedValues {
  readonly values: ValueCounts;
  readonly distinct: ThetaSketch;
}

export interface ValuesTask {
  readonly engine: Engine;
  readonly leaf: Leaf;
  readonly lane: Lane;
  readonly counted: Counted;
  /** Of the longest string; 0 for other types. */
  readonly longest: number;
  /** A name that is free with any ending. */
  readonly table: string;
}

/** Counts values and sketches their distinct hashes. */
export async function countValues(task: ValuesTask): Promise<CountedValues> {
  if (!task.counted.grouped) return countByPartition(task);
  return { values: await heaviestGroups(task), distinct: await sketchGroups(task) };
}

/** So many more hashes are fetched as may be repeated: two values seldom share one. */
const spare = 16;

async function sketchGroups({ engine, lane, counted }: ValuesTask): Promise<ThetaSketch> {
  for (let factor = 1.2; ; factor *= 4) {
    const share = (sketchSize / counted.distinct) * factor;
    const end = counted.distinct <= sketchSize || share >= 1 ? hashEnd : Math.floor(hashEnd * share);
    const [found] = (await engine.query(
      `SELECT ${counted.grouped ? '' : 'DISTINCT '}h::DOUBLE AS h FROM (${hashed(lane.seed, '1', counted.sql)})
        WHERE h < ${end} ORDER BY h LIMIT ${sketchSize + spare}`,
    )) as [readonly number[]];
    const hashes = found.filter((hash, index) => hash !== found[index - 1]);
    if (end === hashEnd || hashes.length > sketchSize) return sketchOf(hashes, hashEnd);
  }
}

/** Texts that are cut can name several values, so those are grouped again; all others are as they are. */
async function heaviestGroups({ engine, leaf, lane, counted, longest }: ValuesTask): Promise<ValueCounts> {
  const groups =
    longest > longestValue
      ? `SELECT ${lane.text} AS t, sum(n)::DOUBLE AS c FROM ${counted.sql} GROUP BY t`
      : `SELECT v, n::DOUBLE AS c FROM ${counted.sql}`;
  const text = longest > longestValue ? 't' : lane.text;
  const [texts, counts] = (await engine.query(
    `SELECT ${text}, c FROM (FROM (${groups}) ORDER BY c DESC LIMIT ${valueCap + 1})`,
  )) as [readonly string[], readonly number[]];
  return valueCounts(pairsOf(leaf, texts, counts), { all: true, error: 0, unlisted: 0 });
}

function pairsOf(leaf: Leaf, texts: readonly string[], counts: readonly number[]): [string, number][] {
  return texts.map((text, row) => [canonicalText(leaf.type, leaf.engineType, text), counts[row]!]);
}

/** Values are told apart by the upper 16 bits of their hash first, so that memory does not grow with them. */
const partitions = 2 ** 16;
const partitionShift = 32;

/** The most partitions whose values are counted one by one. */
const heavyCap = 2048;

/**
 * Heavy hitters in bounded memory, in one or two scans: rows are counted by hash partition; values of partitions with
 * over twice the mean, if there are any, are then counted exactly. No value outside can have more than its partition.
 * The first scan also keeps each hash below `end` as a group of its own: those are the sketch.
 */
async function countByPartition(task: ValuesTask): Promise<CountedValues> {
  const { engine, lane, counted } = task;
  const table = `${task.table}_partitions`;
  const end = Math.floor(hashEnd * Math.min(1, (2 * sketchSize) / counted.distinct));
  await engine.query(
    `CREATE TABLE ${table} AS SELECT g, count(*) AS c FROM (SELECT CASE WHEN h < ${end} THEN h
      ELSE ${hashEnd} + (h >> ${partitionShift}) END AS g FROM (${hashed(lane.seed, '1', counted.sql)})) GROUP BY g`,
  );
  try {
    const [hashes] = (await engine.query(
      `SELECT g::DOUBLE FROM ${table} WHERE g < ${end} ORDER BY g LIMIT ${sketchSize + 1}`,
    )) as [readonly number[]];
    const enough = hashes.length > sketchSize || end >= hashEnd;
    const distinct = enough ? sketchOf(hashes, hashEnd) : await sketchGroups(task);
    return { values: await heaviestInPartitions(task, table), distinct };
  } finally {
    await engine.query(`DROP TABLE ${table}`);
  }
}

async function heaviestInPartitions(
  { engine, leaf, lane, counted }: ValuesTask,
  table: string,
): Promise<ValueCounts> {
  const partition = `CASE WHEN g < ${hashEnd} THEN g >> ${partitionShift} ELSE g - ${hashEnd} END`;
  const [heavy, counts] = (await engine.query(
    `SELECT p::DOUBLE, sum(c)::DOUBLE AS c FROM (SELECT ${partition} AS p, c FROM ${table}) GROUP BY p
      ORDER BY c DESC, p LIMIT ${heavyCap + 1}`,
  )) as [readonly number[], readonly number[]];
  const [[rows]] = (await engine.query(`SELECT sum(c)::DOUBLE FROM ${table}`)) as [[number]];
  const chosen = counts.slice(0, heavyCap).filter((count) => count > (2 * rows) / partitions).length;
  const unlisted = counts[chosen] ?? 0;
  if (chosen === 0) return valueCounts([], { all: false, error: 0, unlisted });
  const [texts, found] = (await engine.query(
    `SELECT ${lane.text} AS t, count(*)::DOUBLE AS c FROM (${hashed(lane.seed, 'v', counted.sql)})
      WHERE (h >> ${partitionShift}) IN (${heavy.slice(0, chosen).join(', ')}) GROUP BY t ORDER BY c DESC LIMIT ${valueCap + 1}`,
  )) as [readonly string[], readonly number[]];
  return valueCounts(pairsOf(leaf, texts, found), { all: false, error: 0, unlisted });
}
