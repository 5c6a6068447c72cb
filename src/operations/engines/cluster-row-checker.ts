import type { TableRows } from '../../profile/dataset/table-rows.ts';
import { tableRows, tablesByFolder } from '../../profile/dataset/table-rows.ts';
import type { Schema } from '../../schema/model.ts';
import {
  isLeft,
  type RowAnswer,
  type RowChecker,
  type RowQuery,
  TIME_LIMIT,
  type Unanswered,
} from '../../schema/row-checker.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { openUnitFiles } from '../datasets/unit-files.ts';
import { type LoadedDataset, readingsFor } from '../statistics/load.ts';
import type { ClusterEngine, ProfilingOptions } from '../statistics/profiling-options.ts';
import { profileOnCluster } from './cluster.ts';
import { askOnCluster } from './rows-on-cluster.ts';

/**
 * Have a cluster answer all that will be asked of rows, at once.
 * @returns with `isComplete` if no query is left unanswered
 * @throws VarveError as askOnCluster
 */
export async function clusterRowChecker(
  engine: ClusterEngine,
  dataset: NamedDataset,
  profiled: LoadedDataset,
  schema: Schema,
  options: ProfilingOptions,
  queries: readonly RowQuery[],
): Promise<RowChecker & { readonly isComplete: boolean }> {
  const timeLimit = schema.timeLimit ?? TIME_LIMIT;
  const tables = queries.length === 0 ? [] : await tablesOf(engine, dataset, profiled, schema, options);
  const rows =
    options.slice === undefined
      ? new Map(profiled.profile.tables.map((table) => [table.name, table.rows]))
      : undefined;
  const answers = await askOnCluster({ engine, dataset, options, tables, rows, timeLimit }, queries);
  const known = new Map<string, RowAnswer | Unanswered>(
    queries.map((query, at) => [JSON.stringify(query), answers[at]!]),
  );
  return {
    isComplete: !answers.some(isLeft),
    check: async (query) => known.get(JSON.stringify(query))!,
  };
}

/** Which files have the rows of each table: as the profile was made, else as it says itself, else by another look at the data. */
async function tablesOf(
  engine: ClusterEngine,
  dataset: NamedDataset,
  { profile, tables }: LoadedDataset,
  schema: Schema,
  options: ProfilingOptions,
): Promise<readonly TableRows[]> {
  if (tables !== undefined) return tables;
  const readings = readingsFor(dataset, options, schema);
  const { kind, files, close } = await openUnitFiles(dataset);
  await close();
  if (kind === 'file') return [tableRows('', [{ file: files[0]!, readings: readings ?? new Map() }])];
  const found = tablesByFolder(profile, files);
  return found ?? (await profileOnCluster(engine, dataset, options, readings)).tables;
}
