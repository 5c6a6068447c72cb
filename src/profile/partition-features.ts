import type { Engine } from '../engine/duckdb.ts';
import { literal } from '../engine/quote.ts';
import { isHiveNull, partitionType } from './hive.ts';
import { leavesOf } from './leaves.ts';
import type { FeatureProfile } from './model.ts';
import { overviews } from './overview.ts';
import { profileCounted } from './profile-table.ts';

/** A partition column: its values and in how many rows each stands. */
export type PartitionRows = ReadonlyMap<string, number>;

/** Profiles a column that is written in the paths of files and not in the files. */
export async function partitionFeature(
  engine: Engine,
  name: string,
  rows: PartitionRows,
): Promise<FeatureProfile> {
  const table = 'varve_partition';
  const entries = [...rows].map(
    ([value, count]) => `(${isHiveNull(value) ? 'NULL' : literal(value)}, ${count})`,
  );
  await engine.query(
    `CREATE TABLE texts AS SELECT v::VARCHAR AS v, n::BIGINT AS n FROM (VALUES ${entries.join(', ')}) t(v, n)`,
  );
  try {
    const type = partitionType([...rows.keys()]);
    await engine.query(`CREATE TABLE ${table} AS SELECT CAST(v AS ${type}) AS v, n FROM texts`);
    const [leaf] = leavesOf((await engine.describe(table)).slice(0, 1));
    const [overview] = await overviews(engine, [leaf!], table);
    const sum = async (filter: string) =>
      (
        (await engine.query(`SELECT coalesce(sum(n), 0)::DOUBLE FROM ${table} WHERE ${filter}`)) as [[number]]
      )[0][0];
    const present = await sum('v IS NOT NULL');
    const presence = { present, nulls: await sum('v IS NULL'), count: present, nullElements: 0 };
    const counted = {
      sql: `(FROM ${table} WHERE v IS NOT NULL)`,
      grouped: true,
      n: 'any' as const,
      distinct: overview!.values,
    };
    return { ...(await profileCounted(engine, leaf!, overview!, presence, counted, table)), path: [name] };
  } finally {
    await engine.query('DROP TABLE texts');
    await engine.query(`DROP TABLE IF EXISTS ${table}`);
  }
}
