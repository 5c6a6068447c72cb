import type { Engine } from '../engine/duckdb.ts';
import type { Source } from '../engine/source.ts';
import { countLengths } from './count-lengths.ts';
import { countNumbers } from './count-numbers.ts';
import { countTimes } from './count-times.ts';
import { countValues } from './count-values.ts';
import { laneOf } from './lane.ts';
import { leafRows } from './leaf-rows.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import type { FeatureProfile, LengthStats, TableProfile } from './model.ts';
import { type Overview, overviews } from './overview.ts';
import { type Counted, countedValues } from './relation.ts';
import { emptySketch } from './sketch.ts';
import { weighLeaf } from './weights.ts';

/** Called after each feature. */
export type OnFeature = (done: number, total: number) => void;

export interface TableOptions {
  readonly name: string;
  /** The column that weights rows. */
  readonly weight?: string | undefined;
  readonly onFeature?: OnFeature | undefined;
}

/** Profiles the rows of a source: one scan of everything, then a few of each column alone. */
export async function profileTable(
  engine: Engine,
  source: Source,
  options: TableOptions,
): Promise<TableProfile> {
  const leaves = leavesOf(source.columns);
  const [[rows]] = (await engine.query(`SELECT count(*)::DOUBLE FROM ${source.relation}`)) as [[number]];
  const seen = await overviews(engine, leaves, source.relation);
  const features = new Array<FeatureProfile>(leaves.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < leaves.length; index = next++) {
      const leaf = leaves[index]!;
      const task = {
        engine,
        source: source.relation,
        leaf,
        overview: seen[index]!,
        rows,
        weight: options.weight,
      };
      features[index] = await profileLeaf(task, `varve_leaf_${index}`);
      options.onFeature?.(++done, leaves.length);
    }
  };
  await Promise.all(Array.from({ length: engine.connections }, worker));
  return { name: options.name, rows, ...(options.weight && { weight: options.weight }), features };
}

interface LeafTask {
  readonly engine: Engine;
  readonly source: string;
  readonly leaf: Leaf;
  readonly overview: Overview;
  readonly rows: number;
  readonly weight: string | undefined;
}

async function profileLeaf(task: LeafTask, table: string): Promise<FeatureProfile> {
  const { engine, leaf, overview, source, weight } = task;
  const presence = await presenceOf(task);
  const weighted = weight !== undefined &&
    leaf.expressions.length === 1 && {
      weighted: await weighLeaf(engine, leaf, overview, source, weight),
    };
  if (overview.values === 0) return { ...profileCountless(leaf, presence), ...weighted };
  const lane = laneOf(leaf, overview.min, overview.max);
  const counted = await countedValues(engine, leaf, lane, source, overview, table);
  try {
    return { ...(await profileCounted(engine, leaf, overview, presence, counted, table)), ...weighted };
  } finally {
    if (counted.grouped) await engine.query(`DROP TABLE ${table}`);
  }
}

function profileCountless(leaf: Leaf, presence: Presence): FeatureProfile {
  const values = { exact: true, values: [], bound: 0 };
  return {
    path: leaf.path,
    engineType: leaf.engineType,
    ...presence,
    type: 'unknown',
    values,
    distinct: emptySketch,
  };
}

/** Profiles a feature from its values and how often each occurs. */
export async function profileCounted(
  engine: Engine,
  leaf: Leaf,
  overview: Overview,
  presence: Presence,
  counted: Counted,
  table: string,
): Promise<FeatureProfile> {
  const lane = laneOf(leaf, overview.min, overview.max);
  const numeric = lane.bits && { numeric: await countNumbers(engine, leaf, lane, counted, overview) };
  const time = lane.ticks && { time: await countTimes(engine, leaf, lane, counted, overview) };
  const lengths = lane.length
    ? { lengths: await countLengths(engine, `SELECT ${lane.length} AS l, n FROM ${counted.sql}`) }
    : undefined;
  const values = await countValues({
    engine,
    leaf,
    lane,
    counted,
    longest: lengths?.lengths.max ?? 0,
    table,
  });
  const { path, type, engineType } = leaf;
  return { path, type, engineType, ...presence, ...numeric, ...time, ...lengths, ...values };
}

export interface Presence {
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
