import type { Engine, EngineOptions } from '../../engine/duckdb.ts';
import { literal } from '../../engine/quote.ts';
import type { FeatureProfile } from '../model/model.ts';
import { leavesOf } from '../plan/leaves.ts';
import { scanColumns } from '../plan/scan-columns.ts';
import { isHiveNull, partitionType } from './hive.ts';
import { featureOf } from './profile-table.ts';

/** A partition column: its values and in how many rows each stands. */
export type PartitionRows = ReadonlyMap<string, number>;

export interface PartitionOptions extends EngineOptions {
  /** Whether the column is text whatever its values look like, as it is in other files. */
  readonly asText?: boolean;
}

/** Profiles a column that is written in the paths of files and not in the files. */
export async function partitionFeature(
  engine: Engine,
  name: string,
  rows: PartitionRows,
  { asText = false }: PartitionOptions = {},
): Promise<FeatureProfile> {
  const table = 'varve_partition';
  const entries = [...rows].map(
    ([value, count]) => `(${isHiveNull(value) ? 'NULL' : literal(value)}, ${count})`,
  );
  await engine.query(
    `CREATE TABLE texts AS SELECT v::VARCHAR AS v, n::BIGINT AS n FROM (VALUES ${entries.join(', ')}) t(v, n)`,
  );
  try {
    const type = asText ? 'VARCHAR' : partitionType([...rows.keys()]);
    await engine.query(`CREATE TABLE ${table} AS SELECT CAST(v AS ${type}) AS v, n FROM texts`);
    const [leaf] = leavesOf((await engine.describe(table)).slice(0, 1));
    const counted = { from: table, leaves: [{ leaf: leaf!, expression: 'v' }], occurrences: 'n' };
    const [counts] = await scanColumns(engine, counted);
    const present = counts!.count;
    const [[all]] = (await engine.query(`SELECT sum(n)::DOUBLE FROM ${table}`)) as [[number]];
    const presence = { present, nulls: all - present, count: present, nullElements: 0 };
    return { ...featureOf(leaf!, presence, counts!), path: [name] };
  } finally {
    await engine.query('DROP TABLE texts');
    await engine.query(`DROP TABLE IF EXISTS ${table}`);
  }
}
