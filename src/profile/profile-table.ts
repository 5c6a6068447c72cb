import type { Engine } from '../engine/duckdb.ts';
import type { Source } from '../engine/source.ts';
import { countLengths } from './count-lengths.ts';
import { countNumbers } from './count-numbers.ts';
import { countTimes } from './count-times.ts';
import { countValues } from './count-values.ts';
import { laneOf } from './lane.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import type { FeatureProfile, FeatureType, LengthStats, TableProfile } from './model.ts';
import { type Overview, overviews } from './overview.ts';
import { countedValues, leafRows } from './relation.ts';
import { emptySketch } from './sketch.ts';

/** Called after each feature. */
export type OnFeature = (done: number, total: number) => void;

/** Profiles the rows of a source: one scan of everything, then a few of each column alone. */
export async function profileTable(
  engine: Engine,
  source: Source,
  name: string,
  onFeature: OnFeature = () => {},
): Promise<TableProfile> {
  const leaves = leavesOf(source.columns);
  const [[rows]] = (await engine.query(`SELECT count(*)::DOUBLE FROM ${source.relation}`)) as [[number]];
  const seen = await overviews(engine, leaves, source.relation);
  const features = new Array<FeatureProfile>(leaves.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < leaves.length; index = next++) {
      const task = { engine, source: source.relation, leaf: leaves[index]!, overview: seen[index]!, rows };
      features[index] = await profileLeaf(task, `g${index}`);
      onFeature(++done, leaves.length);
    }
  };
  await Promise.all(Array.from({ length: engine.connections }, worker));
  return { name, rows, features };
}

interface LeafTask {
  readonly engine: Engine;
  readonly source: string;
  readonly leaf: Leaf;
  readonly overview: Overview;
  readonly rows: number;
}

async function profileLeaf(task: LeafTask, table: string): Promise<FeatureProfile> {
  const { engine, leaf, overview } = task;
  const lane = laneOf(leaf, overview.min, overview.max);
  const presence = await presenceOf(task);
  const base = { path: leaf.path, engineType: leaf.engineType, ...presence };
  if (overview.values === 0) {
    const values = { exact: true, values: [], bound: 0 };
    return { ...base, type: 'unknown', values, distinct: emptySketch };
  }
  const counted = await countedValues(engine, leaf, lane, task.source, overview.distinct, table);
  try {
    const numeric = lane.bits && { numeric: await countNumbers(engine, leaf, lane, counted, overview) };
    const time = lane.ticks && { time: await countTimes(engine, leaf, lane, counted, overview) };
    const lengths = lane.length && {
      lengths: await countLengths(engine, `SELECT ${lane.length} AS l, n FROM ${counted.sql}`),
    };
    const values = await countValues(engine, leaf, lane, counted, table);
    return { ...base, type: leaf.type satisfies FeatureType, ...numeric, ...time, ...lengths, ...values };
  } finally {
    if (counted.grouped) await engine.query(`DROP TABLE ${table}`);
  }
}

interface Presence {
  readonly present: number;
  readonly nulls: number;
  readonly count: number;
  readonly nullElements: number;
  readonly valency?: LengthStats;
}

async function presenceOf({ engine, source, leaf, overview, rows }: LeafTask): Promise<Presence> {
  const lists = leaf.expressions.length - 1;
  if (lists === 0) {
    return {
      present: overview.values,
      nulls: rows - overview.values,
      count: overview.values,
      nullElements: 0,
    };
  }
  const outermost = `SELECT count(v)::DOUBLE FROM (${leafRows(leaf, source, 0)})`;
  const [[present]] = (await engine.query(outermost)) as [[number]];
  const innermost = leafRows(leaf, source, lists - 1);
  return {
    present,
    nulls: rows - present,
    count: overview.total,
    nullElements: overview.total - overview.values,
    valency: await countLengths(engine, `SELECT len(v) AS l, 1 AS n FROM (${innermost})`),
  };
}
