import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../errors.ts';
import { type KnownBy, knownBy } from '../profile/footers/model.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddedDataset, AddInPlaceOptions, AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';
import type { AddOrigin } from './lineage/datasets.ts';
import { recordRun } from './lineage/run.ts';
import type { TableStatistics } from './statistics/footers-in-place.ts';
import { type Profiler, schemaBeside } from './statistics/profiler.ts';
import { assertClusterNamed, type ProfilingOptions } from './statistics/profiling-options.ts';

/**
 * Make a version of each path and point to it. All of them or none: pointers are written after the cache holds every byte.
 * @throws VarveError for every path that cannot become a dataset; `version-outdated`, `pointer-conflict`, `source-changed`
 */
export function add(
  context: Context,
  paths: readonly string[],
  options: BackendAddOptions = {},
): Promise<AddResult> {
  return recordAdd(context, ({ backend }) => backend.add(paths, options), options.topic);
}

/** Tell of an add to whom it may concern. @param origin see addedDatasets */
export function recordAdd(
  context: Context,
  run: (context: Context) => Promise<AddResult>,
  origin?: AddOrigin,
): Promise<AddResult> {
  return recordRun(context, 'add', run, async (result) => {
    const { addedDatasets } = await import('./lineage/datasets.ts');
    return addedDatasets(context, result, origin);
  });
}

/**
 * Add every dataset whose data has changes that no version has, or whose pointer was moved without it. Data that is not here, or is another version as it was, is none of them.
 * @param paths as those of status: only datasets that they name; all unless some are given
 */
export async function addChanged(
  context: Context,
  paths: readonly string[],
  options: BackendAddOptions = {},
): Promise<AddResult> {
  const { backend, repository } = context;
  const { datasets } = await backend.status(paths);
  const changed = datasets.filter(({ state, dataAt }) => state === 'modified' || dataAt !== undefined);
  return changed.length === 0
    ? { datasets: [] }
    : add(
        context,
        changed.map(({ path }) => join(repository.root, path)),
        options,
      );
}

/** Warns of data that is added without statistics, and says why. */
export function warnOfUnread({ onWarning }: Context): (path: string, why: VarveError) => void {
  return (path, { message, remedy }) =>
    onWarning?.(`${message}; ${path} is added without statistics. ${remedy}`);
}

/**
 * A profiler that loads the engine once there is something new to count.
 * @param onUnreadable told of data that looks like a table and is added without statistics, since it cannot be read as one
 * @param machine how much of it the engine may have
 */
export function profilerOnDemand(
  context: Context,
  onUnreadable: (path: string, why: VarveError) => void,
  machine: Pick<ProfilingOptions, 'memory' | 'threads'>,
): Profiler {
  return async (dataset, watch) => {
    if (dataset.known !== undefined && !existsSync(schemaBeside(dataset))) return undefined;
    const { profilerFor } = await import('./statistics/profile-on-add.ts');
    return profilerFor(context, onUnreadable, machine)(dataset, watch);
  };
}

/**
 * Which statistics data in place is to have: those of every row (`full`), for which an engine reads all of it; those that the footers of
 * Parquet files tell (`footers`), of which ranges are read; those that a table of Delta Lake or Iceberg tells itself (`table`), of which no
 * file is opened; or none.
 */
export type InPlaceStatistics = 'table' | 'footers' | 'full' | 'none';
export const IN_PLACE_STATISTICS: readonly InPlaceStatistics[] = ['table', 'footers', 'full', 'none'];

/** Who reads data in place for its statistics, and how much of it. */
export interface InPlaceProfiling
  extends Pick<ProfilingOptions, 'engine' | 'master' | 'parts' | 'memory' | 'threads'> {
  /** `full` where an engine is named; else of the kind that the version before has, if this is `footers` or `table`; else `none`. */
  readonly statistics?: InPlaceStatistics | undefined;
}

/**
 * Make a version of data that lies on a server and leave it there. Reads no data, unless its statistics are asked for.
 * @param url such as `s3://bucket/prefix`, `gs://bucket/prefix` or `ssh://host/folder`: a single object if it names one, else all objects
 * below; of a table of Delta Lake or Iceberg, those that its version has
 * @throws VarveError `path-taken`, `key-unsupported`, `path-missing`, `dvc-unsupported`, `table-damaged`, `table-feature-unsupported`,
 * `table-version-missing`, `usage` for an engine beside statistics that none computes, and the errors of the bucket
 */
export async function addInPlace(
  context: Context,
  url: string,
  { statistics, engine, master, parts, memory, threads, ...options }: AddInPlaceOptions & InPlaceProfiling,
): Promise<AddResult> {
  assertEngineFits(statistics, engine);
  assertClusterNamed({ engine, master, parts });
  return recordAdd(context, async (told) => {
    const before = await knownBefore(told, options.to);
    const wanted = statistics ?? (engine === undefined ? (before ?? 'none') : 'full');
    const table = wanted === 'table' ? await tableStatistics() : undefined;
    const {
      datasets: [added],
    } = await told.backend.addInPlace(url, options, table);
    if (table !== undefined) return { datasets: [since(added!, await table.letTravel(told, added!.path))] };
    const profiling = { engine, master, parts, memory, threads };
    return { datasets: [await withStatistics(told, added!, wanted, profiling)] };
  });
}

/** @throws VarveError `usage` */
function assertEngineFits(
  statistics: InPlaceStatistics | undefined,
  engine: InPlaceProfiling['engine'],
): void {
  if (engine === undefined || statistics === undefined || statistics === 'full') return;
  throw new VarveError(
    'usage',
    `--engine computes the statistics of every row, and --statistics ${statistics} asks for others`,
    { remedy: 'Leave one of the two out.' },
  );
}

async function tableStatistics(): Promise<TableStatistics> {
  const { TableStatistics } = await import('./statistics/footers-in-place.ts');
  return new TableStatistics();
}

async function withStatistics(
  context: Context,
  added: AddedDataset,
  wanted: InPlaceStatistics,
  profiling: ProfilingOptions,
): Promise<AddedDataset> {
  if (wanted === 'none') return added;
  if (wanted === 'footers') {
    const { footersInPlace } = await import('./statistics/footers-in-place.ts');
    return since(added, await footersInPlace(context, added.path));
  }
  const { profileInPlace } = await import('./statistics/profile-in-place.ts');
  return since(added, await profileInPlace(context, added, profiling));
}

/** What was added and then gained statistics differs as it did before from what there was. */
function since({ change, ...added }: AddedDataset, gained: AddedDataset | undefined): AddedDataset {
  const found = gained ?? { ...added, change };
  return { ...found, change: change === 'unchanged' ? found.change : change };
}

/** Who tells what is known of the version that is about to be replaced. */
async function knownBefore({ backend }: Context, to: string): Promise<KnownBy | undefined> {
  const path = await backend.datasetNamed(to);
  if (path === undefined) return undefined;
  try {
    const version = await backend.version(path, undefined);
    return version && knownBy(version);
  } catch (error) {
    // What cannot be read is about to be replaced, or refused.
    if (error instanceof VarveError) return undefined;
    throw error;
  }
}
